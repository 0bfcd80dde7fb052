// One Chronow client and one plain ioredis client on the server of this run, which is emptied first.
import { Redis } from 'ioredis';
import { Chronow } from 'chronow';

const port = Number(process.env.BENCH_REDIS_PORT);

export function plain(options = {}) {
  return new Redis({ port, host: '127.0.0.1', ...options });
}

export async function emptied() {
  const redis = plain();
  await redis.flushall();
  return redis;
}

export function client(defaults = {}) {
  return Chronow.init({ redis: { url: `redis://127.0.0.1:${port}` }, defaults: { maxStreamLen: 4_000_000, ...defaults } });
}
