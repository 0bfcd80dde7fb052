import { NEVER, Subject, delay, map, take, takeUntil, timer, type Observable } from 'rxjs';
import { expect, test } from 'vitest';
import { ackOnComplete, drainOn, hold, onFailed, retryWithBackoff, toDeadLetter, type Acked, type Failed, type Lost } from '../../operators/index.js';
import { flow } from '../support/flow.js';

type Work = Observable<Acked<unknown, string> | Failed<unknown> | Lost<unknown>>;

test('takeUntil before the work finishes what runs, releases the rest, then completes', () => {
  const f = flow((f) => {
    f.publish('a', 'b', 'c');
    f.see(f.source({ maxInFlight: 2 }).pipe(takeUntil(timer(4)), ackOnComplete(f.work('9ms |'))));
  });
  expect(f.log).toEqual(['0:run a#1', '0:run b#1', '9:acked a#1', '9:acked b#1', '9:complete']);
  expect(f.callsOf('settle', 'detach')).toEqual(['9 settle ack:a#1 ack:b#1', '9 detach']);
  expect(f.state).toBe('waiting 1');
});

test('leases go on being renewed while it drains', () => {
  const f = flow((f) => {
    f.publish('a');
    f.see(f.source({ visibilityTimeoutMs: 30 }).pipe(take(1), ackOnComplete(f.work('95ms |'))));
  });
  expect(f.callsOf('renew')).toEqual([10, 20, 30, 40, 50, 60, 70, 80, 90].map((time) => `${time} renew a#1`));
  expect(f.log).toEqual(['0:run a#1', '95:acked a#1', '95:complete']);
});

test('what waits for a free place in the operator is worked off too: it was taken', () => {
  const f = flow((f) => {
    f.publish('a', 'b', 'c');
    f.see(f.source().pipe(takeUntil(timer(1)), ackOnComplete(f.work('--|'), { concurrency: 1 })));
  });
  expect(f.log.filter((line) => !line.includes('run'))).toEqual(['2:acked a#1', '4:acked b#1', '6:acked c#1', '6:complete']);
});

test.each([
  ['acks', '2 settle ack:a#1', (work: Work) => work],
  ['the retries of the policy', '2 settle retry:a#1', (work: Work) => work],
  ['retries', '2 settle retry(1000):a#1', (work: Work) => work.pipe(retryWithBackoff({ initialMs: 1_000, jitter: 'none' }))],
  ['dead letters', '2 settle dead(Rejected):a#1', (work: Work) => work.pipe(toDeadLetter())],
])('completes only after %s are confirmed', (kind, settled, behind) => {
  const f = flow((f) => {
    f.publish('a');
    f.see(behind(f.source({ retryBackoffMs: [1_000] }).pipe(take(1), ackOnComplete(f.work(kind === 'acks' ? '--|' : '--#')))));
  }, { faults: ({ op }) => (op === 'settle' ? { after: 10 } : undefined), horizon: 500 });
  expect(f.callsOf('settle')).toEqual([settled]);
  expect(f.log.at(-1)).toBe('12:complete');
});

test('completes only after a failure is decided, and that is confirmed', () => {
  const f = flow((f) => {
    f.publish('a');
    f.see(f.source().pipe(take(1), ackOnComplete(f.work('--#')), onFailed(() => timer(3).pipe(map(() => 'ack' as const)))));
  }, { faults: ({ op }) => (op === 'settle' ? { after: 10 } : undefined) });
  expect(f.log.slice(1)).toEqual(['15:acked a#1', '15:complete']);
});

test('drainOn stops reading at the notifier and lets the work finish', () => {
  const f = flow((f) => {
    f.publish('a', 'b', 'c');
    f.see(f.source({ maxInFlight: 2 }).pipe(drainOn(timer(4)), ackOnComplete(f.work('9ms |'))));
  });
  expect(f.log.filter((line) => !line.includes('run'))).toEqual(['9:acked a#1', '9:acked b#1', '9:complete']);
  expect(f.state).toBe('waiting 1');
});

test('drainOn with a deadline cancels and releases what is not done by then, and completes', () => {
  const f = flow((f) => {
    f.publish('a', 'b');
    f.see(f.source().pipe(drainOn(timer(4), { deadlineMs: 5 }), ackOnComplete(f.work(({ payload }) => (payload === 'a' ? '6ms |' : '50ms |')))));
  });
  expect(f.log).toEqual(['0:run a#1', '0:run b#1', '6:acked a#1', '9:stop b#1', '9:complete']);
  expect(f.callsOf('settle', 'detach')).toEqual(['6 settle ack:a#1', '9 settle release:b#1', '9 detach']);
});

test('a drain does not wait for ever for a store that is down: past the lease the outcome is unknown', () => {
  const f = flow((f) => {
    f.publish('a');
    f.see(f.source({ visibilityTimeoutMs: 1_000 }).pipe(take(1), ackOnComplete(f.work('--|'))));
  }, { faults: ({ op }) => (op === 'settle' ? 'error' : undefined) });
  expect(f.log.at(-2)).toMatch(/:lost a#1 unknown$/);
  expect(f.log.at(-1)).toMatch(/:complete$/);
  const ended = Number(f.log.at(-1)?.split(':')[0]);
  expect(ended).toBeGreaterThanOrEqual(1_000);
  expect(ended).toBeLessThan(2_100);
});

test('a raw stage between source and work drains as well, if hold() keeps its leases', () => {
  const f = flow((f) => {
    f.publish('a', 'b', 'c');
    f.see(f.source({ visibilityTimeoutMs: 60 }).pipe(takeUntil(timer(1)), hold(), delay(100), ackOnComplete(f.work('--|'))));
  });
  expect(f.log.filter((line) => !line.includes('run'))).toEqual(['102:acked a#1', '102:acked b#1', '102:acked c#1', '102:complete']);
  expect(f.events).toEqual([]);
});

test('a drain that began while a claim was under way releases what the claim still brings', () => {
  const f = flow((f) => {
    const stop = new Subject<void>();
    f.publish('a');
    f.see(f.source({ maxInFlight: 4 }).pipe(takeUntil(stop), ackOnComplete(f.work('9ms |'))));
    f.at(12, () => { f.publish('b'); });
    f.at(13, () => { stop.next(); });
  }, { faults: ({ op }) => (op === 'claim' ? { after: 5 } : undefined) });
  expect(f.log).toEqual(['5:run a#1', '14:acked a#1', '14:complete']);
  expect(f.calls).toEqual(['0 claim 4', '5 claimed a#1', '5 claim 3', '14 settle ack:a#1', '17 claimed b#1', '17 settle release:b#1', '17 detach']);
});

test('the source itself never completes: a silent end would be a zombie', () => {
  const f = flow((f) => {
    f.publish('a');
    f.see(f.source().pipe(ackOnComplete(f.work('--|'))));
  });
  expect(f.log).toEqual(['0:run a#1', '2:acked a#1']);
});

test('a second drain, or an unsubscribe during one, changes nothing about what is under way', () => {
  const f = flow((f) => {
    f.publish('a', 'b');
    const seen = f.see(f.source().pipe(drainOn(timer(2)), drainOn(timer(3)), ackOnComplete(f.work(({ payload }) => (payload === 'a' ? '3ms |' : '30ms |')))));
    f.at(6, () => { seen.unsubscribe(); });
  });
  expect(f.log).toEqual(['0:run a#1', '0:run b#1', '3:acked a#1', '6:stop b#1']);
  expect(f.callsOf('settle', 'detach')).toEqual(['3 settle ack:a#1', '6 settle release:b#1', '6 detach']);
});

test('work that never ends does not stop a drain with a deadline', () => {
  const f = flow((f) => {
    f.publish('a');
    f.see(f.source().pipe(drainOn(timer(2), { deadlineMs: 3 }), ackOnComplete(() => NEVER)));
  });
  expect(f.log).toEqual(['5:complete']);
  expect(f.state).toBe('waiting 1');
});
