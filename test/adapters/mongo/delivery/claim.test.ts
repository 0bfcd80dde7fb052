import { expect, it } from 'vitest';
import { describeMongo, freshDatabase } from '../../../support/mongo/shared.js';
import { bodies, openStage } from './support/stage.js';

describeMongo('Mongo deliveries: claims', () => {
  it('a waiting claim is woken by what is published, and what is acknowledged is gone', async () => {
    const stage = await openStage();
    await stage.queue();
    const consumer = await stage.consumer();
    const waiting = consumer.claim(10);
    await stage.publish('a');
    const { deliveries, makeRoom } = await waiting;
    expect([bodies(deliveries), makeRoom, deliveries[0]?.deliveryCount]).toEqual([['a'], false, 1]);
    expect(await consumer.ack(...deliveries)).toEqual([]);
    expect(await stage.pointers.countDocuments()).toBe(0);
  });

  it('consumers of two processes get each message once, and its true count, however they race for it', async () => {
    const database = freshDatabase();
    const [one, two] = [await openStage({ database }), await openStage({ database })];
    await one.queue({ maxDeliveries: 100 });
    await one.publish(...Array.from({ length: 300 }, (_, index) => `m${index}`));
    const counts = new Map<string, number[]>();
    let settled = 0;
    const work = async (stage: typeof one): Promise<void> => {
      const consumer = await stage.consumer();
      while (settled < 300) {
        const { deliveries } = await consumer.look(10);
        for (const { message: { id }, deliveryCount } of deliveries) counts.set(id, [...(counts.get(id) ?? []), deliveryCount]);
        const again = deliveries.filter(({ deliveryCount }) => deliveryCount < 3);
        settled += deliveries.length - again.length;
        expect(await consumer.end('retry', again, { delayMs: 0 })).toEqual([]);
        expect(await consumer.ack(...deliveries.filter((each) => !again.includes(each)))).toEqual([]);
      }
    };
    await Promise.all([work(one), work(one), work(two), work(two)]);
    expect(counts.size).toBe(300);
    for (const seen of counts.values()) expect(seen).toEqual([1, 2, 3]);
  });

  it('what is given back comes next, however far claims have gone on', async () => {
    const stage = await openStage();
    await stage.queue();
    await stage.publish(...Array.from({ length: 200 }, (_, index) => `m${index}`));
    await stage.pointers.updateMany({}, [{ $set: { at: { $subtract: ['$at', { $subtract: [1_000, '$q'] }] } } }]);
    const consumer = await stage.consumer();
    const first = await consumer.claim(10);
    for (let claims = 0; claims < 5; claims += 1) await consumer.ack(...(await consumer.claim(10)).deliveries);
    await consumer.end('release', first.deliveries);
    expect(bodies((await consumer.claim(10)).deliveries)).toEqual(bodies(first.deliveries));
  });

  it('a last attempt that waits for empty hands is not passed over', async () => {
    const stage = await openStage();
    await stage.queue({ maxDeliveries: 2 });
    const documents = await stage.publish(...Array.from({ length: 40 }, (_, index) => `m${index}`));
    await stage.pointers.updateMany({}, [{ $set: { at: { $subtract: ['$at', { $subtract: [1_000, '$q'] }] } } }]);
    const [one, two] = [await stage.consumer(), await stage.consumer()];
    await one.take(1);
    await two.take(1);
    await stage.pointers.updateOne({ m: String(documents[2]?._id) }, { $set: { n: 1, l: true } });
    expect((await one.claim(4)).makeRoom).toBe(true);
    for (let claims = 0; claims < 3; claims += 1) await two.take(4);
    expect((await one.look(4)).deliveries).toEqual([]);
  });

  it('a lease that is over makes room for a last attempt, and stays its holder\'s until somebody takes it', async () => {
    const stage = await openStage();
    await stage.queue({ maxDeliveries: 2, visibilityTimeoutMs: 500 });
    await stage.publish('one', 'two');
    const consumer = await stage.consumer();
    const held = await consumer.take(2);
    await expect.poll(() => stage.pointers.countDocuments({ $expr: { $lte: ['$at', '$$NOW'] } }), { timeout: 20_000 }).toBe(2);
    const [last] = (await consumer.claim(4)).deliveries;
    expect(last).toMatchObject({ isolated: true, deliveryCount: 2 });
    const [other] = held.filter(({ message }) => message.id !== last?.message.id);
    expect(await consumer.ack(...(other === undefined ? [] : [other]))).toEqual([]);
    expect(stage.events.filter(({ type }) => type === 'lease-lapsed')).toMatchObject([{ id: last?.message.id, deliveryCount: 1 }]);
    expect(await stage.pointers.countDocuments()).toBe(1);
  });

  it('a lease that is over, and whose message others settled since, keeps nobody from a last attempt', async () => {
    const stage = await openStage();
    await stage.queue({ maxDeliveries: 3, visibilityTimeoutMs: 200 });
    await stage.publish('a');
    const consumer = await stage.consumer();
    await consumer.take(1);
    await stage.pointers.deleteMany({});
    const [document] = await stage.publish('b');
    await stage.pointers.updateOne({ m: String(document?._id) }, { $set: { n: 2, l: true } });
    await expect.poll(async () => bodies((await consumer.look(4)).deliveries)).toEqual(['b']);
  });

  it('what another process gives back, or stores late, comes before all that waits behind it', async () => {
    const stage = await openStage();
    const { id } = await stage.queue();
    const documents = await stage.publish(...Array.from({ length: 5_000 }, (_, index) => `m${index}`));
    await stage.pointers.updateOne({ s: id, m: String(documents[0]?._id) }, { $set: { at: new Date(stage.store.clock.now() + 600_000) } });
    const consumer = await stage.consumer();
    await consumer.ack(...(await consumer.claim(4)).deliveries);
    await stage.pointers.updateOne({ s: id, m: String(documents[0]?._id) }, { $set: { at: new Date(0) } });
    let seen: readonly unknown[] = [];
    while (!seen.includes('m0')) {
      const { deliveries } = await consumer.claim(4);
      seen = bodies(deliveries);
      await consumer.ack(...deliveries);
    }
    expect(await stage.pointers.countDocuments({ s: id })).toBeGreaterThan(0);
  });

  it('a message whose publish is under way is not handed out before it is stored, and costs no attempt', async () => {
    const stage = await openStage();
    await stage.queue({ maxDeliveries: 2 });
    const [document] = await stage.publish('a');
    await stage.log.deleteMany({});
    const consumer = await stage.consumer();
    expect((await consumer.look()).deliveries).toEqual([]);
    const pointer = await stage.pointers.findOne();
    expect([pointer?.n, pointer?.tok, pointer?.lack]).toEqual([0, undefined, expect.any(Date)]);
    const waiting = consumer.claim();
    if (document !== undefined) await stage.log.insertOne(document);
    const { deliveries } = await waiting;
    expect([bodies(deliveries), deliveries[0]?.deliveryCount]).toEqual([['a'], 1]);
  });

  it('a pointer whose message was never stored goes after ten minutes, and no sooner', async () => {
    const stage = await openStage();
    await stage.queue();
    const [old, young] = await stage.publish('a', 'b');
    await stage.log.deleteMany({});
    const since = (ms: number): Date => new Date(stage.store.clock.now() - ms);
    await stage.pointers.updateOne({ m: old?._id ?? '' }, { $set: { lack: since(601_000) } });
    await stage.pointers.updateOne({ m: young?._id ?? '' }, { $set: { lack: since(590_000) } });
    expect((await (await stage.consumer()).look(10)).deliveries).toEqual([]);
    expect((await stage.pointers.find().toArray()).map(({ m }) => m)).toEqual([young?._id]);
  });

  it('a message of a newer release stays where it is; one that nobody can read goes to the dead letters', async () => {
    const stage = await openStage();
    await stage.queue();
    const [newer, broken] = await stage.publish('a', 'b', 'c');
    await stage.log.updateOne({ _id: newer?._id ?? '' }, { $set: { f: 99 } });
    await stage.log.updateOne({ _id: broken?._id ?? '' }, { $unset: { b: '' } });
    const consumer = await stage.consumer();
    expect(bodies((await consumer.claim(10)).deliveries)).toEqual(['c']);
    expect(await stage.event('dead-lettered')).toMatchObject({ id: broken?._id, reason: 'Undecodable', deliveryCount: 0 });
    expect(await stage.pointers.findOne({ m: newer?._id ?? '' })).toMatchObject({ st: 0, n: 0 });
  });

  it('what somebody else wrote among the pointers is set aside, and the rest goes on', async () => {
    const stage = await openStage();
    const { id, topicId } = await stage.queue();
    await stage.store.collection('cw_deliv').insertOne({ s: id, t: topicId, st: 0, at: new Date(0), n: 'many' });
    await stage.publish('a');
    expect(bodies((await (await stage.consumer()).claim(10)).deliveries)).toEqual(['a']);
    expect(await stage.pointers.findOne({ st: 1 })).toMatchObject({ n: 0, deaths: [{ r: 'Undecodable' }] });
  });

  it('a waiting claim ends at once when the subscription is deleted elsewhere', async () => {
    const database = freshDatabase();
    const [one, two] = [await openStage({ database }), await openStage({ database })];
    await one.queue();
    const waiting = (await one.consumer()).claim();
    const ended = expect(waiting).rejects.toMatchObject({ code: 'SUBSCRIPTION_DELETED' });
    await two.deleteQueue();
    await ended;
  });

  it('an ephemeral subscription ends with its last consumer, and is kept by those who are there', async () => {
    const stage = await openStage();
    await stage.queue({ visibilityTimeoutMs: 1_000 }, true);
    const [one, two] = [await stage.consumer('one'), await stage.consumer('two')];
    const seen = (await stage.record()).consumers.get('one') ?? 0;
    await expect.poll(async () => (await stage.record()).consumers.get('one') ?? 0, { timeout: 5_000 }).toBeGreaterThan(seen);
    await one.leave();
    expect([...(await stage.record()).consumers.keys()]).toEqual(['two']);
    await two.leave();
    await expect(stage.record()).rejects.toThrow('there is no subscription');
  });
});
