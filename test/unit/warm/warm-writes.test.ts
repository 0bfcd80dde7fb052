import { describe, expect, test } from 'vitest';
import { ChronowError } from '../../../src/errors.js';
import { WarmScene, key } from './support.js';

const down = (): ChronowError => new ChronowError('LINK_LOST', 'planted', { retryable: true });

describe('copies in the warm tier', () => {
  test('are made where they are asked for, and nowhere else', () => {
    const scene = new WarmScene();
    scene.set(1, false);
    expect(scene.calls).toEqual([]);
    scene.set(2);
    expect([scene.calls, scene.history, scene.cw.shared.warmCounts]).toEqual([['saveValue'], [2], { waiting: 0, saved: 1, retried: 0, failed: 0, rewarmed: 0 }]);
  });

  test('follow the configuration where a call says nothing', () => {
    const scene = new WarmScene({ warm: { persist: true, upsertStrategy: 'append', maxVersions: 2 } });
    for (const value of [1, 2, 3]) scene.cw.shared.set$('k', value).subscribe();
    expect(scene.history).toEqual([3, 2]);
  });

  test('that fail do not fail the call, are tried again with growing delays, counted and shown', () => {
    const scene = new WarmScene();
    scene.error = down();
    const { answer } = scene.set('a');
    expect(answer).toBeGreaterThan(0);
    scene.runtime.advance(700);
    expect(scene.calls.length).toBeGreaterThan(2);
    expect(scene.calls.length).toBeLessThan(6);
    expect(scene.cw.shared.warmCounts).toMatchObject({ waiting: 1, saved: 0, retried: scene.calls.length, failed: 0 });
    expect(scene.events[0]).toMatchObject({ type: 'warm-retried', work: 'value', of: key, attempt: 1, error: { code: 'LINK_LOST' } });
    scene.error = undefined;
    scene.runtime.advance(60_000);
    expect([scene.history, scene.cw.shared.warmCounts.saved, scene.runtime.timers]).toEqual([['a'], 1, 0]);
  });

  test('that cannot be made are given up at once, with an event', () => {
    const scene = new WarmScene();
    scene.error = new ChronowError('PAYLOAD_UNENCODABLE', 'planted');
    scene.set('a');
    expect([scene.calls.length, scene.events]).toMatchObject([1, [{ type: 'warm-failed', work: 'value', attempts: 1, error: { code: 'PAYLOAD_UNENCODABLE' } }]]);
    expect(scene.cw.shared.warmCounts).toMatchObject({ waiting: 0, failed: 1 });
  });

  test('that fail with an error of nobody knows what are given up after ten attempts', () => {
    const scene = new WarmScene();
    scene.error = new TypeError('planted');
    scene.set('a');
    scene.runtime.advance(3_600_000);
    expect([scene.calls.length, scene.events.at(-1)]).toMatchObject([10, { type: 'warm-failed', attempts: 10 }]);
  });

  test('of one key stay in order, and of waiting latest ones only the newest is made', () => {
    const scene = new WarmScene();
    scene.hold();
    for (const value of [1, 2, 3]) scene.set(value);
    scene.release();
    expect([scene.calls.length, scene.history, scene.cw.shared.warmCounts]).toMatchObject([2, [3], { waiting: 0, saved: 2 }]);
  });

  test('of appended values are all made', () => {
    const scene = new WarmScene();
    scene.error = down();
    for (const value of [1, 2, 3]) scene.set(value, true, true);
    scene.error = undefined;
    scene.runtime.advance(1_000);
    expect(scene.history).toEqual([3, 2, 1]);
  });

  test('beyond ten thousand that wait are given up loudly', () => {
    const scene = new WarmScene();
    scene.hold();
    for (let index = 0; index < 10_001; index += 1) scene.set(index, true, true);
    expect(scene.events).toMatchObject([{ type: 'warm-failed', attempts: 0, error: { code: 'WARM_FAILED', details: { waiting: 10_000 } } }]);
  });

  test('that come late do not replace a newer one', () => {
    const scene = new WarmScene();
    scene.set('new');
    scene.store.saveValue({ key, body: '"old"', revision: 1, strategy: 'latest', retentionDays: undefined, maxVersions: undefined }).subscribe();
    scene.store.deleteValue(key, { revision: 1, keepHistory: false, retentionDays: undefined }).subscribe();
    expect(scene.history).toEqual(['new']);
  });
});

describe('a copy that is required', () => {
  test('is part of the call', () => {
    const scene = new WarmScene();
    scene.hold();
    const outcome = scene.set('a', 'required');
    expect([outcome.answer, scene.history]).toEqual([undefined, []]);
    scene.release();
    expect([Number(outcome.answer) > 0, scene.history]).toEqual([true, ['a']]);
  });

  test('fails the call after ten seconds, and is made nevertheless', () => {
    const scene = new WarmScene();
    scene.error = down();
    const outcome = scene.set('a', 'required');
    scene.runtime.advance(9_999);
    expect(outcome.answer).toBeUndefined();
    scene.runtime.advance(1);
    expect(outcome.answer).toBe('WARM_FAILED');
    scene.error = undefined;
    scene.runtime.advance(60_000);
    expect(scene.history).toEqual(['a']);
  });

  test('fails the call at once where it cannot be made', () => {
    const scene = new WarmScene();
    scene.error = new ChronowError('PAYLOAD_UNENCODABLE', 'planted');
    expect(scene.set('a', 'required').answer).toBe('WARM_FAILED');
  });

  test('is done where a newer one took its place', () => {
    const scene = new WarmScene();
    scene.hold();
    const outcomes = [1, 2, 3].map((value) => scene.set(value, 'required'));
    scene.release();
    expect(outcomes.map(({ answer }) => Number(answer) > 0)).toEqual([true, true, true]);
  });
});

describe('the end of the client', () => {
  test('waits for copies that are on their way', async () => {
    const scene = new WarmScene();
    scene.error = down();
    scene.set('a');
    const closed = scene.cw.close();
    scene.error = undefined;
    scene.runtime.advance(1_000);
    await closed;
    expect(scene.runtime.timers).toBe(0);
  });

  test('gives them up loudly at the deadline', async () => {
    const scene = new WarmScene();
    scene.error = down();
    scene.set('a');
    const closed = scene.cw.close({ deadlineMs: 5_000 });
    scene.runtime.advance(6_000);
    await closed;
    expect(scene.events.at(-1)).toMatchObject({ type: 'warm-failed', work: 'value', error: { code: 'CLOSED' } });
    expect(scene.runtime.timers).toBe(0);
  });
});
