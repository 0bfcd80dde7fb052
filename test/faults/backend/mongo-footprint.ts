import { MongoClient } from 'mongodb';
import { until } from '../../support/servers/until.js';
import { database, memberName } from './mongo-options.js';

/** Connections of members, and what somebody still seems to work on: leases that are not over, and keys that are held. */
export async function footprintOf(uri: string): Promise<Readonly<Record<string, number>>> {
  const client = new MongoClient(uri, { serverSelectionTimeoutMS: 2_000, appName: 'footprint' });
  try {
    const mine = await client.db('admin').aggregate([{ $currentOp: { allUsers: true, idleConnections: true } }, { $match: { appName: memberName } }]).toArray();
    const isAhead = (field: string): object => ({ $expr: { $gt: [field, '$$NOW'] } });
    const hot = client.db(database);
    return {
      connections: mine.length,
      leases: await hot.collection('cw_deliv').countDocuments({ tok: { $exists: true }, ...isAhead('$at') }),
      holds: await hot.collection('cw_holds').countDocuments(isAhead('$until')),
    };
  } finally {
    await client.close();
  }
}

/** Until the server takes writes: one that was started again has to elect itself first. */
export async function writable(uri: string): Promise<void> {
  await until('there is a primary again', async () => {
    const client = new MongoClient(uri, { serverSelectionTimeoutMS: 1_000 });
    try {
      return (await client.db('admin').command({ hello: 1 }))['isWritablePrimary'] === true;
    } finally {
      await client.close();
    }
  });
}
