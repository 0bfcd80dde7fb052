import { expect, it } from 'vitest';
import { publishBodiesScript, resolveBatchScript } from '../../../../src/adapters/redis/publish/publish-scripts.js';
import { describeRedis } from '../../../support/redis/shared.js';
import { startSingle } from '../../../support/redis/single.js';
import { besideOf, freshTopic, looker, message, openDesk, streamOf } from '../topics/support.js';
import type { Desk } from '../topics/support.js';

/** What a promise looks like from outside: true where it is kept. */
type Promised = (desk: Desk) => Promise<boolean>;

/** The promise holds, and is seen to be broken once a line of a script is another. */
function guards(name: string, promised: Promised, ...bugs: readonly (readonly [what: string, line: string, instead: string])[]): void {
  it(`${name}: kept`, async () => {
    expect(await promised(await openDesk())).toBe(true);
  });
  it.each(bugs)(`${name}: a bug is noticed, %s`, async (_what, line, instead) => {
    let isPlanted = false;
    const desk = await openDesk({
      plant: (text) => {
        isPlanted ||= text.includes(line);
        return text.replace(line, () => instead);
      },
    });
    expect(await promised(desk)).toBe(false);
    expect(isPlanted).toBe(true);
  });
}

describeRedis('the tests of publishing notice', () => {
  guards(
    'a copy of a call is stored once, however late it comes',
    async ({ context: { connection }, publish }) => {
      const topic = freshTopic();
      await publish(topic, 'first');
      const keys = [streamOf(topic), besideOf(topic, 'meta'), besideOf(topic, 'tokens')];
      const send = (number: number): Promise<unknown> => connection.run(publishBodiesScript, keys, [1, 'other:0', number, `m${number}`]);
      for (const number of [1, 1, 2, 1]) await send(number);
      await connection.run(resolveBatchScript, [keys[0] ?? '', keys[2] ?? ''], ['other:0', 3]);
      await send(3);
      return (await looker().bodies(topic)).join() === 'first,m1,m2';
    },
    ['no order of numbers', "if tonumber(stored) > tonumber(number) then return 'late' end", ''],
    ['no memory of numbers', 'if tonumber(stored) == tonumber(number) then return again(text) end', ''],
    ['a lost call is not fenced', "redis.call('HSET', KEYS[2], ARGV[1], ARGV[2] .. '|refused ' .. int(now()) .. '-0')", ''],
  );

  guards(
    'an idempotency key is known within its window, and not longer',
    async ({ publish, topic: ensure, context: { runtime } }) => {
      const topic = freshTopic();
      await ensure(topic, { idempotencyWindowMs: 400 });
      const once = message('a', { idempotencyKey: 'i' });
      let others = 0;
      const publishUntil = async (time: number): Promise<void> => {
        while (runtime.now() < time) await publish(topic, message('x', { idempotencyKey: `x${(others += 1)}` }));
      };
      // Half of its window lies in one bucket, half in the next one.
      for (let attempt = 0; attempt < 5; attempt += 1) {
        await publishUntil(runtime.now() + 200);
        const [first] = await publish(topic, once);
        const storedAt = Number(first?.id.split('-')[0]);
        await publishUntil(storedAt + 300);
        const [again] = await publish(topic, once);
        // A machine that was too slow says nothing.
        if (runtime.now() >= storedAt + 400) continue;
        await publishUntil(storedAt + 410);
        const [later] = await publish(topic, once);
        return again?.duplicate === true && again.id === first?.id && later?.duplicate === false;
      }
      throw new Error('this machine is too slow to tell');
    },
    ['the other bucket is not asked', 'for _, bucket in ipairs({other, current}) do', 'for _, bucket in ipairs({current}) do\n'],
    ['keys are remembered for as long as they lie there', 'clock - tonumber(stored) < window', 'true'],
  );

  guards(
    'what is settled goes, to the last entry, and nothing that is not',
    async ({ publish, topic: ensure, subscribe, retention }) => {
      const topic = freshTopic();
      const queue = { ...topic, subscription: 'billing' };
      await ensure(topic, { retentionMs: 1 });
      await subscribe(topic, 'billing');
      const { read, ack, raw } = looker();
      await publish(topic, 'a', 'b');
      const ids = await read(queue);
      await expect.poll(() => Date.now()).toBeGreaterThan(Number(ids[1]?.split('-')[0]) + 2);
      await retention.trim(topic, 0);
      const held = await raw.xlen(streamOf(topic));
      await ack(queue, ...ids);
      await retention.trim(topic, 0);
      return held === 2 && (await raw.xlen(streamOf(topic))) === 0;
    },
    ['the last delivered one is kept', "needs(following(group['last-delivered-id']))", "needs(group['last-delivered-id'])"],
    ['pending ones are not looked at', 'if group.pending > 0 then', 'if false then'],
  );

  it('that memory is freed before it is asked for', async () => {
    const server = await startSingle({ persistence: 'none' });
    try {
      const grows = async (plant?: (text: string) => string): Promise<boolean> => {
        await server.call('CONFIG', 'SET', 'maxmemory', '0');
        const desk = await openDesk({ connection: { hosts: [{ host: server.host, port: server.port }] }, plant });
        const topic = freshTopic();
        await desk.publish(topic, 'a');
        await server.call('CONFIG', 'SET', 'maxmemory', '1mb');
        return desk.publish(topic, 'b').then(() => true, () => false);
      };
      expect(await grows()).toBe(false);
      expect(await grows((text) => text.replace("local count = #ARGV - 3", "redis.call('XTRIM', KEYS[1], 'MAXLEN', 1000)\nlocal count = #ARGV - 3"))).toBe(true);
    } finally {
      await server.stop();
    }
  });
});
