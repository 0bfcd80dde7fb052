import { firstValueFrom, Subject } from 'rxjs';
import { expect, it, onTestFinished } from 'vitest';
import type { HotCollection } from '../../../../src/adapters/mongo/connection/store.js';
import { startReplicaSet } from '../../../support/mongo/replica-set.js';
import { describeMongo } from '../../../support/mongo/shared.js';
import { looker, message, openDesk, orders, type Desk } from '../topics/support.js';
import { around, broken, is, stopped, type Call } from '../topics/wrapped.js';

const once = message('once', { idempotencyKey: 'i' });

/** The first call that fits is carried out, and its answer lost. */
function losesAnswer(fits: (call: Call) => boolean): Parameters<typeof around>[0] {
  let isLost = false;
  return { after: (call) => {
    if (isLost || !fits(call)) return;
    isLost = true;
    throw broken();
  } };
}

async function prepared(desk: Desk): Promise<void> {
  await desk.topic();
  await desk.subscribe('one');
}

describeMongo('publishing to MongoDB when something fails', () => {
  const writes: readonly [HotCollection, string][] = [['cw_topics', 'findOneAndUpdate'], ['cw_log', 'insertMany'], ['cw_deliv', 'insertMany']];

  it.each(writes.flatMap(([collection, method]) => [[collection, method, 'without'] as const, [collection, method, 'with'] as const]))('%s.%s whose answer is lost is repeated under the same ids, %s idempotency keys', async (collection, method, keys) => {
    const setUp = await openDesk();
    await prepared(setUp);
    const desk = await openDesk({ database: setUp.database, wrap: around(losesAnswer(is(collection, method))) });
    const receipts = await desk.publish(...(keys === 'with' ? [once, 'b'] : ['a', 'b']));
    expect(receipts.map(({ duplicate }) => duplicate)).toEqual([false, false]);
    const { log, pointers } = looker(desk.database);
    expect((await log()).map(({ _id }) => _id)).toEqual(receipts.map(({ id }) => id));
    expect((await pointers()).map(({ m }) => m)).toEqual(receipts.map(({ id }) => id));
  });

  it.each([['cw_topics', 'findOneAndUpdate'], ['cw_deliv', 'insertMany'], ['cw_log', 'insertMany']] as const)('a process that ends right after %s.%s has published once or not at all, and whoever tries again stores it once', async (collection, method) => {
    const setUp = await openDesk();
    await prepared(setUp);
    const reached = new Subject<undefined>();
    const isReached = firstValueFrom(reached);
    const dying = await openDesk({ database: setUp.database, wrap: around({ after: async (call) => {
      if (!is(collection, method)(call)) return;
      reached.next(undefined);
      await stopped();
    } }) });
    dying.publish(once).catch(() => undefined);
    await isReached;
    const [receipt] = await setUp.publish(once);
    const { log, pointers } = looker(setUp.database);
    const stored = await log();
    expect(stored.map(({ _id }) => _id)).toEqual([receipt?.id]);
    // Others lead nowhere, and nobody is handed what has no message.
    expect((await pointers()).filter(({ m }) => m === receipt?.id)).toHaveLength(1);
    expect(receipt?.duplicate).toBe(collection === 'cw_log');
  });

  it('with an idempotency key no message is ever there without its pointers', async () => {
    const setUp = await openDesk();
    await prepared(setUp);
    const { pointers } = looker(setUp.database);
    const seen: number[] = [];
    const desk = await openDesk({ database: setUp.database, wrap: around({ before: async (call) => { if (is('cw_log', 'insertMany')(call)) seen.push((await pointers()).length); } }) });
    await desk.publish(once, 'b');
    expect(seen).toEqual([2]);
  });

  it('who was stopped for long between the two makes the pointers anew', async () => {
    const setUp = await openDesk();
    await prepared(setUp);
    let now = 0;
    const desk = await openDesk({ database: setUp.database, wrap: around({ after: async (call) => {
      if (!is('cw_deliv', 'insertMany')(call) || now > 0) return;
      // Ten minutes later nobody waits for the message any more.
      await looker(setUp.database).db.collection('cw_deliv').deleteMany({});
      now = 600_000;
    } }), clock: (real) => real + now, deadlineMs: 3_600_000 });
    await desk.publish(once);
    expect(await looker(setUp.database).waiting('one')).toEqual(['once']);
  });

  it('what of unknown outcome is completed by whoever sends it again under its token', async () => {
    const setUp = await openDesk();
    await prepared(setUp);
    let isDown = true;
    const desk = await openDesk({ database: setUp.database, deadlineMs: 300, wrap: around({ before: (call) => { if (isDown && call.method === 'insertMany') throw broken(); } }) });
    const calls = [desk.publishAs('t', 'a', 'b'), desk.publishAs('u', 'c')];
    for (const call of calls) await expect(call).rejects.toMatchObject({ code: 'LINK_LOST' });
    await setUp.subscribe('later');
    isDown = false;
    const again = await Promise.all([desk.publishAs('t', 'a', 'b'), desk.publishAs('u', 'c')]);
    const { log, waiting } = looker(setUp.database);
    expect((await log()).map(({ _id }) => _id)).toEqual(again.flat().map(({ id }) => id));
    expect([await waiting('one'), await waiting('later')]).toEqual([['a', 'b', 'c'], ['a', 'b', 'c']]);
    expect(await desk.publishAs('t', 'a', 'b')).toEqual(again[0]);
  });

  it('what was not stored for certain is sent anew by whoever sends it again', async () => {
    const desk = await openDesk();
    await desk.topic(orders, { maxStreamLen: 1 });
    await desk.subscribe('one');
    await desk.publish('a');
    await expect(desk.publishAs('t', 'b')).rejects.toMatchObject({ code: 'TOPIC_FULL' });
    await looker(desk.database).settle('one', 1);
    expect(await desk.publishAs('t', 'b')).toMatchObject([{ duplicate: false }]);
    expect(await looker(desk.database).waiting('one')).toEqual(['b']);
  });

  it('who closes while it publishes is told so, and errors show no payload', async () => {
    const setUp = await openDesk();
    await prepared(setUp);
    const desk = await openDesk({ database: setUp.database, wrap: around({ before: async (call) => { if (is('cw_log', 'insertMany')(call)) await stopped(); } }) });
    const call = desk.publish('secret');
    await expect.poll(() => looker(setUp.database).pointers()).toHaveLength(1);
    desk.publisher.close();
    await expect(call).rejects.toMatchObject({ code: 'CLOSED' });
    await expect(desk.publish('secret')).rejects.toMatchObject({ code: 'CLOSED' });
    expect(JSON.stringify(await call.catch((error: unknown) => error))).not.toContain('secret');
  });

  it.each([1, 3] as const)('what was acknowledged is there after the primary of a set of %i was killed, each message once, with its pointer', async (members) => {
    const set = await startReplicaSet({ members });
    onTestFinished(() => set.stop());
    const desk = await openDesk({ database: 'crash', connection: { uri: set.uri } });
    await prepared(desk);
    const acked: string[] = [];
    let isOver = false;
    const publishing = Array.from({ length: 8 }, async (_, caller) => {
      for (let at = 0; !isOver; at += 1) for (const { id } of await desk.publish(`${caller}/${at}`, message(`k${caller}/${at}`, { idempotencyKey: `${caller}/${at}` }))) acked.push(id);
    });
    const more = async (): Promise<void> => {
      const before = acked.length;
      await expect.poll(() => acked.length, { timeout: 20_000 }).toBeGreaterThan(before + 150);
    };
    await more();
    if (members === 3) await set.killPrimary();
    else {
      const member = await set.primary();
      await member.kill9();
      await member.restart();
    }
    await more();
    isOver = true;
    await Promise.all(publishing);
    const { log, pointers } = looker('crash', set.uri);
    const stored = (await log()).map(({ _id, b }) => ({ _id, b }));
    expect(new Set(acked).size).toBe(acked.length);
    expect(stored.map(({ _id }) => _id).sort()).toEqual([...acked].sort());
    expect(new Set(stored.map(({ b }) => b)).size).toBe(stored.length);
    expect((await pointers()).map(({ m }) => m).sort()).toEqual([...acked].sort());
  });
});
