import { expect, it, onTestFinished, vi } from 'vitest';
import { startReplicaSet, type ReplicaSet } from '../../../support/mongo/replica-set.js';
import { describeMongo, freshDatabase } from '../../../support/mongo/shared.js';
import { stopFailing } from '../../../support/mongo/fail-point.js';
import { bodies, openStage, type Stage } from './support/stage.js';

/** The server carries the next `times` of this command out, and says that it does not know what became of it. */
async function unknownOutcome(set: ReplicaSet, command: string, times: number): Promise<void> {
  const member = await set.primary();
  const data = { failCommands: [command], writeConcernError: { code: 11_602, codeName: 'InterruptedDueToReplStateChange', errmsg: 'operation was interrupted' } };
  await member.admin({ configureFailPoint: 'failCommand', mode: { times }, data });
  onTestFinished(() => stopFailing(member));
}

async function ownStage(): Promise<{ readonly set: ReplicaSet; readonly stage: Stage }> {
  const set = await startReplicaSet();
  onTestFinished(() => set.stop());
  const stage = await openStage({ uri: set.uri });
  return { set, stage };
}

describeMongo('Mongo deliveries: settlements', () => {
  it('settlements of one kind are one command, whoever they come from', async () => {
    const stage = await openStage();
    await stage.queue();
    await stage.publish(...Array.from({ length: 40 }, (_, index) => `m${index}`));
    const [one, two] = [await stage.consumer(), await stage.consumer()];
    const [ones, twos] = [await one.take(20), await two.take(20)];
    const commands = await stage.commandsOf(async () => {
      expect(await Promise.all([one.ack(...ones), two.ack(...twos.slice(0, 10)), two.end('release', twos.slice(10))])).toEqual([[], [], []]);
    });
    expect(commands.filter((command) => command.startsWith('cw_deliv')).sort()).toEqual(['cw_deliv remove', 'cw_deliv update']);
    expect(await stage.pointers.countDocuments({ tok: { $exists: false }, n: 0 })).toBe(10);
  });

  it('of many settlements those that were lost are told, and only those', async () => {
    const stage = await openStage();
    await stage.queue({ visibilityTimeoutMs: 300 });
    await stage.publish('a', 'b', 'c');
    const [one, two] = [await stage.consumer(), await stage.consumer()];
    const held = await one.take(3);
    const { deliveries: [taken] } = await two.claim(1);
    const at = held.findIndex(({ message: { id } }) => id === taken?.message.id);
    expect(await one.ack(...held)).toEqual([{ index: at, result: 'lost' }]);
    expect(await two.end('ack', taken === undefined ? [] : [taken])).toEqual([]);
  });

  it('what was carried out without an answer is never told as lost, and is done once', async () => {
    const { set, stage } = await ownStage();
    await stage.queue({ maxDeliveries: 3 });
    await stage.publish('a', 'b', 'c', 'd', 'e');
    const consumer = await stage.consumer();
    const [a, b, c, d, e] = await consumer.take(5);
    if (a === undefined || b === undefined || c === undefined || d === undefined || e === undefined) throw new Error('five were taken');
    await unknownOutcome(set, 'delete', 1);
    expect(await consumer.ack(a)).toEqual([]);
    await unknownOutcome(set, 'update', 1);
    expect(await consumer.end('release', [b, c])).toEqual([]);
    await unknownOutcome(set, 'update', 1);
    expect(await consumer.end('leak', [d])).toEqual([]);
    await unknownOutcome(set, 'update', 1);
    expect(await consumer.end('dead-letter', [e], { failure: { reason: 'BadIban' } })).toEqual([]);
    const left = await stage.pointers.find().sort({ q: 1 }).toArray();
    expect(left.map(({ st, n, lk, deaths }) => [st, n, lk, deaths?.length])).toEqual([[0, 0, undefined, undefined], [0, 0, undefined, undefined], [0, 1, 1, undefined], [1, 1, undefined, 1]]);
  });

  it('what is sent again after others have had the message is told as lost, unless it was carried out before them', async () => {
    const { set, stage } = await ownStage();
    await stage.queue({ visibilityTimeoutMs: 300, maxDeliveries: 9 });
    await stage.publish('a', 'b');
    const [one, two] = [await stage.consumer(), await stage.consumer()];
    // Of a the lease lapses, and another one gives it back; b is given back, and then so by another one.
    const first = await one.take(2);
    const [a, b] = [first.find(({ message: { body } }) => body === 'a'), first.find(({ message: { body } }) => body === 'b')];
    if (a === undefined || b === undefined) throw new Error('two were taken');
    expect(await one.end('release', [b])).toEqual([]);
    const others = await two.take(2);
    expect(await two.end('release', others)).toEqual([]);
    await unknownOutcome(set, 'update', 1);
    expect(await one.end('release', [a, b])).toEqual([{ index: 0, result: 'lost' }]);
  });

  it('a claim without an answer knows by its token what it has, with its true count', async () => {
    const { set, stage } = await ownStage();
    await stage.queue();
    await stage.publish('a', 'b');
    const consumer = await stage.consumer();
    await unknownOutcome(set, 'update', 1);
    const { deliveries } = await consumer.claim(10);
    expect(deliveries.map(({ message: { body }, deliveryCount }) => [body, deliveryCount])).toEqual([['a', 1], ['b', 1]]);
    await unknownOutcome(set, 'update', 1);
    const renewed = await consumer.renew(deliveries);
    expect(renewed.lost).toEqual([]);
    expect(await consumer.ack(...deliveries)).toEqual([]);
  });

  it('what is released goes back to its place, also after a retry', async () => {
    const stage = await openStage();
    await stage.queue();
    await stage.publish('a');
    const consumer = await stage.consumer();
    const place = (await stage.pointers.findOne())?.at;
    await consumer.end('retry', [await consumer.takeOne()], { delayMs: 20 });
    await stage.publish('b');
    await consumer.end('release', [await consumer.takeOne(), await consumer.takeOne()]);
    expect(bodies(await consumer.take(2))).toEqual(['a', 'b']);
    expect((await stage.pointers.findOne({ n: 2 }))?.was).toEqual(place);
  });

  it('retries with delays of their own go out together, each with its own, by the policy of now', async () => {
    const stage = await openStage();
    await stage.queue();
    await stage.publish('a', 'b', 'c');
    const consumer = await stage.consumer();
    const held = await consumer.take(3);
    const commands = await stage.commandsOf(async () => {
      await consumer.settle(...held.map(({ token }, index) => ({ token, action: 'retry' as const, delayMs: 100_000 * (index + 1) })));
    });
    // Once more the policy is read where somebody is told late of the change that made the subscription.
    expect(commands).toContain('cw_topics query');
    expect(commands.filter((one) => one.startsWith('cw_deliv'))).toEqual(['cw_deliv update']);
    const at = (await stage.pointers.find().sort({ q: 1 }).toArray()).map((pointer) => pointer.at.getTime());
    expect(at.map((time) => time - (at[0] ?? 0))).toEqual([0, 100_000, 200_000]);
  });

  it('a dead letter has the message, and nothing of its life', async () => {
    const stage = await openStage();
    await stage.queue();
    await stage.publish({ body: '$not.an.expression', headers: { '$where': '1', 'a.b': '$$NOW' }, key: '$k', codec: 'json' });
    const consumer = await stage.consumer();
    await consumer.end('leak', [await consumer.takeOne()]);
    await consumer.end('dead-letter', [await consumer.takeOne()], { failure: { reason: '$reason', description: '$$ROOT', errors: ['$a'] } });
    const dead = await stage.pointers.findOne({ st: 1 });
    expect(dead).toMatchObject({ b: '$not.an.expression', h: ['$where', '1', 'a.b', '$$NOW'], k: '$k', c: 'json', n: 2, deaths: [{ n: 2, r: '$reason', d: '$$ROOT', e: ['$a'] }] });
    for (const field of ['tok', 'l', 'lk', 'was', 'sch']) expect(dead).not.toHaveProperty(field);
  });

  it('what a consumer gives back while nobody here waits wakes whoever waits elsewhere', async () => {
    const database = freshDatabase();
    const [one, two] = [await openStage({ database }), await openStage({ database })];
    await one.queue();
    await one.publish('a');
    const consumer = await one.consumer();
    const held = await consumer.takeOne();
    const timers = vi.spyOn(two.context.runtime, 'at');
    const waiting = (await two.consumer()).claim();
    // It has looked, and sets the time of its next look.
    await expect.poll(() => timers.mock.calls.some(([time]) => time - Date.now() > 3_000 && time - Date.now() < 6_000), { interval: 10, timeout: 20_000 }).toBe(true);
    const since = performance.now();
    await consumer.end('release', [held]);
    expect(bodies((await waiting).deliveries)).toEqual(['a']);
    // It would look by itself after four seconds or more.
    expect(performance.now() - since).toBeLessThan(3_000);
  });
});
