import { Queue, Worker } from 'bullmq';
import { perSecond } from '../../figures.mjs';
import { inLoops } from '../flow.mjs';
import { payload } from '../payload.mjs';
import { emptied } from './world.mjs';

const connection = { host: '127.0.0.1', port: Number(process.env.BENCH_REDIS_PORT), maxRetriesPerRequest: null };
const options = { removeOnComplete: true, removeOnFail: true };

export async function publishAwaited(count) {
  const redis = await emptied();
  const queue = new Queue('bench', { connection });
  const figure = await perSecond(count, () => inLoops(100, count, (id) => queue.add('m', payload(id), options)));
  await queue.close();
  await redis.quit();
  return figure;
}

export async function consume(count) {
  const redis = await emptied();
  const queue = new Queue('bench', { connection });
  for (let at = 0; at < count; at += 500) await queue.addBulk(Array.from({ length: Math.min(500, count - at) }, (_, index) => ({ name: 'm', data: payload(at + index), opts: options })));
  let worker;
  const figure = await perSecond(count, () => new Promise((resolve) => {
    let left = count;
    worker = new Worker('bench', async () => undefined, { connection, concurrency: 256 });
    worker.on('completed', () => {
      left -= 1;
      if (left === 0) resolve();
    });
  }));
  await worker.close();
  await queue.close();
  await redis.quit();
  return figure;
}
