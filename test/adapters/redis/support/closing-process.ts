import { filter, firstValueFrom } from 'rxjs';
import { redisConnection } from '../../../../src/adapters/redis/connection/redis-connection.js';
import { script } from '../../../../src/adapters/redis/connection/script.js';
import { systemRuntime } from '../../../../src/system-runtime.js';

// Opens everything that a connection has, closes it, and has to end without being told.
const redis = redisConnection({ topology: 'single', hosts: [{ host: '127.0.0.1', port: Number(process.env['REDIS_PORT']) }], deadlineMs: 500, durability: { replicas: 0, timeoutMs: 10 }, runtime: systemRuntime() });
await redis.open();
const one = script('one', 'return 1');
await redis.run(one, ['cw:k'], []);
await redis.runConfirmed(one, ['cw:k'], []);
await firstValueFrom(redis.pubsub.channel('cw:c'));
redis.pubsub.channel('cw:d').subscribe();
redis.pubsub.keyspace('__keyspace@0__:cw:*').subscribe();
redis.reader('cw:s').read('xread', ['BLOCK', 60_000, 'STREAMS', 'cw:s', '$'], 60_000).catch(() => undefined);
console.log('open');
if (process.env['WAIT_FOR_LOSS'] !== undefined) await firstValueFrom(redis.status$.pipe(filter(({ state }) => state === 'reconnecting')));
redis.run(one, ['cw:k'], []).catch(() => undefined);
await redis.close();
console.log('closed');
