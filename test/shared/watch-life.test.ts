import { describe, expect, test } from 'vitest';
import { memoryBroker, memoryWarmStore } from '../../src/adapters/memory/index.js';
import { Chronow } from '../../src/chronow.js';
import type { Runtime } from '../../src/port/runtime.js';
import { virtualRuntime } from '../support/virtual-runtime.js';
import { ScriptedWatch, see } from './support/scripted-watch.js';

describe('the life of a watch', () => {
  test('a live watcher keeps the process alive, one in its grace does not, and neither does a cold one', () => {
    const virtual = virtualRuntime();
    let holding = 0;
    const runtime: Runtime = { ...virtual, stayAlive: () => {
      let held = true;
      holding += 1;
      return () => {
        if (held) holding -= 1;
        held = false;
      };
    } };
    const broker = memoryBroker({ runtime });
    broker.open().subscribe();
    const { shared } = Chronow.over({ broker, runtime });
    const watch = shared.watch('k');
    see(watch.status$);
    expect(holding).toBe(0);
    const seen = [see(watch), see(watch.changes$)];
    expect(holding).toBe(1);
    seen[0]?.stop();
    expect(holding).toBe(1);
    seen[1]?.stop();
    expect(holding).toBe(0);
    see(watch).stop();
    expect(holding).toBe(0);
    const again = see(watch);
    virtual.advance(5_000);
    expect([holding, watch.stale]).toEqual([1, false]);
    again.stop();
    virtual.advance(1_000);
    see(watch);
    expect(holding).toBe(1);
  });

  test('take(1) and an unsubscribe within next leave nothing behind', async () => {
    const back = new ScriptedWatch();
    const watch = back.cw.shared.watch('k', { initial: 1, graceMs: 0 });
    const seen = see(watch);
    seen.stop();
    back.runtime.advance(0);
    expect([back.running, back.runtime.timers]).toEqual([0, 0]);
  });

  test('an observer that is unsubscribed by another one is shown nothing more', () => {
    const back = new ScriptedWatch();
    const watch = back.cw.shared.watch<number>('k');
    const stops: (() => void)[] = [];
    watch.subscribe(() => { for (const stop of stops) stop(); });
    const second = see(watch);
    stops.push(second.stop);
    back.show(1, 1, 'resync');
    expect(second.log).toEqual([]);
  });

  test('close within an observer ends the others after what they were owed', async () => {
    const back = new ScriptedWatch();
    const watch = back.cw.shared.watch<number>('k');
    let closed: Promise<void> | undefined;
    watch.subscribe((value) => { if (value === 2) closed = back.cw.close(); });
    const second = see(watch);
    back.show(1, 1, 'resync');
    back.status('live');
    back.show(2, 2);
    await closed;
    expect([second.log, back.running, back.runtime.timers]).toEqual([[1, 2, '|'], 0, 0]);
  });

  test('a watch over a warm tier leaves no timer behind, though a copy would end in 30 days', () => {
    const runtime = virtualRuntime();
    const broker = memoryBroker({ runtime });
    broker.open().subscribe();
    const { shared } = Chronow.over({ broker, runtime, warm: memoryWarmStore({ runtime }) });
    shared.set$('k', 'v', { hotTtlSeconds: 1, warm: { persist: true } }).subscribe();
    const seen = see(shared.watch('k'));
    runtime.advance(2_000);
    expect([seen.log, runtime.timers]).toEqual([['v'], 1]);
    seen.stop();
    runtime.advance(1_000);
    expect(runtime.timers).toBe(0);
  });

  test('ten thousand observers come, are shown a hundred states each, and go', () => {
    const runtime = virtualRuntime();
    const broker = memoryBroker({ runtime });
    broker.open().subscribe();
    const { shared } = Chronow.over({ broker, runtime });
    const watch = shared.watch<number>('k', { initial: 0 });
    let shown = 0;
    let sum = 0;
    const began = performance.now();
    const all = Array.from({ length: 10_000 }, () => watch.subscribe((value) => {
      shown += 1;
      sum += value;
    }));
    for (let value = 1; value <= 99; value += 1) shared.set$('k', value).subscribe();
    for (const subscription of all) subscription.unsubscribe();
    const took = performance.now() - began;
    expect([shown, sum]).toEqual([1_000_000, 10_000 * 4_950]);
    console.log(`10 000 observers, 100 states each: ${Math.round(took)} ms`);
    expect(took).toBeLessThan(5_000);
  });
});
