import mongomq2 from 'mongomq2';
import { percentile, perSecond } from '../../figures.mjs';
import { inBatches, inLoops, paced } from '../flow.mjs';
import { payload } from '../payload.mjs';
import { emptied } from './world.mjs';

async function opened() {
  const { db, leave } = await emptied();
  const messages = db.collection('messages');
  const queue = new mongomq2.MessageQueue(messages);
  queue.on('error', (error) => { throw error; });
  return { messages, queue, leave: async () => { await queue.close(); await leave(); } };
}

/** As eager as it can be set. */
function consumed(queue, count, onEach = () => undefined) {
  return new Promise((resolve) => {
    let left = count;
    queue.consume((message) => {
      onEach(message);
      left -= 1;
      if (left === 0) resolve();
    }, { concurrency: 16, fastPollMs: 1, pollMs: 10, visibilityTimeoutSeconds: 30 });
  });
}

export async function publishAwaited(count) {
  const { queue, leave } = await opened();
  const figure = await perSecond(count, () => inLoops(100, count, (id) => queue.publish(payload(id))));
  await leave();
  return figure;
}

export async function consume(count) {
  const { messages, queue, leave } = await opened();
  await inBatches(1_000, count, (ids) => messages.insertMany(ids.map(payload)));
  const figure = await perSecond(count, () => consumed(queue, count));
  await leave();
  return figure;
}

export async function latency(count, share, gapMs) {
  const { queue, leave } = await opened();
  const took = [];
  const through = consumed(queue, count, ({ sent }) => { took.push(performance.now() - sent); });
  await paced(count, gapMs, (id) => queue.publish({ ...payload(id), sent: performance.now() }));
  await through;
  await leave();
  return percentile(took, share);
}
