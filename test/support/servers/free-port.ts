import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

// Below the range from which Linux takes the ports of outgoing connections: there, a client that keeps connecting to a
// server that is down may get the server's own port for itself (a connection to oneself), and the restart fails.
const lowest = 12_000;
const highest = 32_000;

/** What a cluster node adds to its port for the bus between the nodes. */
export const busOffset = 10_000;

/** A port of the loopback that was free a moment ago. Who binds it must still be ready to lose it. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(lowest, highest);
    if (await isFree(port)) return port;
  }
}

/** As `freePort`, with the port of the cluster bus free too. */
export async function freeClusterPort(): Promise<number> {
  for (;;) {
    const port = randomInt(lowest, highest - busOffset);
    if ((await isFree(port)) && (await isFree(port + busOffset))) return port;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)));
  });
}
