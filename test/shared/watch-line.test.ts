import { map } from 'rxjs';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { Chronow } from '../../src/chronow.js';
import { ChronowError } from '../../src/errors.js';
import { ScriptedWatch, see } from './support/scripted-watch.js';

const lost = (): ChronowError => new ChronowError('LINK_LOST', 'planted', { retryable: true });

describe('a watcher over a backend that takes its time', () => {
  test('shows nothing before the first read, and initial at once where it has one', () => {
    const back = new ScriptedWatch();
    const plain = see(back.cw.shared.watch('k')).log;
    const filled = see(back.cw.shared.watch('k', { initial: 100 })).log;
    expect([plain, filled, back.begun]).toEqual([[], [100], 1]);
    back.show(7, 250, 'resync');
    back.status('live');
    expect([plain, filled]).toEqual([[250], [100, 250]]);
  });

  test('takes a key for absent that the backend did not mention', () => {
    const back = new ScriptedWatch();
    const plain = see(back.cw.shared.watch('k')).log;
    const filled = see(back.cw.shared.watch('k', { initial: 100 })).log;
    back.status('live');
    expect([plain, filled]).toEqual([[undefined], [100]]);
  });

  test('begins one backend watch a key, and ends it after the grace', () => {
    const back = new ScriptedWatch();
    const [one, two] = [back.cw.shared.watch('k'), back.cw.shared.watch('k')];
    const seen = [see(one), see(one), see(two)];
    expect([back.begun, back.running]).toEqual([1, 1]);
    for (const { stop } of seen) stop();
    back.runtime.advance(999);
    see(one).stop();
    back.runtime.advance(999);
    expect([back.begun, back.running]).toEqual([1, 1]);
    back.runtime.advance(1);
    expect([back.begun, back.running, back.runtime.timers]).toEqual([1, 0, 0]);
    see(two);
    expect([back.begun, back.running]).toEqual([2, 1]);
  });

  test('shows nothing after the grace until it was read again, initial neither', () => {
    const back = new ScriptedWatch();
    const watch = back.cw.shared.watch('k', { initial: 100 });
    see(watch);
    back.show(1, 7, 'resync');
    back.status('live');
    const other = back.cw.shared.watch('k', { initial: 100 });
    expect([other.value, see(other).log]).toEqual([7, [7]]);
    const late = new ScriptedWatch();
    const again = late.cw.shared.watch('k', { initial: 100 });
    const first = see(again);
    late.show(1, 7, 'resync');
    late.status('live');
    first.stop();
    late.runtime.advance(1_000);
    const { log } = see(again);
    expect([log, again.value, again.stale]).toEqual([[], 7, true]);
    late.show(1, 7, 'resync');
    late.status('live');
    expect([log, again.stale]).toEqual([[7], false]);
  });

  test('keeps its last value while the line is down, and shows the newest after it', () => {
    const back = new ScriptedWatch();
    const watch = back.cw.shared.watch<number>('k');
    const { log } = see(watch);
    const states = see(watch.status$.pipe(map(({ status }) => status))).log;
    const changes = see(watch.changes$).log;
    back.show(1, 1, 'resync');
    back.status('live');
    back.status('stale');
    expect([log, watch.value, watch.stale]).toEqual([[1], 1, true]);
    back.status('syncing');
    back.show(5, 5, 'resync');
    back.status('live');
    expect([log, watch.stale, states]).toEqual([[1, 5], false, ['syncing', 'live', 'stale', 'syncing', 'live']]);
    expect(changes).toEqual([{ old: 1, new: 5, revision: 5, cause: 'resync' }]);
  });

  test('shows nothing twice that a resync finds unchanged', () => {
    const back = new ScriptedWatch();
    const { log } = see(back.cw.shared.watch('k'));
    for (let round = 0; round < 3; round += 1) {
      back.show(4, 'v', 'resync');
      back.status('live');
      back.status('stale');
    }
    expect(log).toEqual(['v']);
  });

  test('shows the end of a key that the store has lost, and never an older revision', () => {
    const back = new ScriptedWatch();
    const watch = back.cw.shared.watch('k');
    const { log } = see(watch);
    back.show(9, 'v', 'resync');
    back.status('live');
    back.show(3, 'old');
    expect(log).toEqual(['v']);
    back.status('stale');
    back.status('live');
    expect([log, watch.revision]).toEqual([['v', undefined], 9]);
    back.show(10, 'w');
    expect(log).toEqual(['v', undefined, 'w']);
  });

  test('begins again by itself where the backend fails for a while', () => {
    const back = new ScriptedWatch();
    const watch = back.cw.shared.watch('k');
    const { log } = see(watch);
    const states = see(watch.status$).log;
    back.show(1, 1, 'resync');
    back.status('live');
    back.fail(lost());
    expect(states.at(-1)).toMatchObject({ status: 'stale', error: { code: 'LINK_LOST' } });
    back.runtime.advance(10_000);
    back.show(2, 2, 'resync');
    back.status('live');
    expect([log, back.begun, back.running, watch.stale]).toEqual([[1, 2], 2, 1, false]);
  });

  test('errors with what cannot be mended, and can be subscribed again', () => {
    const back = new ScriptedWatch();
    const watch = back.cw.shared.watch('k');
    const { log } = see(watch);
    back.fail(new ChronowError('UNKNOWN_TENANT', 'planted'));
    expect(log).toEqual(['!', 'UNKNOWN_TENANT']);
    see(watch);
    expect(back.begun).toBe(2);
  });

  test('knows what it wrote before the backend shows it, and shows the writes of others in between in their place', () => {
    const back = new ScriptedWatch();
    const watch = back.cw.shared.watch<number>('k');
    const { log } = see(watch);
    back.show(1, 1, 'resync');
    back.status('live');
    let revision = 0;
    watch.set$(3).subscribe((answer) => { revision = answer; });
    back.done(3);
    expect([revision, watch.value, watch.revision, log]).toEqual([3, 3, 3, [1]]);
    const late = see(watch).log;
    back.show(2, 2);
    back.show(3, 3);
    back.show(4, 4);
    expect([log, late]).toEqual([[1, 2, 3, 4], [3, 4]]);
  });
});

describe('next', () => {
  test('sends one after the other, in order', () => {
    const back = new ScriptedWatch();
    const watch = back.cw.shared.watch<number>('k');
    for (const value of [1, 2, 3]) watch.next(value);
    expect(back.writes.map(({ write }) => write.body)).toEqual(['1']);
    back.done(1);
    expect(back.writes.map(({ write }) => write.body)).toEqual(['2']);
    back.done(2);
    back.done(3);
    expect([watch.value, back.writes]).toEqual([3, []]);
  });

  test('tells of a failure in status$ and events$, and of the next success', () => {
    const back = new ScriptedWatch();
    const watch = back.cw.shared.watch<number>('k');
    const states = see(watch.status$).log;
    watch.next(1);
    watch.next(2);
    back.writes.shift()?.fail(lost());
    expect(states.at(-1)).toMatchObject({ status: 'syncing', error: { code: 'LINK_LOST' } });
    expect(back.events).toMatchObject([{ type: 'watch-set-failed', key: { key: 'k' }, error: { code: 'LINK_LOST' } }]);
    back.done(2);
    expect(states.at(-1)).toEqual({ status: 'stale', error: undefined });
  });

  test('refuses what a backend that does not answer would let pile up', () => {
    const back = new ScriptedWatch();
    const watch = back.cw.shared.watch<number>('k');
    for (let value = 0; value < 1_002; value += 1) watch.next(value);
    expect(back.events).toMatchObject([{ type: 'watch-set-failed', error: { code: 'LINK_LOST', details: { waiting: 1_000 } } }]);
  });

  test('sends any number within the call where the backend answers within it', async () => {
    const cw = await Chronow.init();
    const watch = cw.shared.watch<number>('k');
    for (let value = 0; value < 5_000; value += 1) watch.next(value);
    expect(await cw.shared.get('k')).toBe(4_999);
    await cw.close();
  });

  test.each(['next', 'set$'] as const)('lets timers run where an observer answers each value with another by %s', async (how) => {
    const cw = await Chronow.init();
    const watch = cw.shared.watch<number>('k', { initial: 0 });
    const answer = (value: number): void => {
      if (how === 'next') watch.next(value);
      else watch.set$(value).subscribe();
    };
    const subscription = watch.subscribe((value) => { answer(value + 1); });
    // It looks by a timer.
    await expect.poll(() => watch.value, { interval: 5, timeout: 20_000 }).toBeGreaterThan(1_000);
    subscription.unsubscribe();
    await cw.close();
  });

  test('refuses what does not fit the schema, and writes nothing', () => {
    const back = new ScriptedWatch();
    const watch = back.cw.shared.watch('k', { schema: z.number().max(10) });
    watch.next(11);
    expect([back.writes, back.events]).toMatchObject([[], [{ type: 'watch-set-failed', error: { code: 'SCHEMA_REJECTED' } }]]);
  });
});

describe('a map of watched values', () => {
  test('is shown once all of it was read, and once after a gap', () => {
    const back = new ScriptedWatch();
    const many = back.cw.shared.watchMany<number>('l.');
    const maps = see(many.pipe(map((values) => Object.fromEntries(values)))).log;
    const changes = see(many.changes$).log;
    back.show(1, 1, 'resync', 'l.a');
    back.show(2, 2, 'resync', 'l.b');
    expect(maps).toEqual([]);
    back.status('live');
    back.show(3, 3, 'set', 'l.c');
    expect(maps).toEqual([{ 'l.a': 1, 'l.b': 2 }, { 'l.a': 1, 'l.b': 2, 'l.c': 3 }]);
    back.status('stale');
    back.show(5, 5, 'resync', 'l.a');
    back.show(6, 6, 'resync', 'l.d');
    back.status('live');
    expect(maps.slice(2)).toEqual([{ 'l.a': 5, 'l.d': 6 }]);
    expect(changes).toEqual([
      { key: 'l.c', old: undefined, new: 3, revision: 3, cause: 'set' },
      { key: 'l.a', old: 1, new: 5, revision: 5, cause: 'resync' },
      { key: 'l.d', old: undefined, new: 6, revision: 6, cause: 'resync' },
      { key: 'l.b', old: 2, new: undefined, revision: 2, cause: 'resync' },
      { key: 'l.c', old: 3, new: undefined, revision: 3, cause: 'resync' },
    ]);
  });
});
