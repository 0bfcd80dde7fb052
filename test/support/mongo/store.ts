import { onTestFinished } from 'vitest';
import { mongoStore } from '../../../src/adapters/mongo/connection/mongo-store.js';
import type { ConnectionOptions } from '../../../src/adapters/mongo/connection/options.js';
import type { MongoStore } from '../../../src/adapters/mongo/connection/store.js';
import { systemRuntime } from '../../../src/system-runtime.js';
import { freshDatabase, mongoUri } from './shared.js';

/** A store, not opened; closed when the test is over. Default: a fresh database of the shared set. */
export function storeTo(options: Partial<ConnectionOptions> = {}): MongoStore {
  const store = mongoStore({ ...('uri' in options ? {} : { uri: mongoUri() }), runtime: systemRuntime(), ...options, database: options.database ?? (options.uri === undefined ? freshDatabase() : 'chronow_hot') });
  onTestFinished(() => store.close());
  return store;
}

/** The same, opened. */
export async function openStore(options: Partial<ConnectionOptions> = {}): Promise<MongoStore> {
  const store = storeTo(options);
  await store.open();
  return store;
}
