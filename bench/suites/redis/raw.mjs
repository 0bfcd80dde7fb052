// The best hand-written code on plain ioredis: what is left out is fencing, retries, dead letters and everything else.
import { percentile, perSecond } from '../../figures.mjs';
import { inBatches, inLoops, paced } from '../flow.mjs';
import { payload } from '../payload.mjs';
import { emptied, plain } from './world.mjs';

const key = 'cw:default:default:topic:raw';
const text = (id) => JSON.stringify(payload(id));

export async function publishAwaited(count) {
  const redis = await emptied();
  const writer = plain({ enableAutoPipelining: true });
  return perSecond(count, () => inLoops(100, count, (id) => writer.xadd(key, '*', 'b', text(id)))).finally(() => Promise.all([redis.quit(), writer.quit()]));
}

export async function publishPipelined(count) {
  const redis = await emptied();
  return inBatches(500, count, (ids) => {
    const pipeline = redis.pipeline();
    for (const id of ids) pipeline.xadd(key, '*', 'b', text(id));
    return pipeline.exec();
  });
}

export async function fillRaw(redis, count) {
  await redis.xgroup('CREATE', key, 's', '0', 'MKSTREAM');
  await inBatches(1_000, count, (ids) => {
    const pipeline = redis.pipeline();
    for (const id of ids) pipeline.xadd(key, '*', 'b', text(id));
    return pipeline.exec();
  });
}

/** XREADGROUP COUNT 100, decode, one XACK for all that is not awaited before the next read. */
export async function consume(count) {
  const redis = await emptied();
  await fillRaw(redis, count);
  const acks = plain();
  return perSecond(count, async () => {
    let left = count;
    let acknowledged = Promise.resolve();
    while (left > 0) {
      const [[, entries]] = await redis.xreadgroup('GROUP', 's', 'c', 'COUNT', 100, 'BLOCK', 1_000, 'STREAMS', key, '>');
      for (const [, fields] of entries) JSON.parse(fields[1]);
      acknowledged = acks.xack(key, 's', ...entries.map(([id]) => id));
      left -= entries.length;
    }
    await acknowledged;
  });
}

export async function latency(count, share, gapMs) {
  const redis = await emptied();
  await redis.xgroup('CREATE', key, 's', '0', 'MKSTREAM');
  const reader = plain();
  const took = [];
  const reading = (async () => {
    while (took.length < count) {
      const found = await reader.xreadgroup('GROUP', 's', 'c', 'COUNT', 100, 'BLOCK', 1_000, 'STREAMS', key, '>');
      for (const [id, fields] of found?.[0][1] ?? []) {
        took.push(performance.now() - JSON.parse(fields[1]).sent);
        void redis.xack(key, 's', id);
      }
    }
  })();
  await paced(count, gapMs, (id) => redis.xadd(key, '*', 'b', JSON.stringify({ ...payload(id), sent: performance.now() })));
  await reading;
  return percentile(took, share);
}

export async function bytesPerEntry(count) {
  const redis = await emptied();
  const before = await usedMemory(redis);
  await inBatches(1_000, count, (ids) => {
    const pipeline = redis.pipeline();
    for (const id of ids) pipeline.xadd(key, '*', 'b', text(id));
    return pipeline.exec();
  });
  return ((await usedMemory(redis)) - before) / count;
}

/** µs of CPU that the server has used so far. */
export async function usedCpu(redis) {
  const info = await redis.info('cpu');
  return ['sys', 'user'].reduce((sum, kind) => sum + 1e6 * Number(new RegExp(`used_cpu_${kind}:([\\d.]+)`).exec(info)[1]), 0);
}

export async function usedMemory(redis) {
  return Number(/used_memory_dataset:(\d+)/.exec(await redis.info('memory'))[1]);
}
