import { Redis } from 'ioredis';
import type { ConnectionOptions } from 'node:tls';

/** How to reach a server, in the words of ioredis. */
export interface Target {
  readonly host: string;
  readonly port: number;
  readonly username?: string;
  readonly password?: string;
  readonly tls?: ConnectionOptions;
}

/** One command over a connection of its own. It fails at once where nobody answers. */
export async function call(target: Target, command: string, ...args: readonly (string | number)[]): Promise<unknown> {
  const client = new Redis({ ...target, lazyConnect: true, retryStrategy: () => null, enableReadyCheck: false, maxRetriesPerRequest: 0, connectTimeout: 5_000, commandTimeout: 15_000 });
  // The call itself says what went wrong.
  client.on('error', () => undefined);
  try {
    await client.connect();
    return await client.call(command, ...args);
  } finally {
    client.disconnect();
  }
}

/** A text of `INFO`, as a record. */
export function fieldsOf(info: unknown): Readonly<Record<string, string>> {
  const pairs = String(info).split('\r\n').map((line) => line.split(':')).filter((parts) => parts.length > 1);
  return Object.fromEntries(pairs.map(([name = '', ...value]) => [name, value.join(':')]));
}
