import { onTestFinished } from 'vitest';
import type { Connection } from '../../../src/adapters/redis/connection/connection.js';
import type { ConnectionOptions } from '../../../src/adapters/redis/connection/options.js';
import { redisConnection } from '../../../src/adapters/redis/connection/redis-connection.js';
import { systemRuntime } from '../../../src/system-runtime.js';
import type { Target } from './call.js';

/** A connection to one server, not opened; closed when the test is over. */
export function connectionTo(target: Pick<Target, 'host' | 'port'>, options: Partial<ConnectionOptions> = {}): Connection {
  const connection = redisConnection({ topology: 'single', hosts: [{ host: target.host, port: target.port }], runtime: systemRuntime(), ...options });
  onTestFinished(() => connection.close());
  return connection;
}

/** The same, opened. */
export async function openTo(target: Pick<Target, 'host' | 'port'>, options: Partial<ConnectionOptions> = {}): Promise<Connection> {
  const connection = connectionTo(target, options);
  await connection.open();
  return connection;
}
