import type { Connection } from './connection.js';
import type { ConnectionOptions } from './options.js';

/** A connection, not yet opened: nothing goes out before {@link Connection.open}. */
export function redisConnection(_options: ConnectionOptions): Connection {
  throw new Error('not built yet');
}
