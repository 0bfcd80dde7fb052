import { firstValueFrom } from 'rxjs';
import { describe, expect, test } from 'vitest';
import { memoryWarmStore } from '../../../src/adapters/memory/index.js';
import { Chronow } from '../../../src/chronow.js';
import { ChronowError } from '../../../src/errors.js';
import type { ChronowEvent } from '../../../src/events.js';
import { WarmScene, topic } from './support.js';

describe('copies of messages', () => {
  test('are made where publish asks for them', async () => {
    const scene = new WarmScene();
    await scene.cw.bus.publish('t', { n: 1 }, { persistWarmCopy: true, headers: { type: 'x' }, key: 'a' });
    await scene.cw.bus.publish('t', { n: 2 });
    await scene.cw.topic('t').publish({ n: 3 });
    expect(scene.messages).toEqual([{ n: 1 }]);
  });

  test('are what was published, under its id', async () => {
    const scene = new WarmScene();
    const id = await scene.cw.bus.publish('t', 1, { persistWarmCopy: true, headers: { type: 'x' }, key: 'a', ttlMs: 50 });
    scene.store.readMessages({ topic, from: 0, to: Infinity, max: 10 }).subscribe((found) => {
      expect(found).toEqual([{ id, body: '1', codec: undefined, headers: { type: 'x' }, key: 'a', publishedAt: scene.runtime.now(), expiresAt: scene.runtime.now() + 50 }]);
    });
  });

  test('follow the configuration for every publish, unless one says no', async () => {
    const scene = new WarmScene({ warm: { persist: true } });
    await scene.cw.topic('t').publish(1);
    await scene.cw.bus.publish('t', 2);
    await scene.cw.bus.publish('t', 3, { persistWarmCopy: false });
    await scene.cw.topic('t').publishBatch([{ payload: 4 }, { payload: 5 }]);
    expect([...scene.messages].sort()).toEqual([1, 2, 4, 5]);
  });

  test('that wait go together', () => {
    const scene = new WarmScene({ warm: { persist: true } });
    scene.hold();
    for (let n = 0; n < 250; n += 1) scene.cw.topic('t').publish$(n).subscribe();
    scene.release();
    expect([scene.messages.length, scene.calls]).toEqual([250, ['saveMessages 1', 'saveMessages 100', 'saveMessages 100', 'saveMessages 49']]);
  });

  test('that are required are part of the publish; the message is stored before', async () => {
    const scene = new WarmScene();
    scene.error = new ChronowError('PAYLOAD_UNENCODABLE', 'planted');
    await expect(scene.cw.bus.publish('t', 1, { persistWarmCopy: 'required', idempotencyKey: 'i' })).rejects.toMatchObject({ code: 'WARM_FAILED' });
    expect((await scene.cw.bus.stats('t')).length).toBe(1);
    scene.error = undefined;
    // The same again stores nothing twice, and makes the copy.
    await scene.cw.bus.publish('t', 1, { persistWarmCopy: 'required', idempotencyKey: 'i' });
    expect([(await scene.cw.bus.stats('t')).length, scene.messages]).toEqual([1, [1]]);
  });

  test('of dead letters are made where the configuration keeps things', () => {
    const scene = new WarmScene({ warm: { persist: true } });
    scene.cw.topic('t').publish$(1).subscribe();
    scene.cw.topic('t').subscription('s').subscribe((delivery) => { void delivery.deadLetter('Rejected'); });
    scene.runtime.advance(1_000);
    scene.store.deadLetters({ ...topic, subscription: 's' }).subscribe((records) => {
      expect(records).toMatchObject([{ message: { body: '1' }, subscription: 's', deliveryCount: 1, history: [{ reason: 'Rejected' }] }]);
    });
    expect(scene.calls).toContain('saveDeadLetter');
  });

  test('of dead letters are not made otherwise', () => {
    const scene = new WarmScene();
    scene.cw.topic('t').publish$(1).subscribe();
    scene.cw.topic('t').subscription('s').subscribe((delivery) => { void delivery.deadLetter('Rejected'); });
    scene.runtime.advance(1_000);
    expect(scene.calls).toEqual([]);
  });
});

describe('without a warm tier', () => {
  test('a copy is refused where it is required, before anything is stored, and else an event', async () => {
    const cw = await Chronow.init();
    const events: ChronowEvent[] = [];
    cw.events$.subscribe((event) => events.push(event));
    await expect(cw.bus.publish('t', 1, { persistWarmCopy: 'required' })).rejects.toMatchObject({ code: 'WARM_NOT_CONFIGURED' });
    await expect(cw.bus.stats('t')).rejects.toMatchObject({ code: 'TOPIC_NOT_FOUND' });
    await expect(cw.shared.set('k', 1, { warm: { persist: 'required' } })).rejects.toMatchObject({ code: 'WARM_NOT_CONFIGURED' });
    await expect(cw.shared.history('k')).rejects.toMatchObject({ code: 'WARM_NOT_CONFIGURED' });
    await cw.bus.publish('t', 1, { persistWarmCopy: true });
    await cw.shared.set('k', 1, { warm: { persist: true } });
    expect(events).toEqual([{ type: 'warm-not-configured', topic, key: undefined }, { type: 'warm-not-configured', topic: undefined, key: 'k' }]);
    await cw.close();
  });

  test('one can be given to the embedded backend', async () => {
    const warm = memoryWarmStore();
    const cw = await Chronow.init({ warm: { persist: 'required', deliveries: true } }, { warm });
    await cw.shared.set('k', 1, { warm: { persist: 'required' } });
    await cw.close();
    await expect(firstValueFrom(warm.loadValue({ ...topic, key: 'k' })), 'it is closed with the client').rejects.toMatchObject({ code: 'CLOSED' });
  });
});
