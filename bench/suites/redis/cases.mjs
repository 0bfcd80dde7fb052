import { EMPTY } from 'rxjs';
import { all, atLeast, atMost, timesAtLeast, timesAtMost } from '../../targets.mjs';
import * as ours from './ours.mjs';
import * as raw from './raw.mjs';

const ms = { name: 'ms', digits: 2 };
const bytes = { name: 'B' };
const commands = { name: 'commands' };
const cost = { name: 'µs CPU', digits: 1 };
const peer = (room, work, share = 1) => async (count) => (await import(`./${room}.mjs`))[work](Math.ceil(count * share));

export const cases = [
  { name: 'raw: XADD, 100 callers', run: raw.publishAwaited },
  { name: 'publish, 100 callers', run: ours.publishAwaited, target: timesAtLeast('raw: XADD, 100 callers', 1.4) },
  { name: 'BullMQ: add, 100 callers', run: peer('bullmq', 'publishAwaited', 0.2) },
  { name: 'JetStream: publish, 100 callers', run: peer('jetstream', 'publishAwaited', 0.3), needs: 'BENCH_NATS_PORT' },
  { name: 'RabbitMQ: publish, 100 callers', run: peer('rabbitmq', 'publishAwaited', 0.1), needs: 'BENCH_RABBIT_PORT' },

  { name: 'raw: XADD, pipelines of 500', run: raw.publishPipelined },
  { name: 'publishBatch(500)', run: ours.publishBatches, target: timesAtLeast('raw: XADD, pipelines of 500', 1.5) },
  { name: 'publishBatch(500), idempotent', run: ours.publishIdempotent, target: timesAtLeast('raw: XADD, pipelines of 500', 1) },

  { name: 'raw: XREADGROUP + XACK', run: raw.consume },
  { name: 'BullMQ: worker, concurrency 256', run: peer('bullmq', 'consume', 0.2) },
  { name: 'JetStream: consume + ack', run: peer('jetstream', 'consume', 0.5), needs: 'BENCH_NATS_PORT' },
  { name: 'RabbitMQ: consume + ack', run: peer('rabbitmq', 'consume', 0.2), needs: 'BENCH_RABBIT_PORT' },
  {
    name: 'consume, window 256',
    run: (count) => ours.consume(count, { window: 256 }),
    target: all(timesAtLeast('raw: XREADGROUP + XACK', 0.6), timesAtLeast('BullMQ: worker, concurrency 256', 5), timesAtLeast('JetStream: consume + ack', 1.2)),
  },
  { name: 'consume, default window', run: (count) => ours.consume(count, { window: 32 }), target: timesAtLeast('raw: XREADGROUP + XACK', 0.4) },

  { name: 'raw: latency p50', run: () => raw.latency(1_000, 0.5, 5), warm: false, unit: ms },
  { name: 'raw: latency p99', run: () => raw.latency(1_000, 0.99, 5), warm: false, unit: ms },
  { name: 'latency p50', run: () => ours.latency(1_000, 0.5, 5), warm: false, unit: ms, target: timesAtMost('raw: latency p50', 1.5) },
  { name: 'latency p99', run: () => ours.latency(1_000, 0.99, 5), warm: false, unit: ms, target: timesAtMost('raw: latency p99', 2) },
  { name: 'delayed retry late p99', run: () => ours.retryLateness(600, 0.99), warm: false, unit: ms, target: atMost(10, ms) },

  { name: "order 'key', 1,000 keys", run: (count) => ours.orderedByKey(count, 1_000), target: timesAtLeast('consume, window 256', 0.25) },
  { name: "order 'key', one hot key, 10 k", run: () => ours.orderedByKey(10_000, 1), target: atLeast(15_000) },
  { name: "order 'key', 50 k, nothing blocked", run: () => ours.orderedByKey(50_000, 1_000), warm: false },
  { name: "order 'key', 50 k past 50 k blocked", run: () => ours.pastABlockedKey(50_000, 50_000), warm: false, target: timesAtLeast("order 'key', 50 k, nothing blocked", 0.5) },

  { name: 'commands per 1,000, no-op', run: () => ours.commands(20_000, () => EMPTY), warm: false, unit: commands, target: atMost(40, commands) },
  { name: 'commands per 1,000, work of 1-21 ms', run: () => ours.commands(20_000, ours.working), warm: false, unit: commands, target: atMost(60, commands) },
  { name: 'raw: bytes of an entry', run: () => raw.bytesPerEntry(100_000), warm: false, unit: bytes },
  { name: 'bytes of a waiting message', run: () => ours.bytesPerWaiting(100_000), warm: false, unit: bytes, target: timesAtMost('raw: bytes of an entry', 1.1) },
  { name: 'cost at 10 k', run: () => ours.costAt(10_000, 10_000), unit: cost, warm: false },
  { name: 'cost at 1 M', run: () => ours.costAt(1_000_000, 10_000), unit: cost, warm: false, target: timesAtMost('cost at 10 k', 1.3) },
];
