import { combineLatest, map, switchMap, type Observable } from 'rxjs';
import { describe, expect, test } from 'vitest';
import { Chronow } from '../../src/chronow.js';
import type { ChronowEvent } from '../../src/events.js';
import { memoryBroker } from '../../src/adapters/memory/index.js';
import { virtualRuntime, type VirtualRuntime } from '../support/virtual-runtime.js';
import { z } from 'zod';

interface Scene {
  readonly cw: Chronow;
  readonly runtime: VirtualRuntime;
  readonly events: ChronowEvent[];
  /** Sets behind the watchers' backs. */
  readonly set: (value: unknown, key?: string, hotTtlSeconds?: number) => void;
  readonly del: (key?: string) => void;
}

function scene(): Scene {
  const runtime = virtualRuntime();
  const broker = memoryBroker({ runtime });
  broker.open().subscribe();
  const cw = Chronow.over({ broker, runtime });
  const events: ChronowEvent[] = [];
  cw.events$.subscribe((event) => events.push(event));
  return {
    cw,
    runtime,
    events,
    set: (value, key = 'k', hotTtlSeconds) => { cw.shared.set$(key, value, { hotTtlSeconds }).subscribe(); },
    del: (key = 'k') => { cw.shared.del$(key).subscribe(); },
  };
}

/** What an observer was shown: values, `!` and a code, `|`. */
function see(watch: Observable<unknown>): { readonly log: unknown[]; readonly stop: () => void } {
  const log: unknown[] = [];
  const subscription = watch.subscribe({ next: (value) => log.push(value), error: (error: unknown) => log.push('!', Reflect.get(Object(error), 'code')), complete: () => log.push('|') });
  return { log, stop: () => { subscription.unsubscribe(); } };
}

describe('a watcher', () => {
  test('shows the value that is there in subscribe, then every change', () => {
    const { cw, set, del } = scene();
    set(1);
    const { log } = see(cw.shared.watch<number>('k'));
    expect(log).toEqual([1]);
    set(2);
    del();
    set(3);
    expect(log).toEqual([1, 2, undefined, 3]);
  });

  test('shows initial for an absent key, once', () => {
    const { cw, set, del } = scene();
    const { log } = see(cw.shared.watch<number>('k', { initial: 100 }));
    expect(log).toEqual([100]);
    set(1);
    del();
    expect(log).toEqual([100, 1, 100]);
  });

  test('does nothing before it is subscribed', () => {
    const { cw, set } = scene();
    const watch = cw.shared.watch<number>('k', { initial: 100 });
    set(1);
    expect([watch.value, watch.revision, watch.stale]).toEqual([100, 0, true]);
  });

  test('shows all observers one order, also of what an observer sets', () => {
    const { cw, set } = scene();
    set(0);
    const watch = cw.shared.watch<number>('k');
    const other = cw.shared.watch<number>('k');
    const first: unknown[] = [];
    let late: unknown[] = [];
    watch.subscribe((value) => {
      first.push(value);
      if (value === 1) {
        set(2);
        late = see(other).log;
      }
    });
    const second = see(watch).log;
    const third = see(other).log;
    set(1);
    set(5);
    expect([first, second, third, late]).toEqual([[0, 1, 2, 5], [0, 1, 2, 5], [0, 1, 2, 5], [2, 5]]);
  });

  test('shows ten thousand observers of one key everything', () => {
    const { cw, set } = scene();
    const watch = cw.shared.watch<number>('k', { initial: 0 });
    let sum = 0;
    for (let index = 0; index < 10_000; index += 1) watch.subscribe((value) => { sum += value; });
    set(1);
    set(2);
    expect(sum).toBe(30_000);
  });

  test('tells what changed, how and why', () => {
    const { cw, runtime, set, del } = scene();
    const { log } = see(cw.shared.watch<number>('k', { initial: 0 }).changes$);
    set(1, 'k', 10);
    runtime.advance(10_000);
    set(2);
    del();
    expect(log).toEqual([
      { old: 0, new: 1, revision: expect.any(Number) as number, cause: 'set' },
      { old: 1, new: 0, revision: expect.any(Number) as number, cause: 'expire' },
      { old: 0, new: 2, revision: expect.any(Number) as number, cause: 'set' },
      { old: 2, new: 0, revision: expect.any(Number) as number, cause: 'delete' },
    ]);
  });

  test('knows nothing once the grace is over, until it has read again', () => {
    const { cw, runtime, set } = scene();
    set(1);
    const watch = cw.shared.watch<number>('k', { graceMs: 500 });
    see(watch).stop();
    set(2);
    expect([watch.value, watch.stale]).toEqual([2, false]);
    runtime.advance(500);
    set(3);
    expect([watch.value, watch.stale]).toEqual([2, true]);
    expect(see(watch).log).toEqual([3]);
    expect(watch.stale).toBe(false);
  });

  test('keeps its last value where the stored one does not fit the schema', () => {
    const { cw, events, set } = scene();
    set(1);
    const watch = cw.shared.watch('k', { schema: z.number() });
    const { log } = see(watch);
    const states = see(watch.status$).log;
    set('no number');
    expect([log, watch.value, watch.stale]).toEqual([[1], 1, true]);
    set(2);
    expect([log, watch.value, watch.stale]).toEqual([[1, 2], 2, false]);
    expect(states.map((state) => Reflect.get(Object(state), 'status') as unknown)).toEqual(['live', 'stale', 'live']);
    expect(events).toMatchObject([{ type: 'watch-unreadable', key: { key: 'k' }, error: { code: 'SCHEMA_REJECTED' } }]);
  });

  test('completes with the client', async () => {
    const { cw, set } = scene();
    set(1);
    const watch = cw.shared.watch<number>('k');
    const logs = [see(watch).log, see(watch.changes$).log, see(watch.status$).log.slice(-1), see(cw.shared.watch('other').status$).log];
    await cw.close();
    expect(logs[0]).toEqual([1, '|']);
    expect(logs[1]).toEqual(['|']);
    expect(logs[3]?.at(-1)).toBe('|');
    expect(see(watch).log).toEqual(['!', 'CLOSED']);
    expect(() => cw.shared.watch('k')).toThrow(expect.objectContaining({ code: 'CLOSED' }));
  });
});

describe('a watcher and operators', () => {
  test('combineLatest and switchMap', () => {
    const { cw, set } = scene();
    set(2, 'a');
    set(3, 'b');
    const a = cw.shared.watch<number>('a', { initial: 0 });
    const b = cw.shared.watch<number>('b', { initial: 0 });
    const products = see(combineLatest([a, b]).pipe(map(([x, y]) => x * y))).log;
    const switched = see(a.pipe(switchMap((x) => b.pipe(map((y) => `${x}${y}`))))).log;
    set(4, 'a');
    set(5, 'b');
    expect([products, switched]).toEqual([[6, 12, 20], ['23', '43', '45']]);
  });
});
