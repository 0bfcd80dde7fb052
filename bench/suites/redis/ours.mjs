import { ackOnComplete } from 'chronow/operators';
import { EMPTY, firstValueFrom, timer } from 'rxjs';
import { percentile, perSecond } from '../../figures.mjs';
import { emissions, fill, inBatches, inLoops, paced } from '../flow.mjs';
import { payload } from '../payload.mjs';
import { usedMemory } from './raw.mjs';
import { client, emptied } from './world.mjs';

const plainItem = (id) => ({ payload: payload(id) });
const keyed = (keys) => (id) => ({ payload: payload(id), key: `k${id % keys}` });

async function opened(subscription) {
  const redis = await emptied();
  const cw = await client();
  if (subscription !== undefined) await cw.bus.ensureSubscription('bench', 's', subscription);
  return { redis, cw, topic: cw.topic('bench'), leave: () => Promise.all([cw.close(), redis.quit()]) };
}

export async function publishAwaited(count) {
  const { topic, leave } = await opened();
  const figure = await perSecond(count, () => inLoops(100, count, (id) => topic.publish(payload(id))));
  await leave();
  return figure;
}

export async function publishBatches(count, itemOf = plainItem) {
  const { topic, leave } = await opened();
  const figure = await inBatches(500, count, (ids) => topic.publishBatch(ids.map(itemOf)));
  await leave();
  return figure;
}

export const publishIdempotent = (count) => publishBatches(count, (id) => ({ payload: payload(id), idempotencyKey: `id-${id}` }));

export async function consume(count, { window, subscription = {}, itemOf = plainItem, work = () => EMPTY }) {
  const { topic, leave } = await opened(subscription);
  await fill(topic, count, itemOf);
  const figure = await perSecond(count, () => emissions(topic.subscription('s', { maxInFlight: window }).pipe(ackOnComplete(work)), count));
  await leave();
  return figure;
}

export const orderedByKey = (count, keys) => consume(count, { window: 256, subscription: { order: 'key' }, itemOf: keyed(keys) });

/** Others' rate past a key whose head waits an hour for its retry, with so many behind it. */
export async function pastABlockedKey(count, behind) {
  const { topic, leave } = await opened({ order: 'key', retryBackoffMs: [3_600_000] });
  await topic.publish(payload(0), { key: 'stuck' });
  const head = await firstValueFrom(topic.subscription('s', { maxInFlight: 1 }));
  await head.nack();
  await fill(topic, behind, (id) => ({ payload: payload(id), key: 'stuck' }));
  await fill(topic, count, keyed(1_000));
  const figure = await perSecond(count, () => emissions(topic.subscription('s', { maxInFlight: 256 }).pipe(ackOnComplete(() => EMPTY)), count));
  await leave();
  return figure;
}

export async function latency(count, share, gapMs) {
  const { topic, leave } = await opened({});
  const took = [];
  const through = emissions(topic.subscription('s').pipe(ackOnComplete(({ payload: { sent } }) => {
    took.push(performance.now() - sent);
    return EMPTY;
  })), count);
  await paced(count, gapMs, (id) => topic.publish({ ...payload(id), sent: performance.now() }));
  await through;
  await leave();
  return percentile(took, share);
}

/** How late a retry with a delay comes. */
export async function retryLateness(count, share) {
  const { topic, leave } = await opened({ maxDeliveries: 3 });
  const late = [];
  const delayMs = 200;
  const done = new Promise((resolve, reject) => {
    const dueAt = new Map();
    const subscribed = topic.subscription('s', { maxInFlight: 256 }).subscribe({
      next: (delivery) => {
        const { id } = delivery.payload;
        if (delivery.deliveryCount === 1) {
          dueAt.set(id, performance.now() + delayMs);
          delivery.nack({ delayMs }).catch(reject);
          return;
        }
        late.push(performance.now() - dueAt.get(id));
        delivery.ack().catch(reject);
        if (late.length === count) {
          subscribed.unsubscribe();
          resolve();
        }
      },
      error: reject,
    });
  });
  await paced(count, 5, (id) => topic.publish(payload(id)));
  await done;
  await leave();
  return percentile(late, share);
}

/** Commands of clients for every 1,000 messages published, consumed and acknowledged; counted by the server. */
export async function commands(count, work) {
  const { redis, topic, leave } = await opened({});
  const monitor = await redis.duplicate().monitor();
  let seen = 0;
  monitor.on('monitor', (_time, _args, source) => {
    if (source !== 'lua') seen += 1;
  });
  const through = emissions(topic.subscription('s', { maxInFlight: 256 }).pipe(ackOnComplete(work)), count);
  await inLoops(100, count, (id) => topic.publish(payload(id)));
  await through;
  await redis.ping();
  const figure = (seen / count) * 1_000;
  monitor.disconnect();
  await leave();
  return figure;
}

export const working = ({ payload: { id } }) => timer(1 + (id * 7) % 21);

export async function bytesPerWaiting(count) {
  const { redis, topic, leave } = await opened({});
  const before = await usedMemory(redis);
  await fill(topic, count, plainItem);
  const figure = ((await usedMemory(redis)) - before) / count;
  await leave();
  return figure;
}

/** µs a message costs to publish and to consume with so many waiting; the same number is measured at every backlog. */
export async function costAt(backlog, measured) {
  const { topic, leave } = await opened({});
  await fill(topic, backlog, plainItem);
  const publish = await perSecond(measured, () => inLoops(100, measured, (id) => topic.publish(payload(id))));
  const consumed = await perSecond(measured, () => emissions(topic.subscription('s', { maxInFlight: 256 }).pipe(ackOnComplete(() => EMPTY)), measured));
  await leave();
  return 1e6 / publish + 1e6 / consumed;
}
