import { MongoClient } from 'mongodb';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { has, start } from '../../servers.mjs';

export { cases } from './cases.mjs';

/** One mongod, a replica set of one on a free port. Everybody writes to the majority, which is this server's journal. */
export async function prepare() {
  const server = await start(mongod(), (port, folder) => ['--dbpath', folder, '--port', String(port), '--bind_ip', '127.0.0.1', '--replSet', 'rs0', '--wiredTigerCacheSizeGB', '0.5', '--quiet', '--nounixsocket']);
  try {
    await initiate(server.port);
  } catch (error) {
    await server.end();
    throw error;
  }
  return {
    environment: {
      BENCH_MONGO_URI: `mongodb://127.0.0.1:${server.port}/?replicaSet=rs0`,
      // Only there mongod tells what CPU it used.
      ...(process.platform === 'linux' ? { BENCH_MONGO_CPU: 'told' } : {}),
    },
    end: () => server.end(),
  };
}

/** The one that MONGOMS_SYSTEM_BINARY names, else the one of the search path, else the one that the tests fetched. */
function mongod() {
  const named = process.env.MONGOMS_SYSTEM_BINARY;
  if (named !== undefined && named !== '') return named;
  if (has('mongod')) return 'mongod';
  const fetched = fileURLToPath(new URL('../../../.cache/mongod/mongod', import.meta.url));
  if (existsSync(fetched)) return fetched;
  throw new Error('no mongod: set MONGOMS_SYSTEM_BINARY, put one on the PATH, or run the tests once, which fetch it');
}

async function initiate(port) {
  const client = await MongoClient.connect(`mongodb://127.0.0.1:${port}/?directConnection=true`);
  const admin = client.db('admin');
  await admin.command({ replSetInitiate: { _id: 'rs0', members: [{ _id: 0, host: `127.0.0.1:${port}` }] } });
  while (!(await admin.command({ hello: 1 })).isWritablePrimary) await new Promise((resolve) => setTimeout(resolve, 50));
  await client.close();
}
