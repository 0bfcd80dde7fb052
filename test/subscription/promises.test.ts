import { NEVER, take, takeUntil, timer } from 'rxjs';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ackOnComplete, fanOut, type AckOnCompleteOptions, type Message } from '../../operators/index.js';
import { memoryBroker } from '../../src/adapters/memory/index.js';
import { Chronow } from '../../src/chronow.js';
import type { SubscriptionOptions } from '../../src/topic/options.js';
import { systemRuntime } from '../../src/system-runtime.js';
import { said } from '../support/outcome-text.js';
import { Recorder, type Faults } from '../support/recording-broker.js';

// Promises cannot be waited for in virtual time: the real runtime, on timers that the test moves.
beforeEach(() => { vi.useFakeTimers({ now: 0 }); });
afterEach(() => { vi.useRealTimers(); });

class Scene {
  readonly log: string[] = [];
  readonly recorder: Recorder;
  readonly cw: Chronow;
  readonly signals: AbortSignal[] = [];

  constructor(faults?: Faults) {
    const runtime = systemRuntime();
    this.recorder = new Recorder(runtime, faults);
    const broker = memoryBroker({ runtime });
    broker.open().subscribe();
    this.cw = Chronow.over({ broker: this.recorder.record(broker), runtime });
  }

  say(text: string): void {
    this.log.push(`${Date.now()}:${text}`);
  }

  /** A promise project that takes `ms`, whatever its signal says. */
  takes(ms: number, end: 'ok' | 'fails' = 'ok'): (message: Message<unknown>) => Promise<string> {
    return async (message) => {
      this.signals.push(message.signal);
      this.say(`run ${String(message.payload)}#${message.deliveryCount}`);
      await new Promise((resolve) => { setTimeout(resolve, ms); });
      this.say(`end ${String(message.payload)}#${message.deliveryCount}`);
      if (end === 'fails') throw new Error('own');
      return 'x';
    };
  }

  source(options: SubscriptionOptions = {}) {
    return this.cw.topic<string>('t').subscription('s', { visibilityTimeoutMs: 300, ...options });
  }

  work(ms: number, end: 'ok' | 'fails', options: AckOnCompleteOptions = {}) {
    return ackOnComplete(this.takes(ms, end), options);
  }

  async publish(...payloads: string[]): Promise<void> {
    for (const payload of payloads) await this.cw.topic<string>('t').publish(payload);
  }

  calls(...words: string[]): string[] {
    return this.recorder.lines.filter((line) => words.some((word) => line.split(' ').includes(word)));
  }
}

test('a promise that fulfils acks with its value; one that rejects fails', async () => {
  const scene = new Scene();
  await scene.publish('a', 'b');
  const seen = scene.source({ retryBackoffMs: [1_000] }).pipe(ackOnComplete((message) => scene.takes(5, message.payload === 'a' ? 'ok' : 'fails')(message))).subscribe((outcome) => { scene.say(said(outcome)); });
  await vi.advanceTimersByTimeAsync(20);
  seen.unsubscribe();
  expect([...scene.log].sort()).toEqual(['0:run a#1', '0:run b#1', '5:acked a#1 = x', '5:end a#1', '5:end b#1', '5:failed b#1 Error: own']);
});

test('cancelled: the signal aborts; lease and slot are held, and a promise fulfilled within the grace is acked', async () => {
  const scene = new Scene();
  await scene.publish('a');
  const seen = scene.source().pipe(scene.work(500, 'ok', { graceMs: 1_000 })).subscribe();
  await vi.advanceTimersByTimeAsync(50);
  seen.unsubscribe();
  expect(scene.signals[0]?.aborted).toBe(true);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(scene.calls('settle', 'detach')).toEqual(['500 settle ack:a#1', '500 detach']);
  expect(scene.calls('renew').length).toBeGreaterThan(3);
});

test('cancelled: a promise that rejects within the grace gives the message back', async () => {
  const scene = new Scene();
  await scene.publish('a');
  const seen = scene.source({ retryBackoffMs: [5_000] }).pipe(scene.work(100, 'fails')).subscribe();
  await vi.advanceTimersByTimeAsync(50);
  seen.unsubscribe();
  await vi.advanceTimersByTimeAsync(1_000);
  // It was told to stop, and did: that is no attempt.
  expect(scene.calls('settle', 'detach')).toEqual(['100 settle release:a#1', '100 detach']);
});

test('cancelled: after the grace it is released, though the promise still runs', async () => {
  const scene = new Scene();
  await scene.publish('a');
  const seen = scene.source().pipe(scene.work(5_000, 'ok', { graceMs: 400 })).subscribe();
  await vi.advanceTimersByTimeAsync(50);
  seen.unsubscribe();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(scene.calls('settle', 'detach')).toEqual(['450 settle release:a#1', '450 detach']);
});

test('graceMs: 0 releases at once', async () => {
  const scene = new Scene();
  await scene.publish('a');
  const seen = scene.source().pipe(scene.work(100, 'ok', { graceMs: 0 })).subscribe();
  await vi.advanceTimersByTimeAsync(50);
  seen.unsubscribe();
  await vi.advanceTimersByTimeAsync(200);
  expect(scene.calls('settle', 'detach')).toEqual(['50 settle release:a#1', '50 detach']);
});

test('a timeout aborts the signal and waits: fulfilled within the grace is Acked', async () => {
  const scene = new Scene();
  await scene.publish('a', 'b');
  scene.source().pipe(take(2), scene.work(120, 'ok', { timeoutMs: 100, concurrency: 1 })).subscribe((outcome) => { scene.say(said(outcome)); });
  await vi.advanceTimersByTimeAsync(1_000);
  expect(scene.log).toEqual(['0:run a#1', '120:end a#1', '120:acked a#1 = x', '120:run b#1', '240:end b#1', '240:acked b#1 = x']);
  expect(scene.signals.every(({ aborted }) => aborted)).toBe(true);
});

test('a timeout whose grace is over is Failed with WORK_TIMEOUT; the slot is free, two owners do not overlap before', async () => {
  const scene = new Scene();
  await scene.publish('a', 'b');
  scene.source({ retryBackoffMs: [10_000] }).pipe(take(2), ackOnComplete((message) => scene.takes(message.payload === 'a' ? 900 : 10)(message), { timeoutMs: 100, graceMs: 400, concurrency: 1 })).subscribe((outcome) => { scene.say(said(outcome)); });
  await vi.advanceTimersByTimeAsync(2_000);
  expect(scene.log).toEqual(['0:run a#1', '500:failed a#1 WORK_TIMEOUT', '500:run b#1', '510:end b#1', '510:acked b#1 = x', '900:end a#1']);
});

test('an Observable that times out stops at once', async () => {
  const scene = new Scene();
  await scene.publish('a');
  const seen = scene.source({ retryBackoffMs: [10_000] }).pipe(ackOnComplete(() => NEVER, { timeoutMs: 100 })).subscribe((outcome) => { scene.say(said(outcome)); });
  await vi.advanceTimersByTimeAsync(200);
  seen.unsubscribe();
  expect(scene.log).toEqual(['100:failed a#1 WORK_TIMEOUT']);
});

test('a lost lease keeps the slot while the promise runs, and says Lost once', async () => {
  const scene = new Scene(({ op, now }) => (op === 'renew' && now < 400 ? 'error' : undefined));
  await scene.publish('a', 'b');
  const seen = scene.source({ maxInFlight: 2 }).pipe(ackOnComplete((message) => scene.takes(message.deliveryCount === 1 && message.payload === 'a' ? 600 : 10)(message), { concurrency: 1 })).subscribe((outcome) => { scene.say(said(outcome)); });
  await vi.advanceTimersByTimeAsync(2_000);
  seen.unsubscribe();
  expect(scene.log.slice(0, 2)).toEqual(['0:run a#1', '299:lost a#1 lapsed']);
  const end = scene.log.indexOf('600:end a#1');
  expect(scene.log.slice(0, end).filter((line) => line.includes('run'))).toEqual(['0:run a#1']);
  expect(scene.log.filter((line) => line.includes('lost a#1'))).toHaveLength(1);
  expect(scene.log.filter((line) => line.includes('acked')).map((line) => line.replace(/.*acked (.).*/, '$1')).sort()).toEqual(['a', 'b']);
});

test('takeUntil before the work waits for promises', async () => {
  const scene = new Scene();
  await scene.publish('a');
  scene.source().pipe(takeUntil(timer(10)), scene.work(100, 'ok')).subscribe({ next: (outcome) => { scene.say(said(outcome)); }, complete: () => { scene.say('complete'); } });
  await vi.advanceTimersByTimeAsync(200);
  expect(scene.log.slice(2)).toEqual(['100:acked a#1 = x', '100:complete']);
});

test('a promise branch of fanOut gets its grace like a promise alone', async () => {
  const scene = new Scene();
  await scene.publish('a');
  const seen = scene.source().pipe(fanOut([scene.takes(100), scene.takes(200)], { graceMs: 1_000 })).subscribe();
  await vi.advanceTimersByTimeAsync(50);
  seen.unsubscribe();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(scene.calls('settle', 'detach')).toEqual(['200 settle ack:a#1', '200 detach']);
});

test('a promise that rejects after its stream is gone ends no process', async () => {
  const scene = new Scene();
  await scene.publish('a');
  const seen = scene.source().pipe(scene.work(100, 'fails', { graceMs: 0 })).subscribe();
  await vi.advanceTimersByTimeAsync(10);
  seen.unsubscribe();
  await vi.advanceTimersByTimeAsync(500);
  expect(scene.log).toEqual(['0:run a#1', '100:end a#1']);
});

test('close() aborts promises at its deadline and gives their messages back', async () => {
  const scene = new Scene();
  await scene.publish('a');
  scene.source().pipe(scene.work(60_000, 'ok')).subscribe();
  await vi.advanceTimersByTimeAsync(10);
  const closed = scene.cw.close({ deadlineMs: 100 });
  await vi.advanceTimersByTimeAsync(200);
  await closed;
  expect(scene.signals[0]?.aborted).toBe(true);
  expect(scene.calls('settle', 'detach')).toEqual(['110 settle release:a#1', '110 detach']);
});
