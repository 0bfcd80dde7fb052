import { describe, expect, test } from 'vitest';
import { CrashScene } from './crash-scene.js';

/** Longer than a record is its owner's, and than the next look. */
const longEnough = 40_000;

describe('messages whose process was killed before their copies were made', () => {
  test('are copied by another process, as they were published, once', () => {
    const scene = new CrashScene();
    const one = scene.start();
    one.isCutOff = true;
    one.publish('a', 'b');
    one.kill();
    const other = scene.start();
    scene.runtime.advance(longEnough);
    expect(scene.copies).toEqual(scene.log);
    expect(scene.copies).toMatchObject([{ body: '"a"', headers: { type: 'x' }, key: 'a', publishedAt: 1_000_000 }, { body: '"b"' }]);
    expect([other.writes, other.missing, scene.records]).toEqual([['saveMessages 2'], [], []]);
  });

  test('are copied where it died between the write and its answer', () => {
    const scene = new CrashScene();
    const one = scene.start();
    one.publish('first');
    scene.runtime.advance(1_000);
    // Covered, written, and never heard of again.
    scene.broker.publisher.publish({ topic: { tenantId: 'default', namespace: 'default', topic: 't' }, token: undefined, messages: [{ body: '"a"', headers: {} }] }).subscribe();
    one.kill();
    scene.start();
    scene.runtime.advance(longEnough);
    expect(scene.copies.map(({ body }) => body)).toEqual(['"first"', '"a"']);
  });

  test('are copied by one of several that look at the same time', () => {
    const scene = new CrashScene();
    const one = scene.start();
    one.isCutOff = true;
    one.publish('a');
    one.kill();
    const others = [scene.start(), scene.start(), scene.start()];
    scene.runtime.advance(longEnough * 3);
    expect(others.flatMap(({ writes }) => writes)).toEqual(['saveMessages 1']);
  });

  test('are left to who took the record first', () => {
    const scene = new CrashScene();
    const one = scene.start();
    one.isCutOff = true;
    one.publish('a');
    one.kill();
    scene.runtime.advance(25_000);
    const first = scene.start();
    first.deafenAt('get owed');
    scene.runtime.advance(15_000);
    expect(first.commands.at(-1)).toBe('get owed');
    const second = scene.start();
    scene.runtime.advance(longEnough);
    // It has read the record as it was before.
    first.hear();
    scene.runtime.advance(longEnough);
    expect([first.writes, second.writes, scene.records]).toEqual([[], ['saveMessages 1'], []]);
  });

  test('are copied by one alone, also where that takes longer than a record is anybody\'s', () => {
    const scene = new CrashScene();
    const one = scene.start();
    one.isCutOff = true;
    one.publish(...Array.from({ length: 1_000 }, (_, n) => n));
    one.kill();
    const others = [scene.start(), scene.start()];
    for (const other of others) other.warmTakesMs = 8_000;
    scene.runtime.advance(longEnough + 100_000);
    expect(others.flatMap(({ writes }) => writes).length).toBe(10);
    expect([scene.copies.length, scene.records]).toEqual([1_000, []]);
  });

  test('are copied by a third where the second dies over it', () => {
    const scene = new CrashScene();
    const one = scene.start();
    one.isCutOff = true;
    one.publish('a');
    one.kill();
    const second = scene.start();
    second.isCutOff = true;
    scene.runtime.advance(longEnough);
    expect(second.writes).toContain('saveMessages 1');
    expect(second.events.map(({ type }) => type)).toContain('warm-retried');
    second.kill();
    scene.start();
    scene.runtime.advance(longEnough);
    expect([scene.copies.length, scene.records]).toEqual([1, []]);
  });

  test('are copied however many they are', () => {
    const scene = new CrashScene();
    const one = scene.start();
    one.isCutOff = true;
    one.publish(...Array.from({ length: 1_234 }, (_, n) => n));
    one.kill();
    scene.start();
    scene.runtime.advance(longEnough);
    expect(new Set(scene.copies.map(({ id }) => id))).toEqual(new Set(scene.log.map(({ id }) => id)));
    expect(scene.copies.length).toBe(1_234);
  });

  test('that were scheduled are copied when they are due', () => {
    const scene = new CrashScene();
    const one = scene.start();
    one.isCutOff = true;
    one.cw.topic('t').publish$('later', { delayMs: 300_000 }).subscribe();
    one.kill();
    scene.start();
    scene.runtime.advance(longEnough);
    expect([scene.copies.length, scene.records]).toEqual([0, ['owing', 'owed']]);
    scene.runtime.advance(300_000 + longEnough);
    expect([scene.copies.map(({ body }) => body), scene.records]).toEqual([['"later"'], []]);
  });

  test('are told to be missing where the topic lost them meanwhile; what it has is copied', () => {
    const scene = new CrashScene();
    const one = scene.start();
    one.isCutOff = true;
    one.cw.topic('t', { maxStreamLen: 10 }).publish$('a').subscribe();
    one.publish('b');
    one.kill();
    scene.runtime.advance(1_000);
    scene.start({ warm: { persist: false } }).publish(...Array.from({ length: 9 }, (_, n) => n));
    expect(scene.log.map(({ body }) => body).slice(0, 2)).toEqual(['"b"', '0']);
    const other = scene.start();
    scene.runtime.advance(longEnough);
    expect(scene.copies[0]?.body).toBe('"b"');
    expect(other.events).toMatchObject([{ type: 'warm-missing', work: 'messages', of: { tenantId: 'default', namespace: 'default', topic: 't' }, from: 1_000_000, count: 'unknown', reason: 'trimmed' }]);
  });

  test('are told to be missing where the topic was deleted', () => {
    const scene = new CrashScene();
    const one = scene.start();
    one.isCutOff = true;
    one.publish('a');
    one.kill();
    const other = scene.start();
    void other.cw.bus.deleteTopic('t');
    scene.runtime.advance(longEnough);
    expect([other.missing, scene.records]).toEqual([[['messages', 't', 'unknown', 'gone']], []]);
  });

  test('are not said to be missing where the topic had nothing before them', () => {
    const scene = new CrashScene();
    const one = scene.start();
    one.isCutOff = true;
    scene.runtime.advance(500);
    one.publish('a');
    one.kill();
    const other = scene.start();
    scene.runtime.advance(longEnough);
    expect([other.missing, scene.copies.length]).toEqual([[], 1]);
  });

  test('of long before, which were copied, are not read again', () => {
    const scene = new CrashScene();
    const one = scene.start();
    for (let second = 0; second < 60; second += 1) {
      one.publish(second);
      scene.runtime.advance(1_000);
    }
    one.isCutOff = true;
    one.publish('a');
    one.kill();
    const other = scene.start();
    scene.runtime.advance(longEnough);
    expect(scene.copies.length).toBe(61);
    // Those of the last refresh, and of the margin for clocks.
    expect(Number(other.writes[0]?.split(' ')[1])).toBeLessThan(12);
  });
});

describe('values whose process was killed before their copies were made', () => {
  test('are copied at their revision', () => {
    const scene = new CrashScene();
    const one = scene.start();
    one.isCutOff = true;
    one.set('k', 'a');
    one.set('other', 'b');
    one.kill();
    const other = scene.start();
    scene.runtime.advance(longEnough);
    expect([scene.versions('k'), scene.versions('other'), other.missing, scene.records]).toEqual([['a'], ['b'], [], []]);
  });

  test('that were written again since are copied as they are now; of kept versions those between may be missing', () => {
    const scene = new CrashScene();
    const one = scene.start();
    one.isCutOff = true;
    one.set('k', 'a', true);
    one.set('k', 'b', true);
    one.kill();
    const other = scene.start();
    scene.runtime.advance(longEnough);
    expect([scene.versions('k'), other.missing]).toEqual([['b'], [['value', 'k', 'unknown', 'versions']]]);
  });

  test('that ended meanwhile are told to be missing', () => {
    const scene = new CrashScene();
    const one = scene.start();
    one.isCutOff = true;
    one.set('k', 'a', false, 10);
    one.kill();
    const other = scene.start();
    scene.runtime.advance(longEnough);
    expect([scene.versions('k'), other.missing]).toEqual([[], [['value', 'k', 1, 'gone']]]);
  });

  test('are left alone where it died before it wrote', () => {
    const scene = new CrashScene();
    const one = scene.start({ warm: { persist: false } });
    one.set('k', 'not asked for');
    scene.runtime.advance(60_000);
    one.cw.shared.set$('k', 'a', { warm: { persist: true }, expectedRevision: 1 }).subscribe({ error: () => undefined });
    one.kill();
    const other = scene.start();
    scene.runtime.advance(longEnough);
    expect([scene.versions('k'), other.missing, scene.records]).toEqual([[], [], []]);
  });

  test('are deleted in the warm tier where that was owed, though nobody reads them', () => {
    const scene = new CrashScene();
    const one = scene.start();
    one.set('k', 'a');
    one.set('closed', 'a', true);
    one.isCutOff = true;
    one.cw.shared.del$('k').subscribe();
    one.cw.shared.del$('closed', { tombstone: true }).subscribe();
    one.kill();
    const other = scene.start();
    scene.runtime.advance(longEnough);
    expect([scene.versions('k'), scene.versions('closed'), other.missing]).toEqual([[], ['closed', 'a'], []]);
  });

  test('are told to be more than were noted where they are too many', () => {
    const scene = new CrashScene();
    const one = scene.start();
    one.isCutOff = true;
    for (let n = 0; n < 1_005; n += 1) one.set(`k${n}`, n);
    one.kill();
    const other = scene.start();
    scene.runtime.advance(longEnough);
    expect([scene.versions('k999'), scene.versions('k1004'), other.missing]).toEqual([[999], [], [['value', undefined, 'unknown', 'too-many']]]);
  });
});
