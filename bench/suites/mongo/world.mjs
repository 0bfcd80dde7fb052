// One Chronow client and one plain client of the driver on the server of this run, which is emptied first.
import { MongoClient } from 'mongodb';
import { Chronow } from 'chronow';

const uri = process.env.BENCH_MONGO_URI;

/** A database for hand-written code and peers, on a server where nothing else is left. */
export async function emptied() {
  const driver = await MongoClient.connect(uri, { writeConcern: { w: 'majority' } });
  await Promise.all(['chronow_hot', 'bench'].map((name) => driver.db(name).dropDatabase()));
  return { db: driver.db('bench'), leave: () => driver.close() };
}

export function client(parameters = '') {
  return Chronow.init({ mongoOnly: true, mongo: { uri: `${uri}${parameters}` }, changeStreams: 'required', defaults: { maxStreamLen: 4_000_000 } });
}
