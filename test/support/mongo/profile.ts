import { MongoClient } from 'mongodb';
import { mongoUri } from './shared.js';

/** Has the server write down every command about this database, from now until the returned function is called; it answers them, as far as they fit. */
export async function startProfile(database: string): Promise<() => Promise<readonly object[]>> {
  const client = new MongoClient(mongoUri());
  const db = client.db(database);
  await db.createCollection('system.profile', { capped: true, size: 256_000_000 });
  await db.command({ profile: 2 });
  return async () => {
    try {
      await db.command({ profile: 0 });
      return (await db.collection<{ readonly command?: object }>('system.profile').find({ ns: /\.cw_/ }, { projection: { _id: 0, command: 1 } }).toArray()).flatMap(({ command }) => (command === undefined ? [] : [command]));
    } finally {
      await client.close();
    }
  };
}
