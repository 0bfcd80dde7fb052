// Written for the driver of its time, with callbacks: given those of the present driver that it calls, so that everybody has the same one.
import mongodbQueue from 'mongodb-queue';
import { perSecond } from '../../figures.mjs';
import { inBatches, inLoops } from '../flow.mjs';
import { payload } from '../payload.mjs';
import { emptied } from './world.mjs';

function withCallbacks(collection) {
  const answered = (promise, callback) => { promise.then((value) => callback(null, value), callback); };
  return {
    createIndex: (keys, options, callback = options) => { answered(collection.createIndex(keys, options === callback ? {} : options), callback); },
    insertMany: (documents, callback) => { answered(collection.insertMany(documents).then((result) => ({ ...result, ops: documents })), callback); },
    findOneAndUpdate: (filter, update, { sort }, callback) => { answered(collection.findOneAndUpdate(filter, update, { sort, returnDocument: 'after', includeResultMetadata: true }), callback); },
  };
}

const called = (work) => new Promise((resolve, reject) => { work((error, value) => (error ? reject(error) : resolve(value))); });

async function opened() {
  const { db, leave } = await emptied();
  const queue = mongodbQueue({ collection: (name) => withCallbacks(db.collection(name)) }, 'messages', { visibility: 30 });
  await called((done) => queue.createIndexes(done));
  return { queue, leave };
}

export async function publishAwaited(count) {
  const { queue, leave } = await opened();
  const figure = await perSecond(count, () => inLoops(100, count, (id) => called((done) => queue.add(payload(id), done))));
  await leave();
  return figure;
}

export async function consume(count) {
  const { queue, leave } = await opened();
  await inBatches(1_000, count, (ids) => called((done) => queue.add(ids.map(payload), done)));
  const loop = async () => {
    for (let message = await called((done) => queue.get(done)); message !== undefined; message = await called((done) => queue.get(done))) await called((done) => queue.ack(message.ack, done));
  };
  const figure = await perSecond(count, () => Promise.all(Array.from({ length: 16 }, loop)));
  await leave();
  return figure;
}
