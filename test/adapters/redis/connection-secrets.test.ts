import { inspect } from 'node:util';
import { afterEach, beforeEach, expect, it, onTestFinished, vi } from 'vitest';
import { Redis } from 'ioredis';
import type { ConnectionOptions } from '../../../src/adapters/redis/connection/options.js';
import { script } from '../../../src/adapters/redis/connection/script.js';
import { connectionTo, openTo } from '../../support/redis/connection.js';
import { describeRedis } from '../../support/redis/shared.js';
import { startSingle, type SingleServer } from '../../support/redis/single.js';

const password = 'canary-password-4711';
const payload = 'canary-payload-0815';
const store = script('store', "return redis.call('SET', KEYS[1], ARGV[1])");
const broken = script('broken', "return redis.call('XADD', KEYS[1], ARGV[1])");
const failing = script('failing', 'error(ARGV[1])');

describeRedis('secrets', () => {
  let server: SingleServer;
  const seen: unknown[] = [];
  beforeEach(async () => {
    server = await startSingle({ password, persistence: 'none' });
    for (const name of ['log', 'warn', 'error'] as const) vi.spyOn(console, name).mockImplementation((...args) => { seen.push(args); });
  });
  afterEach(async () => {
    vi.restoreAllMocks();
    seen.length = 0;
    await server.stop();
  });

  const note = (value: unknown): void => {
    seen.push(value);
  };
  /** Everything that a log could show of what was seen. */
  const shown = (): string => seen.map((value) => [inspect(value, { depth: 10, showHidden: true }), JSON.stringify(value), value instanceof Error ? [value.stack, value.message, inspect(value.cause, { depth: 10, showHidden: true })].join() : ''].join('\n')).join('\n');
  const leaks = (): readonly string[] => shown().split('\n').filter((line) => line.includes('canary'));
  const listened = async (options: Partial<ConnectionOptions> = {}, isOpened = true): Promise<ReturnType<typeof connectionTo>> => {
    const redis = isOpened ? await openTo(server, { password, ...options }) : connectionTo(server, { password, ...options });
    redis.status$.subscribe(note);
    redis.warnings$.subscribe(note);
    note(redis);
    return redis;
  };

  it('are in no error, state, warning or printed object', async () => {
    const redis = await listened();
    const reader = redis.reader('cw:s');
    note(reader);
    note(redis.pubsub);
    note(redis.masters());
    redis.pubsub.channel('cw:c').subscribe(note);
    await redis.run(store, ['cw:k'], [payload]);
    const failures = [
      redis.run(broken, ['cw:k'], [payload]),
      redis.run(failing, ['cw:k'], [payload]),
      redis.command('lpush', 'cw:k', payload),
      redis.command('nonsense', 'cw:k', payload, payload),
      redis.command('set', 'cw:k', payload, 'NONSENSE'),
      reader.read('xreadgroup', ['GROUP', payload, 'c', 'STREAMS', 'cw:k', '>'], 0),
    ].map((failure) => failure.catch((error: unknown) => error));
    for (const failure of await Promise.all(failures)) note(failure);
    server.freeze();
    const late = redis.run(store, ['cw:k'], [payload], { deadlineMs: 50 });
    note(redis);
    note(await late.catch((error: unknown) => error));
    const closed = redis.run(store, ['cw:k'], [payload]);
    await redis.close();
    note(await closed.catch((error: unknown) => error));
    note(await redis.run(store, ['cw:k'], [payload]).catch((error: unknown) => error));
    server.thaw();
    expect(seen.length).toBeGreaterThan(15);
    expect(leaks()).toEqual([]);
  });

  it('are in nothing that a refused login shows', async () => {
    for (const options of [{ password: `${password}-wrong` }, { username: 'nobody', password: `${password}-wrong` }, { db: 99 }]) {
      const redis = await listened(options, false);
      note(await redis.open().catch((error: unknown) => error));
      note(await redis.run(store, ['cw:k'], [payload]).catch((error: unknown) => error));
    }
    await server.kill9();
    const down = await listened({ connectTimeoutMs: 200 }, false);
    note(await down.open().catch((error: unknown) => error));
    expect(shown()).toMatch(/CONFIG_INVALID/);
    expect(leaks()).toEqual([]);
  });

  it('of a client that was handed in stay there', async () => {
    const client = new Redis(server.port, '127.0.0.1', { password: `${password}-wrong`, lazyConnect: true });
    onTestFinished(() => client.disconnect());
    const redis = await listened({ client }, false);
    note(await redis.open().catch((error: unknown) => error));
    expect(shown()).toMatch(/CONFIG_INVALID/);
    expect(leaks()).toEqual([]);
  });
});
