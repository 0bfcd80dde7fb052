import { all, atLeast, atMost, timesAtLeast, timesAtMost } from '../../targets.mjs';
import { cpuOf, keysExamined } from './effort.mjs';
import * as ours from './ours.mjs';
import * as raw from './raw.mjs';

const ms = { name: 'ms', digits: 2 };
const trips = { name: 'trips', digits: 4 };
const cost = { name: 'µs CPU', digits: 1 };
const keys = { name: 'keys', digits: 2 };
const peer = (room, work) => async (...given) => (await import(`./${room}.mjs`))[work](...given);
/** Who consumes one by one is asked about a backlog of 5,000; so is everybody. */
const backlogOf = (most, work) => (count) => work(Math.min(count, most));
/** What CPU mongod used. */
const needs = 'BENCH_MONGO_CPU';
/** 1,000 messages, 10 ms apart, after 100 to warm up. */
const paced = (work, share) => (count) => work(Math.min(Math.ceil(count / 20), 1_000), share, 10);

export const cases = [
  { name: 'loop: insertOne, 100 callers', run: raw.publishAwaited },
  { name: 'publish, 100 callers', run: ours.publishAwaited, target: timesAtLeast('loop: insertOne, 100 callers', 3) },
  { name: 'agenda: now, 100 callers', run: backlogOf(5_000, peer('agenda', 'publishAwaited')) },
  { name: 'mongomq2: publish, 100 callers', run: backlogOf(5_000, peer('mongomq2', 'publishAwaited')) },
  { name: 'mongodb-queue: add, 100 callers', run: backlogOf(5_000, peer('mongodb-queue', 'publishAwaited')) },

  { name: 'raw: insertMany of 500', run: raw.publishBatches },
  { name: 'publishBatch(500)', run: ours.publishBatches, target: timesAtLeast('raw: insertMany of 500', 0.5) },
  { name: 'publishBatch(500), idempotent', run: ours.publishIdempotent },

  { name: 'loop: findOneAndUpdate + deleteOne', run: backlogOf(5_000, raw.consume) },
  { name: 'agenda: concurrency 256', run: backlogOf(5_000, peer('agenda', 'consume')) },
  { name: 'mongomq2: consume', run: backlogOf(5_000, peer('mongomq2', 'consume')) },
  { name: 'mongodb-queue: get + ack', run: backlogOf(5_000, peer('mongodb-queue', 'consume')) },
  {
    name: 'consume, window 256',
    run: backlogOf(5_000, (count) => ours.consume(count, { window: 256 })),
    target: all(timesAtLeast('loop: findOneAndUpdate + deleteOne', 8), timesAtLeast('agenda: concurrency 256', 20)),
  },
  { name: 'consume, default window', run: backlogOf(5_000, (count) => ours.consume(count, { window: 32 })) },
  { name: "order 'key', 1,000 keys", run: backlogOf(5_000, (count) => ours.orderedByKey(count, 1_000)) },
  { name: "order 'key', one hot key", run: backlogOf(10_000, (count) => ours.orderedByKey(count, 1)), target: atLeast(2_000) },
  { name: 'pull, nothing blocked', run: () => ours.pullBehind(0, 500), warm: false, unit: ms },
  { name: 'pull behind 100 k blocked', run: () => ours.pullBehind(100_500, 500), warm: false, unit: ms, target: all(atMost(5, ms), timesAtMost('pull, nothing blocked', 1.3)) },

  { name: 'loop: latency p50', run: paced(raw.latency, 0.5), unit: ms },
  { name: 'agenda: latency p50', run: paced(peer('agenda', 'latency'), 0.5), unit: ms },
  { name: 'mongomq2: latency p50', run: paced(peer('mongomq2', 'latency'), 0.5), unit: ms },
  { name: 'latency p50', run: paced(ours.latency, 0.5), unit: ms, target: all(atMost(6, ms), timesAtMost('loop: latency p50', 2)) },
  { name: 'latency p99', run: paced(ours.latency, 0.99), unit: ms, target: atMost(20, ms) },
  { name: 'watcher latency p50', run: paced(ours.watchLatency, 0.5), unit: ms, target: all(atMost(6, ms), timesAtMost('loop: latency p50', 1.5)) },

  { name: 'round trips a message', run: ours.trips, warm: false, unit: trips, target: atMost(0.05, trips) },
  { name: 'loop: cost of a message', run: backlogOf(5_000, raw.cost), unit: cost, needs },
  { name: 'cost at 10 k', run: (count) => ours.effortAt(count / 2, count / 2, cpuOf), unit: cost, needs, target: timesAtMost('loop: cost of a message', 0.25) },
  { name: 'cost at 500 k', run: (count) => ours.effortAt(count * 25, count / 2, cpuOf), warm: false, unit: cost, needs, target: timesAtMost('cost at 10 k', 1.3) },
  { name: 'keys examined at 10 k', run: (count) => ours.effortAt(count / 2, count / 2, keysExamined), warm: false, unit: keys },
  { name: 'keys examined at 500 k', run: (count) => ours.effortAt(count * 25, count / 2, keysExamined), warm: false, unit: keys, target: timesAtMost('keys examined at 10 k', 1.3) },
  { name: 'cost each of 1 subscription', run: (count) => ours.costFor(1, count), unit: cost, needs },
  { name: 'cost each of 50 subscriptions', run: (count) => ours.costFor(50, count), unit: cost, needs, target: timesAtMost('cost each of 1 subscription', 1.3) },
];
