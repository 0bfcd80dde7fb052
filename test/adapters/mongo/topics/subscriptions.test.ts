import { firstValueFrom, ReplaySubject, Subject } from 'rxjs';
import { expect, it } from 'vitest';
import { Janitor } from '../../../../src/adapters/mongo/topics/janitor.js';
import { describeMongo } from '../../../support/mongo/shared.js';
import { ask, looker, message, openDesk, orders } from './support.js';
import { around, is } from './wrapped.js';

describeMongo('subscriptions in MongoDB', () => {
  it('begins with what it was told to begin with', async () => {
    const desk = await openDesk();
    await desk.publish('a', message('b', { key: 'k', ttlMs: 60_000 }));
    await looker(desk.database).db.collection('cw_log').updateMany({}, [{ $set: { ts: { $subtract: ['$ts', 1_000] } } }]);
    const [, b] = await looker(desk.database).log();
    await desk.publish('c');
    const [, , c] = await looker(desk.database).log();
    await desk.subscribe('all');
    await desk.subscribe('none', {}, { startFrom: 'latest' });
    await desk.subscribe('from', {}, { startFrom: { from: Number(c?.ts) } });
    await desk.subscribe('future', {}, { startFrom: { from: Date.now() + 60_000 } });
    await desk.publish('d');
    const { waiting, pointers } = looker(desk.database);
    expect([await waiting('all'), await waiting('none'), await waiting('from'), await waiting('future')]).toEqual([['a', 'b', 'c', 'd'], ['d'], ['c', 'd'], ['d']]);
    expect((await pointers()).find(({ m }) => m === b?._id)).toMatchObject({ k: 'k', x: b?.x, st: 0, n: 0, at: b?.ts, q: 2 });
  });

  it('gets what is scheduled, wherever it begins', async () => {
    const desk = await openDesk();
    await desk.publish('now', message('later', { delayMs: 60_000 }));
    await desk.subscribe('late', {}, { startFrom: 'latest' });
    const { waiting, pointers } = looker(desk.database);
    expect(await waiting('late')).toEqual(['later']);
    expect(await pointers()).toMatchObject([{ sch: true }]);
  });

  it('gets what was being published while it was made', async () => {
    const desk = await openDesk();
    await desk.topic();
    const bodies = Array.from({ length: 600 }, (_, index) => `m${index}`);
    const publishing = (async () => { for (let at = 0; at < bodies.length; at += 20) await Promise.all(bodies.slice(at, at + 20).map((body) => desk.publish(body))); })();
    const other = await openDesk({ database: desk.database });
    const made: Promise<unknown>[] = [];
    for (let index = 0; index < 10; index += 1) {
      made.push(other.subscribe(`s${index}`));
      await new Promise(setImmediate);
    }
    await Promise.all([publishing, ...made]);
    const { waiting } = looker(desk.database);
    for (let index = 0; index < 10; index += 1) expect(await waiting(`s${index}`)).toHaveLength(600);
  });

  it('of many that make it at once one does, and all come back when it has its messages', async () => {
    const desk = await openDesk();
    await desk.publish(...Array.from({ length: 500 }, (_, index) => `m${index}`));
    const other = await openDesk({ database: desk.database });
    const { pointers } = looker(desk.database);
    const made = await Promise.all(Array.from({ length: 10 }, async (_, index) => {
      const answer = await (index % 2 === 0 ? desk : other).subscribe('one');
      expect(await pointers()).toHaveLength(500);
      return answer;
    }));
    expect(made.filter(({ created }) => created)).toHaveLength(1);
  });

  it('gets what had its place before it was made, and is stored after', async () => {
    const other = await openDesk();
    await other.topic();
    const isPlaced = new Subject<undefined>();
    const goOn = new ReplaySubject<undefined>(1);
    const placed = firstValueFrom(isPlaced);
    const desk = await openDesk({ database: other.database, wrap: around({ before: async (call) => {
      if (!is('cw_log', 'insertMany')(call)) return;
      isPlaced.next(undefined);
      await firstValueFrom(goOn);
    } }) });
    const publishing = desk.publish('a');
    await placed;
    await other.subscribe('one');
    goOn.next(undefined);
    await publishing;
    await expect.poll(() => looker(desk.database).waiting('one'), { timeout: 10_000 }).toEqual(['a']);
  });

  it('whoever comes second waits until the first has made its pointers', async () => {
    const goOn = new ReplaySubject<undefined>(1);
    const maker = await openDesk({ wrap: around({ before: async (call) => {
      if (is('cw_topics', 'updateOne')(call) && '$unset' in Object(call.args[1])) await firstValueFrom(goOn);
    } }) });
    await maker.publish('a');
    let looks = 0;
    let isThere = false;
    const second = await openDesk({ database: maker.database, wrap: around({ before: (call) => { if (is('cw_topics', 'findOne')(call)) looks += 1; } }) });
    const made = maker.subscribe('one');
    await expect.poll(async () => (await looker(maker.database).topic())?.subs.length).toBe(1);
    const joined = second.subscribe('one').then(() => { isThere = true; });
    await expect.poll(() => looks).toBeGreaterThan(4);
    expect(isThere).toBe(false);
    goOn.next(undefined);
    await Promise.all([made, joined]);
  });

  it('is completed by whoever comes where its maker ended half-way', async () => {
    const desk = await openDesk();
    await desk.publish('a', 'b');
    await desk.subscribe('one');
    const { db, waiting, settle, topic } = looker(desk.database);
    await settle('one', 2);
    await db.collection('cw_topics').updateOne({ name: 'orders' }, { $set: { 'subs.0.fill': { from: new Date(0), at: new Date(Date.now() - 60_000) } } });
    expect((await desk.directory.subscription({ ...orders, subscription: 'one' }))?.fill).toBeUndefined();
    expect(await waiting('one')).toEqual(['a', 'b']);
    expect((await topic())?.subs[0]).not.toHaveProperty('fill');
  });

  it('changes of its policy count versions, wake consumers and are told once', async () => {
    const conversions: string[] = [];
    const desk = await openDesk({ convertOrder: async (_context, { policy }, from, to) => { conversions.push(`${from} ${to} ${policy.order}`); } });
    await desk.topic();
    await desk.subscribe('one');
    const before = (await looker(desk.database).topic())?.poke;
    await desk.subscribe('one', { maxDeliveries: 9 });
    await desk.subscribe('one', { maxDeliveries: 9 });
    await desk.subscribe('one', { order: 'key' });
    const topic = await looker(desk.database).topic();
    expect([topic?.subs[0]?.v, topic?.subs[0]?.p.md, topic?.poke === before]).toEqual([3, 9, false]);
    expect(desk.events.map(({ type }) => type)).toEqual(['policy-changed', 'policy-changed']);
    expect(conversions).toEqual(['none key key']);
    await expect(desk.subscribe('one', { order: 'none' }, { onConflict: 'error' })).rejects.toMatchObject({ code: 'POLICY_CONFLICT' });
  });

  it('no change is lost where many change it at once', async () => {
    const desk = await openDesk();
    const other = await openDesk({ database: desk.database });
    await desk.topic();
    await desk.subscribe('one');
    await Promise.all([desk.subscribe('one', { maxDeliveries: 7 }), other.subscribe('one', { visibilityTimeoutMs: 77 }), other.subscribe('one', { order: 'key' }), desk.subscribe('two')]);
    expect((await looker(desk.database).topic())?.subs).toMatchObject([{ v: 4, p: { md: 7, vt: 77, or: 'key' } }, { v: 1 }]);
  });

  it('a deleted one takes its pointers with it, and one that is made again has nothing of it', async () => {
    const desk = await openDesk();
    await desk.topic();
    await desk.subscribe('one');
    await desk.subscribe('two');
    await desk.publish('a');
    const one = { ...orders, subscription: 'one' };
    expect([await ask(desk.directory.deleteSubscription(one)), await ask(desk.directory.deleteSubscription(one))]).toEqual([true, false]);
    const { waiting, pointers } = looker(desk.database);
    expect([await waiting('two'), await pointers()]).toMatchObject([['a'], [{ q: 1 }]]);
    await desk.subscribe('one', {}, { startFrom: 'latest' });
    expect(await waiting('one')).toEqual([]);
  });

  it('an ephemeral one ends with its last consumer', async () => {
    const desk = await openDesk();
    await desk.topic();
    await desk.subscribe('passing', {}, { ephemeral: true, startFrom: 'latest' });
    const ref = { ...orders, subscription: 'passing' };
    const record = await desk.directory.subscription(ref);
    if (record === undefined) throw new Error('it is there');
    for (const consumer of ['c1', 'c2', 'c1']) expect(await desk.directory.seen(record, consumer)).toBe(true);
    expect([...(await desk.directory.subscription(ref))?.consumers.keys() ?? []].sort()).toEqual(['c1', 'c2']);
    await desk.directory.left(record, 'c1');
    expect(await desk.directory.subscription(ref)).toBeDefined();
    await desk.directory.left(record, 'c2');
    expect(await desk.directory.subscription(ref)).toBeUndefined();
    expect(await desk.directory.seen(record, 'c2')).toBe(false);
  });

  it('an ephemeral one whose processes ended without a word goes after a while, a durable one never', async () => {
    const desk = await openDesk();
    await desk.topic();
    await desk.subscribe('durable', { visibilityTimeoutMs: 1 });
    await desk.subscribe('passing', { visibilityTimeoutMs: 1 }, { ephemeral: true });
    const record = await desk.directory.subscription({ ...orders, subscription: 'passing' });
    if (record === undefined) throw new Error('it is there');
    await desk.directory.seen(record, 'c1');
    await new Janitor(desk.context, desk.directory).sweep(orders);
    expect((await looker(desk.database).topic())?.subs).toHaveLength(2);
    const longAgo = new Date(Date.now() - 120_000);
    await looker(desk.database).db.collection('cw_topics').updateMany({}, { $set: { 'subs.$[].at': longAgo } });
    await new Janitor(desk.context, desk.directory).sweep(orders);
    expect((await looker(desk.database).topic())?.subs).toHaveLength(2);
    await looker(desk.database).db.collection('cw_topics').updateMany({}, { $set: { 'subs.1.in.0.at': longAgo } });
    await new Janitor(desk.context, desk.directory).sweep(orders);
    expect((await looker(desk.database).topic())?.subs).toMatchObject([{ name: 'durable' }]);
  });

  it('what was left of topics and subscriptions that are gone is cleared, and nothing else', async () => {
    const desk = await openDesk();
    await desk.topic();
    await desk.subscribe('one');
    await desk.publish('a');
    const { db, log, pointers } = looker(desk.database);
    const before = [await log(), await pointers()];
    await db.collection<{ _id: string }>('cw_log').insertOne({ _id: 'gone-1', ...{ t: 'gone', q: 1 } });
    await db.collection<{ _id: string }>('cw_deliv').insertOne({ _id: 'past:1', ...{ s: 'past', t: 'gone', q: 1 } });
    await new Janitor(desk.context, desk.directory).sweepRemains();
    expect([await log(), await pointers()]).toEqual(before);
  });
});
