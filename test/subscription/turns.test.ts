import { EMPTY, Subject, filter, firstValueFrom, of } from 'rxjs';
import { describe, expect, test } from 'vitest';
import { ackOnComplete } from '../../operators/index.js';
import { memoryBroker } from '../../src/adapters/memory/index.js';
import { Chronow } from '../../src/chronow.js';
import type { Runtime } from '../../src/port/runtime.js';
import { messagesPerTurn, millisecondsPerTurn, TurnBudget } from '../../src/subscription/turn-budget.js';
import { systemRuntime } from '../../src/system-runtime.js';
import { virtualRuntime } from '../support/virtual-runtime.js';

/** A client on a memory broker that holds `count` messages. */
async function filled(runtime: Runtime, count: number): Promise<Chronow> {
  const broker = memoryBroker({ runtime });
  broker.open().subscribe();
  const cw = Chronow.over({ broker, runtime });
  const topic = cw.topic<number>('t');
  for (let sent = 0; sent < count; sent += 1_000) topic.publishBatch$(Array.from({ length: Math.min(1_000, count - sent) }, (_, index) => ({ payload: sent + index }))).subscribe();
  return cw;
}

/** Depth of the call stack, in frames. */
function depth(): number {
  const before = Error.stackTraceLimit;
  Error.stackTraceLimit = Infinity;
  const frames = new Error('depth').stack?.split('\n').length ?? 0;
  Error.stackTraceLimit = before;
  return frames;
}

test('20,000 acks inside next, on a broker that answers at once, at window 1: no recursion', async () => {
  const runtime = virtualRuntime();
  const cw = await filled(runtime, 20_000);
  let count = 0;
  let deepest = 0;
  let shallowest = Infinity;
  cw.topic<number>('t').subscription('s', { maxInFlight: 1 }).subscribe((delivery) => {
    count += 1;
    if (count % 500 === 1) {
      deepest = Math.max(deepest, depth());
      shallowest = Math.min(shallowest, depth());
    }
    void delivery.ack();
  });
  runtime.advance(0);
  expect(count).toBe(20_000);
  expect(deepest - shallowest).toBeLessThan(10);
});

test('20,000 synchronous works: no recursion, each in order, one claim and one settle call a window', async () => {
  const runtime = virtualRuntime();
  const cw = await filled(runtime, 20_000);
  const seen: number[] = [];
  cw.topic<number>('t').subscription('s').pipe(ackOnComplete((message) => { seen.push(message.payload); return EMPTY; })).subscribe();
  runtime.advance(0);
  expect(seen).toHaveLength(20_000);
  expect(seen.every((payload, index) => payload === index)).toBe(true);
});

test('a pump that is woken inside next does not run inside it', async () => {
  const runtime = virtualRuntime();
  const cw = await filled(runtime, 3);
  let inside = 0;
  let most = 0;
  cw.topic<number>('t').subscription('s', { maxInFlight: 2 }).subscribe((delivery) => {
    inside += 1;
    most = Math.max(most, inside);
    void delivery.ack();
    if (delivery.payload < 2) void cw.topic<number>('t').publish(9);
    // Whatever waits for an empty stack runs now, on a full one.
    runtime.runSoon();
    inside -= 1;
  });
  runtime.advance(0);
  expect(most).toBe(1);
});

describe('a turn', () => {
  test(`ends after ${messagesPerTurn} messages, and goes on after whatever else waited`, () => {
    const { runtime, turns } = countedTurns(() => 0);
    const budget = new TurnBudget(runtime, () => undefined);
    for (let message = 1; message < messagesPerTurn; message += 1) budget.spend();
    expect(budget.exhausted).toBe(false);
    budget.spend();
    expect(budget.exhausted).toBe(true);
    expect(turns).toHaveLength(1);
    turns[0]?.();
    expect(budget.exhausted).toBe(false);
  });

  test(`ends after ${millisecondsPerTurn} ms, however few messages that were`, () => {
    let now = 0;
    const { runtime } = countedTurns(() => now);
    const budget = new TurnBudget(runtime, () => undefined);
    const perMessage = 2;
    let messages = 0;
    while (!budget.exhausted) {
      budget.spend();
      messages += 1;
      now += perMessage;
    }
    expect(messages).toBeLessThanOrEqual(64);
    expect(messages).toBeGreaterThanOrEqual(millisecondsPerTurn / perMessage);
  });

  test('resumes only the one that was stopped', () => {
    const { runtime, turns } = countedTurns(() => 0);
    let resumed = 0;
    const budget = new TurnBudget(runtime, () => { resumed += 1; });
    budget.spend();
    turns.shift()?.();
    expect(resumed).toBe(0);
    for (let message = 0; message < messagesPerTurn; message += 1) budget.spend();
    turns.shift()?.();
    expect(resumed).toBe(1);
  });
});

test('on the real clock a backlog does not starve timers: one turn lets at most a turn of messages pass between two of them', async () => {
  const runtime = systemRuntime();
  const total = 20_000;
  const cw = await filled(runtime, total);
  const done = new Subject<void>();
  let count = 0;
  let atLastTick = 0;
  let most = 0;
  let ticks = 0;
  const tick = (): void => {
    ticks += 1;
    most = Math.max(most, count - atLastTick);
    atLastTick = count;
    if (count < total) setImmediate(tick);
  };
  setImmediate(tick);
  const seen = cw.topic<number>('t').subscription('s').pipe(ackOnComplete(() => of(1))).subscribe(() => {
    count += 1;
    if (count === total) done.next();
  });
  await firstValueFrom(done.pipe(filter(() => true)));
  seen.unsubscribe();
  expect(most).toBeLessThanOrEqual(2 * messagesPerTurn);
  expect(ticks).toBeGreaterThanOrEqual(total / (2 * messagesPerTurn));
  await cw.close();
});

function countedTurns(now: () => number): { readonly runtime: Runtime; readonly turns: (() => void)[] } {
  const turns: (() => void)[] = [];
  return { turns, runtime: { ...virtualRuntime(), now, turn: (work) => { turns.push(work); } } };
}
