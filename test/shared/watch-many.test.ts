import { map } from 'rxjs';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { memoryBroker } from '../../src/adapters/memory/index.js';
import { Chronow } from '../../src/chronow.js';
import type { ChronowEvent } from '../../src/events.js';
import { virtualRuntime } from '../support/virtual-runtime.js';
import { see } from './support/scripted-watch.js';

function scene(): { readonly cw: Chronow; readonly events: ChronowEvent[]; readonly pass: (ms: number) => void; readonly set: (key: string, value: unknown, hotTtlSeconds?: number) => void; readonly del: (key: string) => void } {
  const runtime = virtualRuntime();
  const broker = memoryBroker({ runtime });
  broker.open().subscribe();
  const cw = Chronow.over({ broker, runtime });
  const events: ChronowEvent[] = [];
  cw.events$.subscribe((event) => events.push(event));
  return {
    cw,
    events,
    pass: (ms) => { runtime.advance(ms); },
    set: (key, value, hotTtlSeconds) => { cw.shared.set$(key, value, { hotTtlSeconds }).subscribe(); },
    del: (key) => { cw.shared.del$(key).subscribe(); },
  };
}

const asText = map((values: ReadonlyMap<string, unknown>) => [...values].sort().map((pair) => pair.join('=')).join(' '));

describe('watchMany', () => {
  test('of a prefix shows its keys as one map, and each change as a new one', () => {
    const { cw, set, del, pass } = scene();
    set('l.a', 1);
    set('other', 9);
    const many = cw.shared.watchMany<number>('l.');
    const { log } = see(many.pipe(asText));
    const before = many.value;
    set('l.b', 2, 1);
    set('other', 10);
    pass(1_000);
    del('l.a');
    expect(log).toEqual(['l.a=1', 'l.a=1 l.b=2', 'l.a=1', '']);
    expect([...before]).toEqual([['l.a', 1]]);
  });

  test('of a list shows just these keys, and shares the watches of each', () => {
    const { cw, set, del } = scene();
    const many = cw.shared.watchMany<number>(['a', 'b', 'a']);
    const { log } = see(many.pipe(asText));
    const single = see(cw.shared.watch('a')).log;
    set('a', 1);
    set('c', 3);
    set('b', 2);
    del('a');
    expect([log, single]).toEqual([['', 'a=1', 'a=1 b=2', 'b=2'], [undefined, 1, undefined]]);
  });

  test('of no keys is an empty map', () => {
    const { cw } = scene();
    const many = cw.shared.watchMany([]);
    expect([see(many.pipe(asText)).log, many.stale]).toEqual([[''], false]);
  });

  test('shows all observers one order, also of what an observer sets in between', () => {
    const { cw, set } = scene();
    set('a', 0);
    set('b', 0);
    for (const keys of ['', ['a', 'b']]) {
      const many = cw.shared.watchMany<number>(keys);
      const first: string[] = [];
      const watching = many.pipe(asText).subscribe((text) => {
        first.push(text);
        if (text === 'a=1 b=0') set('b', 1);
        if (text === 'a=1 b=1') set('b', 2);
      });
      const second = see(many.pipe(asText));
      set('a', 1);
      set('a', 2);
      expect(second.log.length).toBeGreaterThan(3);
      expect(first).toEqual(second.log);
      watching.unsubscribe();
      second.stop();
      set('a', 0);
      set('b', 0);
    }
  });

  test('tells which key changed, from what to what, and why', () => {
    const { cw, set, del } = scene();
    set('l.a', 1);
    const { log } = see(cw.shared.watchMany<number>('l.').changes$);
    set('l.a', 2);
    del('l.a');
    expect(log).toMatchObject([{ key: 'l.a', old: 1, new: 2, cause: 'set' }, { key: 'l.a', old: 2, new: undefined, cause: 'delete' }]);
  });

  test('does not show keys that went while nobody observed', () => {
    const { cw, set, del, pass } = scene();
    set('l.a', 1);
    set('l.b', 2);
    const many = cw.shared.watchMany<number>('l.', { graceMs: 10 });
    see(many).stop();
    pass(10);
    del('l.a');
    expect([many.stale, many.value.size]).toEqual([true, 2]);
    expect(see(many.pipe(asText)).log).toEqual(['l.b=2']);
  });

  test('keeps the last value of a key whose stored one cannot be read, and shows the others', () => {
    const { cw, events, set } = scene();
    set('l.a', 'bad');
    set('l.b', 2);
    const many = cw.shared.watchMany('l.', { schema: z.number() });
    const { log } = see(many.pipe(asText));
    set('l.b', 'bad');
    expect([log, many.stale]).toEqual([['l.b=2'], true]);
    set('l.a', 1);
    set('l.b', 3);
    expect([log.at(-1), many.stale]).toEqual(['l.a=1 l.b=3', false]);
    expect(events.map((event) => event.type === 'watch-unreadable' && event.key.key)).toEqual(['l.a', 'l.b']);
  });

  test('completes with the client, and refuses bad arguments at the call', async () => {
    const { cw } = scene();
    const { log } = see(cw.shared.watchMany('l.').changes$);
    const wrong: unknown[] = [[''], 7, undefined];
    for (const keys of wrong) expect(() => { Reflect.apply(cw.shared.watchMany.bind(cw.shared), undefined, [keys]); }).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }));
    expect(() => cw.shared.watchMany(['a\n'])).toThrow(expect.objectContaining({ code: 'NAME_INVALID' }));
    await cw.close();
    expect(log).toEqual(['|']);
  });
});
