import { expect, it } from 'vitest';
import { describeRedis } from '../../../support/redis/shared.js';
import { freshTopic, looker, message, openDesk, streamOf } from '../topics/support.js';
import type { Desk } from '../topics/support.js';

/** Redis 5.0 removes entry by entry. */
for (const minId of [true, false]) {
  describeRedis(`retention on Redis ${minId ? 'with MINID' : 'as 5.0 has it'}`, () => {
    const open = (): Promise<Desk> => openDesk({ connection: { probes: { minId } } });

    it('removes what is settled and beyond the bound, and nothing that is pending or undelivered', async () => {
      const desk = await open();
      const topic = freshTopic();
      await desk.topic(topic, { maxStreamLen: 3 });
      for (const name of ['one', 'two']) await desk.subscribe(topic, name);
      const { read, ack, bodies } = looker();
      const [one, two] = [{ ...topic, subscription: 'one' }, { ...topic, subscription: 'two' }];
      await desk.publish(topic, 'a', 'b', 'c');
      const [a = '', b = '', c = ''] = await read(one);
      await ack(one, a, b, c);
      await read(two);
      await ack(two, a, c);
      await desk.publish(topic, 'd', 'e');
      await desk.retention.trim(topic, 0);
      expect(await bodies(topic)).toEqual(['b', 'd', 'e']);
      await ack(two, b);
      await desk.publish(topic, 'f');
      await desk.retention.trim(topic, 0);
      expect(await bodies(topic)).toEqual(['d', 'e', 'f']);
    });

    it('removes what is settled and older than the retention time, to the last entry', async () => {
      const desk = await open();
      const topic = freshTopic();
      await desk.topic(topic, { retentionMs: 1 });
      await desk.subscribe(topic, 'billing');
      const queue = { ...topic, subscription: 'billing' };
      const { read, ack, raw } = looker();
      await desk.publish(topic, ...Array.from({ length: 450 }, (_, index) => `m${index}`));
      const ids = await read(queue, 1_000);
      await ack(queue, ...ids.slice(0, 449));
      await expect.poll(async () => {
        await desk.retention.trim(topic, 0);
        return raw.xlen(streamOf(topic));
      }).toBe(1);
      await ack(queue, ids[449] ?? '');
      await desk.retention.trim(topic, 0);
      expect(await raw.xlen(streamOf(topic))).toBe(0);
      expect(await raw.exists(streamOf(topic))).toBe(1);
    });

    it('what is settled goes beyond the bound, also behind a message that stays unsettled', async () => {
      const desk = await open();
      const topic = freshTopic();
      await desk.topic(topic, { maxStreamLen: 5 });
      for (const name of ['one', 'two']) await desk.subscribe(topic, name);
      const [one, two] = [{ ...topic, subscription: 'one' }, { ...topic, subscription: 'two' }];
      const { read, ack, bodies } = looker();
      await desk.publish(topic, 'a', 'b', 'c', 'd');
      await ack(one, ...(await read(one)));
      await ack(two, ...(await read(two)).slice(1));
      await desk.publish(topic, 'e', 'f', 'g', 'h');
      await ack(one, ...(await read(one)));
      await desk.retention.trim(topic, 0);
      expect(await bodies(topic)).toEqual(['a', 'e', 'f', 'g', 'h']);
    });

    it('an ephemeral subscription holds nothing back and is told, once, what it missed', async () => {
      const desk = await open();
      const topic = freshTopic();
      await desk.topic(topic, { maxStreamLen: 5 });
      await desk.subscribe(topic, 'passing', {}, { ephemeral: true, startFrom: 'latest' });
      const { read } = looker();
      for (let index = 0; index < 12; index += 1) await desk.publish(topic, `m${index}`);
      await desk.retention.trim(topic, 0);
      await desk.retention.trim(topic, 0);
      const missed = desk.events.flatMap((event) => (event.type === 'gap' ? [event.missed] : []));
      const kept = await read({ ...topic, subscription: 'passing' });
      expect(missed.reduce((sum, count) => sum + count, 0)).toBe(12 - kept.length);
      expect(kept).toHaveLength(5);
    });

    it('keeps from the oldest parked or delayed message on where an order is kept', async () => {
      const desk = await open();
      const topic = freshTopic();
      await desk.topic(topic, { maxStreamLen: 1 });
      await desk.subscribe(topic, 'ordered', { order: 'key' });
      const queue = { ...topic, subscription: 'ordered' };
      const { raw, read, ack, bodies } = looker();
      await desk.publish(topic, message('a', { key: 'k' }));
      const ids = await read(queue);
      await raw.zadd(`{${streamOf(topic)}}:floor:ordered`, Number(ids[0]?.split('-')[0]), 'k');
      await raw.zadd(`{${streamOf(topic)}}:floor:ordered`, '+inf', '');
      await ack(queue, ...ids);
      await desk.topic(topic, { maxStreamLen: 2 });
      await desk.publish(topic, 'b');
      await desk.topic(topic, { maxStreamLen: 1 });
      await desk.retention.trim(topic, 0);
      expect(await bodies(topic)).toEqual(['a', 'b']);
      await raw.zrem(`{${streamOf(topic)}}:floor:ordered`, 'k');
      await desk.retention.trim(topic, 0);
      expect(await bodies(topic)).toEqual(['b']);
    });

    it('goes on behind a group that is lost: it is made again first', async () => {
      const desk = await open();
      const topic = freshTopic();
      await desk.topic(topic, { maxStreamLen: 2 });
      await desk.subscribe(topic, 'billing');
      await desk.publish(topic, 'a');
      const { raw, read } = looker();
      await raw.xgroup('DESTROY', streamOf(topic), 'billing');
      await desk.retention.trim(topic, 0);
      expect(await read({ ...topic, subscription: 'billing' })).toHaveLength(1);
      expect(desk.events).toMatchObject([{ type: 'store-lost', lost: 'position' }]);
    });
  });
}
