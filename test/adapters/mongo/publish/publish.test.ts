import { expect, it } from 'vitest';
import { describeMongo } from '../../../support/mongo/shared.js';
import { ask, looker, message, openDesk, orders } from '../topics/support.js';

describeMongo('publishing to MongoDB', () => {
  it('stores a batch in order and answers the ids of its documents', async () => {
    const desk = await openDesk();
    const receipts = await desk.publish('a', 'b', 'c');
    const { log } = looker(desk.database);
    expect((await log()).map(({ b }) => b)).toEqual(['a', 'b', 'c']);
    expect(receipts.map(({ id }) => id)).toEqual((await log()).map(({ _id }) => _id));
    expect(receipts.map(({ id }) => id)).toEqual(receipts.map(({ id }) => id).sort());
  });

  it('makes a pointer for every subscription that is there', async () => {
    const desk = await openDesk();
    await desk.topic();
    await desk.subscribe('one');
    await desk.subscribe('two');
    await desk.publish('a', 'b');
    const { waiting, pointers } = looker(desk.database);
    expect([await waiting('one'), await waiting('two')]).toEqual([['a', 'b'], ['a', 'b']]);
    expect(await pointers()).toHaveLength(4);
  });

  it('keeps calls that do not wait for each other in their order, whatever shares a trip', async () => {
    const desk = await openDesk();
    await desk.topic();
    await desk.subscribe('one');
    const bodies = Array.from({ length: 500 }, (_, index) => `m${index}`);
    const calls: Promise<unknown>[] = [];
    for (const [index, body] of bodies.entries()) {
      calls.push(desk.publish(body));
      if (index % 30 === 0) await new Promise(setImmediate);
    }
    await Promise.all(calls);
    expect(await looker(desk.database).bodies()).toEqual(bodies);
    expect(await looker(desk.database).waiting('one')).toEqual(bodies);
  });

  it('carries what was published in one turn in one trip', async () => {
    const desk = await openDesk();
    await desk.publish('first');
    const { topic, log } = looker(desk.database);
    await Promise.all(Array.from({ length: 100 }, (_, index) => desk.publish(`m${index}`)));
    expect((await topic())?.took).toBe(100);
    expect((await log()).map(({ b }) => b)).toEqual(['first', ...Array.from({ length: 100 }, (_, index) => `m${index}`)]);
  });

  it('keeps the fields of a message beside its body, and no others', async () => {
    const desk = await openDesk();
    await desk.publish(message('a', { key: 'k', headers: { h: '1', '$x.y': '\0' }, codec: 'cbor', ttlMs: 1_000 }), 'plain', message(Uint8Array.of(0, 255)));
    const [full, plain, binary] = await looker(desk.database).log();
    expect(Object.keys(full ?? {})).toEqual(['_id', 'f', 't', 'q', 'ts', 'b', 'h', 'c', 'k', 'x']);
    expect([full?.h, full?.c, full?.k, Number(full?.x) - Number(full?.ts)]).toEqual([['h', '1', '$x.y', '\0'], 'cbor', 'k', 1_000]);
    expect(Object.keys(plain ?? {})).toEqual(['_id', 'f', 't', 'q', 'ts', 'b']);
    expect(binary?.b).toMatchObject({ position: 2 });
  });

  it('a batch under a token that was seen is answered as before and not stored again', async () => {
    const desk = await openDesk();
    const first = await desk.publishAs('t', 'a', 'b');
    expect(await desk.publishAs('t', 'a', 'b')).toEqual(first);
    expect(await looker(desk.database).bodies()).toEqual(['a', 'b']);
  });

  it('a scheduled message is there at once and may be taken when it is due', async () => {
    const desk = await openDesk();
    await desk.topic();
    await desk.subscribe('one');
    const [receipt] = await desk.publish(message('later', { delayMs: 60_000, ttlMs: 50, key: 'k' }));
    const { log, pointers } = looker(desk.database);
    const [stored] = await log();
    expect([Number(stored?.ts), Number(stored?.x)]).toEqual([receipt?.dueAt, (receipt?.dueAt ?? 0) + 50]);
    expect(Number(stored?.ts) - Number(stored?.p)).toBe(60_000);
    expect(await pointers()).toMatchObject([{ at: stored?.ts, sch: true, k: 'k', n: 0, st: 0 }]);
  });

  it('a scheduled message is taken back once, with its pointers', async () => {
    const desk = await openDesk();
    await desk.topic();
    await desk.subscribe('one');
    const [receipt] = await desk.publish(message('later', { delayMs: 60_000 }));
    const cancel = (): Promise<boolean> => ask(desk.publisher.cancelScheduled(orders, receipt?.id ?? ''));
    expect([await cancel(), await cancel()]).toEqual([true, false]);
    expect([await looker(desk.database).log(), await looker(desk.database).pointers()]).toEqual([[], []]);
  });

  it('a message that is not scheduled, or due in a moment, is not taken back', async () => {
    const desk = await openDesk();
    const receipts = await desk.publish('now', message('soon', { delayMs: 5 }));
    for (const { id } of receipts) expect(await ask(desk.publisher.cancelScheduled(orders, id))).toBe(false);
    expect(await ask(desk.publisher.cancelScheduled(orders, 'no-such-id'))).toBe(false);
    expect(await looker(desk.database).log()).toHaveLength(2);
  });

  it('a body that one document cannot hold is refused, and nobody else is', async () => {
    const desk = await openDesk();
    await desk.topic();
    const large = desk.publish('x'.repeat(17_000_000));
    const small = desk.publish('small');
    await expect(large).rejects.toMatchObject({ code: 'PAYLOAD_TOO_LARGE' });
    await small;
    expect(await looker(desk.database).bodies()).toEqual(['small']);
  });
});
