import { describe, expect, test } from 'vitest';
import { tap, throwError } from 'rxjs';
import type { ReplayOptions } from '../../../src/bus/options.js';
import type { ReplayProgress } from '../../../src/bus/replay.js';
import { Chronow } from '../../../src/chronow.js';
import type { WarmStore } from '../../../src/port/warm-store.js';
import { over } from '../../conformance/support/over.js';
import { topic, WarmScene } from './support.js';

interface Replay {
  readonly progress: ReplayProgress[];
  error: unknown;
  isOver: boolean;
  stop(): void;
}

/** A topic whose messages all have a copy, and one subscription. */
class ReplayScene extends WarmScene {
  constructor() {
    super({ warm: { persist: true } });
    void this.cw.bus.ensureSubscription('t', 's');
  }

  publish(...payloads: readonly unknown[]): void {
    for (const payload of payloads) {
      this.cw.topic('t').publish$(payload).subscribe();
      this.runtime.advance(10);
    }
  }

  /** The hot tier has nothing any more. */
  forget(): void {
    this.broker.inspection.purge(topic).subscribe();
  }

  replay(options: ReplayOptions = {}, cw: Chronow = this.cw): Replay {
    const replay: Replay = { progress: [], error: undefined, isOver: false, stop: () => { running.unsubscribe(); } };
    const running = cw.bus.replay$('t', 's', options).subscribe({
      next: (progress) => replay.progress.push(progress),
      error: (error: unknown) => { replay.error = error; },
      complete: () => { replay.isOver = true; },
    });
    this.runtime.advance(0);
    return replay;
  }

  /** What waits, in order. */
  get waiting(): readonly unknown[] {
    let found: readonly unknown[] = [];
    this.broker.inspection.peek({ ...topic, subscription: 's' }, 1_000).subscribe((items) => { found = items.map(({ message }): unknown => JSON.parse(String(message.body))); });
    return found;
  }
}

function numbers(count: number): readonly number[] {
  return Array.from({ length: count }, (_, n) => n);
}

describe('a replay over both tiers', () => {
  test('brings what the topic retains and what only the warm tier has, each once, as it was', () => {
    const scene = new ReplayScene();
    scene.publish('a', 'b');
    scene.forget();
    scene.publish('c');
    expect(scene.waiting).toEqual(['c']);
    const replay = scene.replay();
    expect([replay.isOver, replay.progress.at(-1)]).toEqual([true, { replayed: 3, seen: 3, upTo: 1_000_020 }]);
    expect([...scene.waiting].sort()).toEqual(['a', 'b', 'c']);
    scene.replay();
    expect(scene.waiting.length).toBe(3);
  });

  test('brings what is more than a page of either tier', () => {
    const scene = new ReplayScene();
    scene.publish(...numbers(1_100));
    scene.forget();
    scene.publish(...numbers(700));
    const replay = scene.replay();
    scene.runtime.advance(1_000);
    expect([replay.isOver, replay.progress.at(-1)]).toEqual([true, { replayed: 1_800, seen: 1_800, upTo: 1_017_990 }]);
  });

  test('brings what the topic lost after it was read', () => {
    const scene = new ReplayScene();
    scene.publish('a', 'b');
    const { broker, runtime, store } = scene;
    const inspection = over(broker.inspection, { read: (range) => broker.inspection.read(range).pipe(tap(() => { scene.forget(); })) });
    const replay = scene.replay({}, Chronow.over({ broker: over(broker, { inspection }), runtime, warm: store }));
    expect([replay.progress.at(-1)?.replayed, [...scene.waiting].sort()]).toEqual([2, ['a', 'b']]);
  });

  test('brings only what was published in the time asked for, and what the filter chooses', () => {
    const scene = new ReplayScene();
    scene.publish(...numbers(10));
    scene.forget();
    const replay = scene.replay({ from: 1_000_020, to: new Date(1_000_070), filter: ({ payload }) => Number(payload) % 2 === 0 });
    expect([replay.progress.at(-1), [...scene.waiting].sort()]).toEqual([{ replayed: 3, seen: 6, upTo: 1_000_070 }, [2, 4, 6]]);
  });

  test('brings no more a second than asked for, and stops at once', () => {
    const scene = new ReplayScene();
    scene.publish(...numbers(100));
    scene.forget();
    const replay = scene.replay({ rate: 20 });
    expect(scene.waiting.length).toBe(2);
    scene.runtime.advance(1_000);
    expect([scene.waiting.length, replay.progress.length, replay.isOver]).toEqual([22, 11, false]);
    replay.stop();
    expect(scene.runtime.timers).toBeLessThanOrEqual(1);
    scene.runtime.advance(60_000);
    expect(scene.waiting.length).toBe(22);
    const again = scene.replay({ rate: 50 });
    scene.runtime.advance(1_900);
    expect([again.isOver, scene.waiting.length]).toEqual([true, 100]);
  });

  test('says how far it came where the filter throws; the same again doubles nothing', () => {
    const scene = new ReplayScene();
    scene.publish(...numbers(6));
    scene.forget();
    const filter: ReplayOptions['filter'] = ({ payload }) => {
      if (payload === 4) throw new TypeError('secret');
      return true;
    };
    const replay = scene.replay({ filter, rate: 10 });
    scene.runtime.advance(1_000);
    expect(replay.error).toMatchObject({ code: 'REPLAY_STOPPED', retryable: false, details: { replayed: 4, seen: 4, upTo: 1_000_030 } });
    expect(String(replay.error)).not.toContain('secret');
    expect(scene.replay().progress.at(-1)?.replayed).toBe(6);
    expect([...scene.waiting].sort()).toEqual(numbers(6));
  });

  test('refuses a filter that answers later, and a rate of nothing', () => {
    const scene = new ReplayScene();
    scene.publish('a');
    const options: ReplayOptions = {};
    Reflect.set(options, 'filter', () => Promise.resolve(true));
    expect(scene.replay(options).error).toMatchObject({ code: 'REPLAY_STOPPED', cause: { code: 'OPTION_INVALID' } });
    expect(scene.replay({ rate: 0 }).error).toMatchObject({ code: 'OPTION_INVALID' });
  });

  test('stops where the warm tier cannot be read, and says whether the same may succeed later', () => {
    const scene = new ReplayScene();
    const { broker, runtime, store } = scene;
    scene.publish('a');
    const cw = Chronow.over({ broker, runtime, warm: over<WarmStore>(store, { readMessages: () => throwError(() => new Error('planted')) }) });
    expect(scene.replay({}, cw).error).toMatchObject({ code: 'REPLAY_STOPPED', retryable: true, cause: { code: 'WARM_FAILED' }, details: { replayed: 0, seen: 0 } });
  });

  test('of a subscription that is not there is told before anything is read', () => {
    const scene = new ReplayScene();
    void scene.cw.bus.deleteSubscription('t', 's');
    expect(scene.replay().error).toMatchObject({ code: 'SUBSCRIPTION_NOT_FOUND' });
  });
});
