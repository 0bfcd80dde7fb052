import { concatMap, filter, firstValueFrom, lastValueFrom, share, takeWhile, tap } from 'rxjs';
import { percentile } from '../../figures.mjs';
import { emissions, fill, inBatches, inLoops, paced } from '../flow.mjs';
import { keyed, measuresOf, plainItem, settled } from '../ours.mjs';
import { payload } from '../payload.mjs';
import { cpuOf } from './effort.mjs';
import { countTrips, monitored } from './trips.mjs';
import { client, emptied } from './world.mjs';

const names = (count) => Array.from({ length: count }, (_, index) => `s${index}`);

/** There is always a subscription: without one no pointers are written. */
async function opened(subscription = {}, subscriptions = 1, parameters = '') {
  const { leave } = await emptied();
  await leave();
  const cw = await client(parameters);
  for (const name of names(subscriptions)) await cw.bus.ensureSubscription('bench', name, subscription);
  return { topic: cw.topic('bench'), leave: () => cw.close() };
}

export const { publishAwaited, publishBatches, publishIdempotent, consume, orderedByKey, latency } = measuresOf(opened);

/** From the call of set() to an observer of another client. */
export async function watchLatency(count, part, gapMs) {
  const { leave } = await emptied();
  await leave();
  const [writer, reader] = await Promise.all([client(), client()]);
  await writer.shared.set('bench', { id: -1 });
  const shown$ = reader.shared.watch('bench').pipe(filter((value) => value !== undefined), share());
  const took = [];
  const through = lastValueFrom(shown$.pipe(takeWhile(({ id }) => id < count - 1, true), tap(({ id, sent }) => {
    if (id >= 0) took.push(performance.now() - sent);
  })));
  await firstValueFrom(shown$);
  await paced(count, gapMs, (id) => writer.shared.set('bench', { id, sent: performance.now() }));
  await through;
  await Promise.all([writer.close(), reader.close()]);
  return percentile(took, part);
}

/** Round trips for each message that is published in batches, consumed and acknowledged. */
export async function trips(count) {
  const counter = countTrips();
  const { topic, leave } = await opened({}, 1, monitored);
  const before = counter.trips;
  const through = emissions(settled(topic, 256), count);
  await inBatches(500, count, (ids) => topic.publishBatch(ids.map(plainItem)));
  await through;
  const figure = (counter.trips - before) / count;
  await leave();
  if (before === 0) throw new Error('no command was counted: the driver in use is another one');
  return figure;
}

/** From an acknowledgement to the next message, ms, with room for one, and so many behind a key whose head waits an hour for its retry. */
export async function pullBehind(blocked, count) {
  const { topic, leave } = await opened({ order: 'key', retryBackoffMs: [3_600_000] });
  await topic.publish(payload(0), { key: 'stuck' });
  const head = await firstValueFrom(topic.subscription('s0', { maxInFlight: 1 }));
  await head.nack();
  await fill(topic, blocked, (id) => ({ payload: payload(id), key: 'stuck' }));
  await fill(topic, count + 1, keyed(count + 1));
  const took = [];
  let since;
  await emissions(topic.subscription('s0', { maxInFlight: 1 }).pipe(concatMap(async (delivery) => {
    // Whoever comes first clears what is in the way.
    if (since !== undefined) took.push(performance.now() - since);
    await delivery.ack();
    since = performance.now();
  })), count + 1);
  await leave();
  return percentile(took, 0.5);
}

/** What `effortOf` says of a message, published by 100 callers and consumed with so many others waiting; as many are measured at every backlog. */
export async function effortAt(backlog, measured, effortOf) {
  const { topic, leave } = await opened();
  await fill(topic, backlog, plainItem);
  const effort = await effortOf(async () => {
    await inLoops(100, measured, (id) => topic.publish(payload(id)));
    await emissions(settled(topic, 256), measured);
  });
  await leave();
  return effort / measured;
}

/** µs of CPU a message costs each of so many subscriptions, to publish and to consume; as many deliveries whatever their number. */
export async function costFor(subscriptions, deliveries) {
  const messages = Math.ceil(deliveries / subscriptions);
  const { topic, leave } = await opened({}, subscriptions);
  const effort = await cpuOf(async () => {
    await inBatches(500, messages, (ids) => topic.publishBatch(ids.map(plainItem)));
    await Promise.all(names(subscriptions).map((name) => emissions(settled(topic, 256, { name }), messages)));
  });
  await leave();
  return effort / deliveries;
}
