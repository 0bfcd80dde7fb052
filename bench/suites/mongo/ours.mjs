import { ackOnComplete } from 'chronow/operators';
import { EMPTY, filter, firstValueFrom, lastValueFrom, share, takeWhile, tap } from 'rxjs';
import { percentile, perSecond } from '../../figures.mjs';
import { emissions, fill, inBatches, inLoops, paced } from '../flow.mjs';
import { payload } from '../payload.mjs';
import { cpuOf } from './effort.mjs';
import { countTrips, monitored } from './trips.mjs';
import { client, emptied } from './world.mjs';

const plainItem = (id) => ({ payload: payload(id) });
const keyed = (keys) => (id) => ({ payload: payload(id), key: `k${id % keys}` });
const names = (count) => Array.from({ length: count }, (_, index) => `s${index}`);
const settled = (topic, name, window) => topic.subscription(name, { maxInFlight: window }).pipe(ackOnComplete(() => EMPTY));

async function opened(subscription = {}, subscriptions = 1, parameters = '') {
  const { leave } = await emptied();
  await leave();
  const cw = await client(parameters);
  for (const name of names(subscriptions)) await cw.bus.ensureSubscription('bench', name, subscription);
  return { topic: cw.topic('bench'), leave: () => cw.close() };
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

export async function consume(count, { window, subscription = {}, itemOf = plainItem }) {
  const { topic, leave } = await opened(subscription);
  await fill(topic, count, itemOf);
  const figure = await perSecond(count, () => emissions(settled(topic, 's0', window), count));
  await leave();
  return figure;
}

export const orderedByKey = (count, keys) => consume(count, { window: 256, subscription: { order: 'key' }, itemOf: keyed(keys) });

export async function latency(count, share, gapMs) {
  const { topic, leave } = await opened();
  const took = [];
  const through = emissions(topic.subscription('s0').pipe(ackOnComplete(({ payload: { sent } }) => {
    took.push(performance.now() - sent);
    return EMPTY;
  })), count);
  await paced(count, gapMs, (id) => topic.publish({ ...payload(id), sent: performance.now() }));
  await through;
  await leave();
  return percentile(took, share);
}

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
  const through = emissions(settled(topic, 's0', 256), count);
  await inBatches(500, count, (ids) => topic.publishBatch(ids.map(plainItem)));
  await through;
  const figure = (counter.trips - before) / count;
  await leave();
  if (before === 0) throw new Error('no command was counted: the driver in use is another one');
  return figure;
}

/** What `effortOf` says of a message, published by 100 callers and consumed with so many others waiting; as many are measured at every backlog. */
export async function effortAt(backlog, measured, effortOf) {
  const { topic, leave } = await opened();
  await fill(topic, backlog, plainItem);
  const effort = await effortOf(async () => {
    await inLoops(100, measured, (id) => topic.publish(payload(id)));
    await emissions(settled(topic, 's0', 256), measured);
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
    await Promise.all(names(subscriptions).map((name) => emissions(settled(topic, name, 256), messages)));
  });
  await leave();
  return effort / deliveries;
}
