// The best hand-written code on the plain driver: what is left out is retries, dead letters, the second subscription and everything else.
import { randomUUID } from 'node:crypto';
import { percentile, perSecond } from '../../figures.mjs';
import { inBatches, inLoops, paced } from '../flow.mjs';
import { payload } from '../payload.mjs';
import { cpuOf } from './effort.mjs';
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

/** Takes the oldest that is due under a lease, decodes it and deletes it where the lease is still ours; undefined: there is none. */
async function next(messages) {
  const lease = randomUUID();
  const taken = await messages.findOneAndUpdate({ at: { $lte: new Date() } }, { $set: { at: new Date(Date.now() + 30_000), lease } }, { sort: { at: 1, _id: 1 } });
  if (taken === null) return undefined;
  const message = JSON.parse(taken.b);
  return { message, done: () => messages.deleteOne({ _id: taken._id, lease }) };
}

/** In 16 loops. */
async function drained(messages) {
  const loop = async () => {
    for (let taken = await next(messages); taken !== undefined; taken = await next(messages)) await taken.done();
  };
  await Promise.all(Array.from({ length: 16 }, loop));
}

export async function consume(count) {
  const { messages, leave } = await opened();
  await inBatches(1_000, count, (ids) => messages.insertMany(ids.map(document), { ordered: false }));
  const figure = await perSecond(count, () => drained(messages));
  await leave();
  return figure;
}

/** µs of CPU a message costs to publish and to consume. */
export async function cost(count) {
  const { messages, leave } = await opened();
  const effort = await cpuOf(async () => {
    await inLoops(100, count, (id) => messages.insertOne(document(id)));
    await drained(messages);
  });
  await leave();
  return effort / count;
}

/** A change stream rings; whatever is there is taken then. */
export async function latency(count, share, gapMs) {
  const { messages, leave } = await opened();
  const stream = messages.watch([{ $match: { operationType: 'insert' } }, { $project: { _id: 1 } }]);
  const took = [];
  const through = (async () => {
    while (took.length < count) {
      await stream.next();
      for (let taken = await next(messages); taken !== undefined; taken = await next(messages)) {
        took.push(performance.now() - taken.message.sent);
        await taken.done();
      }
    }
  })();
  // The first look opens it.
  await stream.tryNext();
  await paced(count, gapMs, (id) => messages.insertOne({ at: new Date(), b: JSON.stringify({ ...payload(id), sent: performance.now() }) }));
  await through;
  await stream.close();
  await leave();
  return percentile(took, share);
}
