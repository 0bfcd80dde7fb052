// What is measured of Chronow itself on every server.
import { ackOnComplete } from 'chronow/operators';
// The library's own copy, as users have it: from another one each inner Observable would pass through an adapter.
import { EMPTY } from 'rxjs';
import { percentile, perSecond } from '../figures.mjs';
import { emissions, fill, inBatches, inLoops, paced } from './flow.mjs';
import { payload } from './payload.mjs';

export const plainItem = (id) => ({ payload: payload(id) });
export const keyed = (keys) => (id) => ({ payload: payload(id), key: `k${id % keys}` });
const identified = (id) => ({ payload: payload(id), idempotencyKey: `id-${id}` });

export const settled = (topic, window, { name = 's0', work = () => EMPTY } = {}) => topic.subscription(name, { maxInFlight: window }).pipe(ackOnComplete(work));

/** `opened` empties the server; it answers a topic, with a subscription `s0` where its policy is given, and how to leave it. */
export function measuresOf(opened) {
  async function publishAwaited(count) {
    const { topic, leave } = await opened();
    const figure = await perSecond(count, () => inLoops(100, count, (id) => topic.publish(payload(id))));
    await leave();
    return figure;
  }

  async function publishBatches(count, itemOf = plainItem) {
    const { topic, leave } = await opened();
    const figure = await inBatches(500, count, (ids) => topic.publishBatch(ids.map(itemOf)));
    await leave();
    return figure;
  }

  async function consume(count, { window, subscription = {}, itemOf = plainItem }) {
    const { topic, leave } = await opened(subscription);
    await fill(topic, count, itemOf);
    const figure = await perSecond(count, () => emissions(settled(topic, window), count));
    await leave();
    return figure;
  }

  /** From the call of publish() to the handler. */
  async function latency(count, share, gapMs) {
    const { topic, leave } = await opened({});
    const took = [];
    const work = ({ payload: { sent } }) => {
      took.push(performance.now() - sent);
      return EMPTY;
    };
    const through = emissions(settled(topic, 32, { work }), count);
    await paced(count, gapMs, (id) => topic.publish({ ...payload(id), sent: performance.now() }));
    await through;
    await leave();
    return percentile(took, share);
  }

  return {
    publishAwaited,
    publishBatches,
    publishIdempotent: (count) => publishBatches(count, identified),
    consume,
    orderedByKey: (count, keys) => consume(count, { window: 256, subscription: { order: 'key' }, itemOf: keyed(keys) }),
    latency,
  };
}
