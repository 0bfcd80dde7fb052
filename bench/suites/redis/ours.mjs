import { firstValueFrom, timer } from 'rxjs';
import { percentile, perSecond } from '../../figures.mjs';
import { emissions, fill, inLoops, paced } from '../flow.mjs';
import { keyed, measuresOf, plainItem, settled } from '../ours.mjs';
import { payload } from '../payload.mjs';
import { usedCpu, usedMemory } from './raw.mjs';
import { client, emptied } from './world.mjs';

async function opened(subscription) {
  const redis = await emptied();
  const cw = await client();
  if (subscription !== undefined) await cw.bus.ensureSubscription('bench', 's0', subscription);
  return { redis, cw, topic: cw.topic('bench'), leave: () => Promise.all([cw.close(), redis.quit()]) };
}

export const { publishAwaited, publishBatches, publishIdempotent, consume, orderedByKey, latency } = measuresOf(opened);

/** Others' rate past a key whose head waits an hour for its retry, with so many behind it. */
export async function pastABlockedKey(count, behind) {
  const { topic, leave } = await opened({ order: 'key', retryBackoffMs: [3_600_000] });
  await topic.publish(payload(0), { key: 'stuck' });
  const head = await firstValueFrom(topic.subscription('s0', { maxInFlight: 1 }));
  await head.nack();
  await fill(topic, behind, (id) => ({ payload: payload(id), key: 'stuck' }));
  await fill(topic, count, keyed(1_000));
  const figure = await perSecond(count, () => emissions(settled(topic, 256), count));
  await leave();
  return figure;
}

/** How late a retry with a delay comes. */
export async function retryLateness(count, share) {
  const { topic, leave } = await opened({ maxDeliveries: 3 });
  const late = [];
  const delayMs = 200;
  const done = new Promise((resolve, reject) => {
    const dueAt = new Map();
    const subscribed = topic.subscription('s0', { maxInFlight: 256 }).subscribe({
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
  const through = emissions(settled(topic, 256, { work }), count);
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

/**
 * µs of CPU, of this process and the server, that a message costs to publish and to consume with so many waiting. As many are measured at every backlog, and
 * as many were through before it: code that runs for the first time costs several times as much.
 */
export async function costAt(backlog, measured) {
  const { redis, topic, leave } = await opened({});
  const through = async () => {
    await inLoops(100, measured, (id) => topic.publish(payload(id)));
    await emissions(settled(topic, 256), measured);
  };
  await through();
  await fill(topic, backlog, plainItem);
  const client = process.cpuUsage();
  const server = await usedCpu(redis);
  await through();
  const { user, system } = process.cpuUsage(client);
  const used = (await usedCpu(redis)) - server + user + system;
  await leave();
  return used / measured;
}
