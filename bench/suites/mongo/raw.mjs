// The best hand-written code on the plain driver: what is left out is retries, dead letters, the second subscription and everything else.
import { randomUUID } from 'node:crypto';
import { perSecond } from '../../figures.mjs';
import { inBatches, inLoops } from '../flow.mjs';
import { payload } from '../payload.mjs';
import { emptied } from './world.mjs';

const text = (id) => JSON.stringify(payload(id));
const document = (id) => ({ at: new Date(), b: text(id) });

async function opened() {
  const { db, leave } = await emptied();
  const messages = db.collection('messages');
  await messages.createIndex({ at: 1, _id: 1 });
  return { messages, leave };
}

export async function publishAwaited(count) {
  const { messages, leave } = await opened();
  const figure = await perSecond(count, () => inLoops(100, count, (id) => messages.insertOne(document(id))));
  await leave();
  return figure;
}

export async function publishBatches(count) {
  const { messages, leave } = await opened();
  const figure = await inBatches(500, count, (ids) => messages.insertMany(ids.map(document), { ordered: false }));
  await leave();
  return figure;
}

/** 16 loops: take the oldest that is due under a lease, decode it, delete it where the lease is still ours. */
export async function consume(count) {
  const { messages, leave } = await opened();
  await inBatches(1_000, count, (ids) => messages.insertMany(ids.map(document), { ordered: false }));
  const loop = async () => {
    for (;;) {
      const lease = randomUUID();
      const taken = await messages.findOneAndUpdate({ at: { $lte: new Date() } }, { $set: { at: new Date(Date.now() + 30_000), lease } }, { sort: { at: 1, _id: 1 } });
      if (taken === null) return;
      JSON.parse(taken.b);
      await messages.deleteOne({ _id: taken._id, lease });
    }
  };
  const figure = await perSecond(count, () => Promise.all(Array.from({ length: 16 }, loop)));
  await leave();
  return figure;
}
