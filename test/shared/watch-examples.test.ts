import { EMPTY, combineLatest, map, switchMap, timer, type Observable } from 'rxjs';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { memoryBroker } from '../../src/adapters/memory/index.js';
import { Chronow } from '../../src/chronow.js';
import type { SharedWatch } from '../../src/shared/watch/shared-watch.js';
import { virtualRuntime, type VirtualRuntime } from '../support/virtual-runtime.js';
import { see } from './support/scripted-watch.js';

function client(): { readonly cw: Chronow; readonly runtime: VirtualRuntime; readonly set: (key: string, value: unknown) => void } {
  const runtime = virtualRuntime();
  const broker = memoryBroker({ runtime });
  broker.open().subscribe();
  const cw = Chronow.over({ broker, runtime });
  return { cw, runtime, set: (key, value) => { cw.shared.set$(key, value).subscribe(); } };
}

describe('watched values in pipelines', () => {
  test('combineLatest: a rule made of two values, known from the start', () => {
    const { cw, set } = client();
    const limit = cw.shared.watch<number>('limit', { initial: 100 });
    const factor = cw.shared.watch<number>('factor', { initial: 2 });
    const rule = see(combineLatest([limit, factor]).pipe(map(([base, times]) => base * times)));
    set('limit', 10);
    set('factor', 3);
    expect(rule.log).toEqual([200, 20, 30]);
  });

  test('combineLatest of one value with itself shows each state of both, never a mixture of orders', () => {
    const { cw, set } = client();
    const limit = cw.shared.watch<number>('limit', { initial: 0 });
    const pairs = see(combineLatest([limit, limit]).pipe(map((pair) => pair.join())));
    set('limit', 1);
    set('limit', 2);
    expect(pairs.log).toEqual(['0,0', '1,0', '1,1', '2,1', '2,2']);
  });

  test('switchMap: work begins anew with each value, and a value that is set within it is not lost', () => {
    const { cw, set } = client();
    const mode = cw.shared.watch<string>('mode', { initial: 'off' });
    const started: string[] = [];
    const { log } = see(mode.pipe(switchMap((value) => {
      started.push(value);
      if (value === 'starting') mode.next('on');
      return value === 'off' ? EMPTY : [`is ${value}`];
    })));
    set('mode', 'starting');
    expect([started, log, mode.value]).toEqual([['off', 'starting', 'on'], ['is starting', 'is on'], 'on']);
  });

  test('switchMap: the last of many quick sets wins', async () => {
    const { cw, set } = client();
    const mode = cw.shared.watch<number>('mode', { initial: 0 });
    const done: number[] = [];
    const ended = new Promise<void>((resolve) => {
      mode.pipe(switchMap((value) => timer(0).pipe(map(() => value)))).subscribe((value) => {
        done.push(value);
        resolve();
      });
    });
    for (const value of [1, 2, 3]) set('mode', value);
    await ended;
    expect(done).toEqual([3]);
  });
});

/** What a framework's `toSignal` does: reads the value at once where there is one, and follows it. */
function toSignal<V>(source: Observable<V> & { getValue(): V }): { readonly signal: () => V; readonly writes: number; readonly destroy: () => void } {
  let current = source.getValue();
  let writes = 0;
  const subscription = source.subscribe((value) => {
    current = value;
    writes += 1;
  });
  return { signal: () => current, get writes() { return writes; }, destroy: () => { subscription.unsubscribe(); } };
}

/** The two functions that React's `useSyncExternalStore` takes. */
function externalStore<T>(watch: SharedWatch<T, never>): { readonly subscribe: (changed: () => void) => () => void; readonly getSnapshot: () => T } {
  return {
    subscribe: (changed) => {
      const subscription = watch.subscribe(() => { changed(); });
      return () => { subscription.unsubscribe(); };
    },
    getSnapshot: () => watch.value,
  };
}

describe('watched values in user interfaces', () => {
  test('a signal: synchronous from the start, and follows', () => {
    const { cw, set } = client();
    const { signal, destroy } = toSignal(cw.shared.watch<number>('limit', { initial: 100 }));
    expect(signal()).toBe(100);
    set('limit', 250);
    expect(signal()).toBe(250);
    destroy();
    set('limit', 300);
    expect(signal()).toBe(250);
  });

  test('an external store: the snapshot is the same object until it changes, and is what subscribers are told of', () => {
    const { cw, set } = client();
    const { subscribe, getSnapshot } = externalStore(cw.shared.watch<{ readonly n: number }>('state', { initial: { n: 0 } }));
    const renders: number[] = [];
    const stop = subscribe(() => { renders.push(getSnapshot().n); });
    set('state', { n: 1 });
    expect(getSnapshot()).toBe(getSnapshot());
    set('state', { n: 2 });
    stop();
    set('state', { n: 3 });
    expect(renders).toEqual([0, 1, 2]);
  });
});

describe('for await over a watched value', () => {
  test('gets the newest at each step, passes over what came and went, and ends with the client', async () => {
    const { cw } = client();
    const limit = cw.shared.watch<number>('limit', { initial: 0 });
    const seen: number[] = [];
    for await (const value of limit) {
      seen.push(value);
      if (value === 0) for (const next of [1, 2, 3]) await limit.set(next);
      else if (value === 3) await limit.set(4);
      else await cw.close();
    }
    expect(seen).toEqual([0, 3, 4]);
  });

  test('unsubscribes when the loop is left', async () => {
    const { cw, runtime } = client();
    const limit = cw.shared.watch<number>('limit', { initial: 0 });
    for await (const value of limit) if (value === 0) break;
    runtime.advance(1_000);
    expect(limit.stale).toBe(true);
  });

  test('two steps asked for at once get two values', async () => {
    const { cw } = client();
    const limit = cw.shared.watch<number>('limit', { initial: 0 });
    const iterator = limit[Symbol.asyncIterator]();
    const steps = [iterator.next(), iterator.next()];
    await limit.set(1);
    expect(await Promise.all(steps)).toEqual([{ done: false, value: 0 }, { done: false, value: 1 }]);
    expect(await iterator.return?.()).toEqual({ done: true, value: undefined });
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
  });
});

describe('update of a watched value', () => {
  test('begins with initial, then with what is stored, and is atomic', async () => {
    const { cw } = client();
    const count = cw.shared.watch<number>('count', { initial: 10 });
    await Promise.all(Array.from({ length: 100 }, () => count.update((n) => n + 1)));
    expect([await cw.shared.get('count'), count.value]).toEqual([110, 110]);
  });

  test('gets undefined for an absent key without initial', async () => {
    const { cw } = client();
    expect(await cw.shared.watch<number>('count').update((n) => (n ?? 5) + 1)).toBe(6);
  });

  test('rejects where its function throws, or answers nothing or a promise; nothing is written', async () => {
    const { cw } = client();
    const count = cw.shared.watch<number>('count', { initial: 10 });
    await expect(count.update(() => { throw new RangeError('mine'); })).rejects.toThrow('mine');
    await expect(cw.shared.watch('count').update(() => undefined)).rejects.toMatchObject({ code: 'UPDATE_INVALID' });
    await expect(cw.shared.watch('count').update(() => Promise.resolve(1))).rejects.toMatchObject({ code: 'UPDATE_INVALID' });
    expect(await cw.shared.exists('count')).toBe(false);
  });

  test('set and update take no scope of their own', async () => {
    const { cw } = client();
    const options: object = { namespace: 'other' };
    await expect(cw.shared.watch<number>('count').set(1, options)).rejects.toMatchObject({ code: 'OPTION_INVALID' });
    await expect(cw.shared.watch<number>('count').update(() => 1, options)).rejects.toMatchObject({ code: 'OPTION_INVALID' });
  });
});

describe('the types of a watch', () => {
  test('say whether there is always a value, and what it is', () => {
    const { cw } = client();
    const sure: Observable<number> = cw.shared.watch<number>('k', { initial: 1 });
    const inferred: Observable<string> = cw.shared.watch('k', { initial: 'a' });
    const unsure: Observable<number | undefined> = cw.shared.watch<number>('k');
    const checked: Observable<{ n: number } | undefined> = cw.shared.watch('k', { schema: z.object({ n: z.number() }) });
    const both: Observable<number> = cw.shared.watch('k', { schema: z.number(), initial: 3 });
    const many: Observable<ReadonlyMap<string, number>> = cw.shared.watchMany('k', { schema: z.number() });
    expect([sure, inferred, unsure, checked, both, many].every((watch) => typeof watch.pipe === 'function')).toBe(true);
  });
});
