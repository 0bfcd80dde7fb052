import { redisServer } from './binary.js';
import { call } from './call.js';
import { writeConfig } from './config-file.js';
import { freePort } from '../servers/free-port.js';
import { newFolder } from '../servers/run.js';
import { ServerProcess } from '../servers/server-process.js';

/** The name of the master in all our sentinels. */
export const masterName = 'chronow';

export interface Sentinel {
  readonly host: string;
  readonly port: number;
  call(command: string, ...args: readonly (string | number)[]): Promise<unknown>;
  /** What it knows of the master. */
  master(): Promise<Readonly<Record<string, string>>>;
  stop(): Promise<void>;
}

const host = '127.0.0.1';

/** Starts a sentinel that calls a master down after half a second. */
export async function startSentinel(master: { readonly port: number }, quorum: number): Promise<Sentinel> {
  const port = await freePort();
  const folder = newFolder('redis');
  const about = (words: string): string => words.replace(' ', ` ${masterName} `);
  const config = writeConfig(folder, {
    port,
    bind: host,
    dir: folder,
    sentinel: [`monitor ${masterName} ${host} ${master.port} ${quorum}`, ...['down-after-milliseconds 500', 'failover-timeout 3000', 'parallel-syncs 1'].map(about)],
  });
  const process = new ServerProcess({ program: redisServer(), folder, args: [config, '--sentinel'], ready: /Sentinel ID is/ });
  await process.start();
  const ask = (command: string, ...args: readonly (string | number)[]): Promise<unknown> => call({ host, port }, command, ...args);
  return {
    host,
    port,
    call: ask,
    master: async () => recordOf(await ask('SENTINEL', 'MASTER', masterName)),
    stop: () => process.stop(),
  };
}

function recordOf(reply: unknown): Readonly<Record<string, string>> {
  if (!Array.isArray(reply)) return Object.fromEntries(Object.entries(reply ?? {}).map(([name, value]) => [name, String(value)]));
  const flat = reply.map(String);
  return Object.fromEntries(flat.flatMap((name, i) => (i % 2 === 0 ? [[name, flat[i + 1] ?? '']] : [])));
}
