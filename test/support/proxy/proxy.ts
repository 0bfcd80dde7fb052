import type { AddressInfo } from 'node:net';
import { connect, createServer } from 'node:net';
import { Board } from './board.js';
import { Connection } from './connection.js';
import type { Dialogue } from './dialogue.js';
import type { Fault, Injected } from './faults.js';
import type { Pace } from './lane.js';
import { randomOf } from './random.js';
import type { ScriptNames } from './requests.js';
import { RespDialogue } from './resp-dialogue.js';

export interface ProxyOptions {
  /** The port of the server behind it, on the loopback. */
  readonly port: number;
  /** Of the jitter and the sizes of pieces. Default 1. */
  readonly seed?: number;
  /** Script names by SHA-1, so that faults can speak of a script. */
  readonly scripts?: ScriptNames;
  /** How a connection is read. Default: RESP. */
  readonly dialogue?: () => Dialogue;
}

/** A line to a server that can be made a bad one. Without faults it changes nothing. */
export interface Proxy {
  readonly host: string;
  readonly port: number;
  readonly url: string;
  /** Connections that are open now. */
  readonly connections: number;
  /** Sets a fault; several work at once. */
  inject(fault: Fault): Injected;
  /** Ends all faults and a pause. A connection that lost replies stays mute: only a new one helps. */
  heal(): void;
  /** Both sides of all connections see a reset now. */
  reset(): void;
  /** Holds everything back from now on, new connections too, and loses nothing; `heal()` lets it go on. */
  pause(): void;
  /** How many requests of a name came so far. */
  requests(command: string): number;
  /** When the next request of that name has come. */
  nextRequest(command: string): Promise<void>;
  stop(): Promise<void>;
}

const host = '127.0.0.1';

export async function startProxy({ port: behind, seed = 1, scripts = new Map(), dialogue = () => new RespDialogue(scripts) }: ProxyOptions): Promise<Proxy> {
  const board = new Board();
  const connections = new Set<Connection>();
  const counts = new Map<string, number>();
  let waiting: { readonly command: string; readonly seen: () => void }[] = [];
  let paused = false;

  const requested = (names: readonly string[]): void => {
    for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
    for (const { seen } of waiting.filter(({ command }) => names.includes(command))) seen();
    waiting = waiting.filter(({ command }) => !names.includes(command));
  };
  const around = { board, pace: paceOf(board, seed), dialogue, requested };

  const server = createServer((client) => {
    if (board.refuses()) {
      client.resetAndDestroy();
      return;
    }
    const connection = new Connection(client, connect(behind, host), around, () => connections.delete(connection));
    connections.add(connection);
    if (paused) connection.pause();
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, host, resolve);
  });
  const port = portOf(server.address());

  return {
    host,
    port,
    url: `redis://${host}:${port}`,
    get connections() {
      return connections.size;
    },
    inject: (fault) => board.add(fault),
    heal: () => {
      board.clear();
      paused = false;
      for (const connection of connections) connection.resume();
    },
    reset: () => {
      for (const connection of connections) connection.reset();
    },
    pause: () => {
      paused = true;
      for (const connection of connections) connection.pause();
    },
    requests: (command) => counts.get(command.toLowerCase()) ?? 0,
    nextRequest: (command) => new Promise((seen) => waiting.push({ command: command.toLowerCase(), seen })),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const connection of connections) connection.reset();
      }),
  };
}

function paceOf(board: Board, seed: number): Pace {
  const random = randomOf(seed);
  return {
    delay: () => {
      const { ms, jitterMs = 0 } = board.get('delay') ?? { ms: 0 };
      return ms + jitterMs * random();
    },
    piece: () => {
      const slice = board.get('slice');
      return slice === undefined ? undefined : 1 + Math.floor(random() * slice.bytes);
    },
  };
}

function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === 'string') throw new Error('the proxy listens on no port');
  return address.port;
}
