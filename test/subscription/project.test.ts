import { EMPTY, NEVER, delay, map, of, retry, take, tap, throwError, timer, type Subscription } from 'rxjs';
import { expect, test } from 'vitest';
import { DeadLetter, RetryLater, ackOnComplete, onFailed, retryWithBackoff, toDeadLetter } from '../../operators/index.js';
import { flow } from '../support/flow.js';

const policy = { retryBackoffMs: [1_000], visibilityTimeoutMs: 300 } as const;

test('an empty inner acks', () => {
  const f = flow((f) => {
    f.publish('a');
    f.see(f.source().pipe(take(1), ackOnComplete(() => EMPTY)));
  });
  expect(f.log).toEqual(['0:acked a#1', '0:complete']);
});

test('one inner that fails leaves its neighbours alone: they finish and ack, it is retried, the stream lives', () => {
  const f = flow((f) => {
    f.publish('a', 'b', 'c');
    f.see(f.source({ retryBackoffMs: [10] }).pipe(ackOnComplete(f.work(({ payload, deliveryCount }) => (payload === 'b' && deliveryCount === 1 ? '--#' : '----|')))));
  });
  expect(f.log.slice(3)).toEqual(['2:failed b#1 error', '4:acked a#1', '4:acked c#1', '12:run b#2', '16:acked b#2']);
});

test('a failure that nothing behind takes is retried under the stored policy, then buried', () => {
  const f = flow((f) => {
    f.publish('a');
    f.see(f.source({ maxDeliveries: 3, retryBackoffMs: [10, 20] }).pipe(ackOnComplete(f.work('-#'))));
  });
  expect(f.log).toEqual(['0:run a#1', '1:failed a#1 error', '11:run a#2', '12:failed a#2 error', '32:run a#3', '33:failed a#3 error spent']);
  expect(f.dead).toEqual(['a#3 MaxDeliveries']);
});

test.each([
  ['throws', () => { throw new Error('own'); }, 'Error: own'],
  ['returns nothing', () => undefined as never, 'WORK_INVALID'],
  ['returns a number', () => 5 as never, 'WORK_INVALID'],
  ['returns a text', () => 'abc' as never, 'WORK_INVALID'],
  ['returns a plain object', () => ({ amount: 1 }) as never, 'WORK_INVALID'],
  ['returns a promise in virtual time', () => Promise.resolve(1), 'WORK_INVALID'],
  ['is an async function that throws in virtual time', async () => { throw new Error('never seen'); }, 'WORK_INVALID'],
] as const)('a project that %s is one Failed; no message is lost', (_what, project, error) => {
  const f = flow((f) => {
    f.publish('a', 'b');
    f.see(f.source(policy).pipe(ackOnComplete((message) => (message.payload === 'a' ? project() : of(1)))));
  }, { horizon: 50 });
  expect(f.log).toEqual([`0:failed a#1 ${error}`, '0:acked b#1 = 1']);
  expect(f.state).toBe('delayed 1');
});

test('a project may answer an array or another iterable, a promise-like or anything RxJS takes', () => {
  const f = flow((f) => {
    f.publish('a', 'b');
    f.see(f.source().pipe(ackOnComplete(({ payload }) => (payload === 'a' ? [1, 2] : new Set([3])))));
  });
  expect(f.log).toEqual(['0:acked a#1 = 2', '0:acked b#1 = 3']);
});

test('a project that never ends does not stop the others; the window does', () => {
  const f = flow((f) => {
    f.publish('a', 'b', 'c');
    f.see(f.source({ maxInFlight: 2 }).pipe(ackOnComplete(({ payload }) => (payload === 'a' ? NEVER : timer(2)))));
  }, { horizon: 1_000 });
  expect(f.log).toEqual(['2:acked b#1 = 0', '4:acked c#1 = 0']);
});

test.each(['in the project', 'in its next'] as const)('work that ends its own stream %s is given back, and not settled twice', (how) => {
  const f = flow((f) => {
    f.publish('a', 'b');
    const seen: Subscription = f.see(f.source().pipe(ackOnComplete(() => {
      if (how === 'in the project') seen.unsubscribe();
      return of(1).pipe(tap(() => { seen.unsubscribe(); }));
    })));
  });
  expect(f.events).toEqual([]);
  f.expectAllOver();
  expect(f.state).toBe('waiting 2');
});

test('DeadLetter and RetryLater decide, with or without operators behind', () => {
  for (const behind of [false, true]) {
    const f = flow((f) => {
      f.publish('a', 'b');
      const work = f.source(policy).pipe(ackOnComplete(({ payload }) => throwError(() => (payload === 'a' ? new DeadLetter('TooLarge') : new RetryLater(77)))));
      f.see(behind ? work.pipe(retryWithBackoff({ initialMs: 5, jitter: 'none' }), toDeadLetter()) : work);
    }, { horizon: 50 });
    expect(f.callsOf('settle')).toEqual(['0 settle dead(TooLarge):a#1 retry(77):b#1']);
    expect(f.dead).toEqual(['a#1 TooLarge']);
    if (behind) expect(f.log).toEqual(['0:dead a#1 TooLarge', '0:retried b#1 +77']);
  }
});

test('attempts end at the smaller of maxAttempts and the stored maxDeliveries; crashes count', () => {
  const f = flow((f) => {
    f.publish('a');
    const seen = f.source({ maxDeliveries: 3, visibilityTimeoutMs: 30 }).subscribe();
    f.at(1, () => { seen.unsubscribe(); });
    f.at(40, () => f.see(f.source().pipe(ackOnComplete(f.work('-#')), retryWithBackoff({ initialMs: 5, jitter: 'none', maxAttempts: 10 }), toDeadLetter())));
  });
  expect(f.log).toEqual(['40:run a#2', '41:retried a#2 +10', '51:run a#3', '52:dead a#3 MaxDeliveries']);
});

test.each([
  ['when', { initialMs: 1, when: () => { throw new Error('mine'); } }],
  ['jitter', { initialMs: 1, jitter: () => { throw new Error('mine'); } }],
  ['jitter', { initialMs: 1, jitter: () => Number.NaN }],
] as const)('a `%s` that throws neither ends the process nor the stream: both errors go on', (_name, backoff) => {
  const f = flow((f) => {
    f.publish('a', 'b');
    f.see(f.source(policy).pipe(ackOnComplete(({ payload }) => (payload === 'a' ? throwError(() => new Error('work')) : of(1))), retryWithBackoff(backoff)));
  }, { horizon: 50 });
  expect(f.log[0]).toMatch(/^0:failed a#1 \[Error: work, (Error: mine|OPTION_INVALID)\]$/);
  expect(f.log[1]).toBe('0:acked b#1 = 1');
  expect(f.state).toBe('delayed 1');
});

test('a failure seen too late got the policy: the later operator says what really happened, and the event that it was late', () => {
  const f = flow((f) => {
    f.publish('a');
    f.see(f.source(policy).pipe(take(1), ackOnComplete(f.work('-#')), delay(5), retryWithBackoff({ initialMs: 1 }), toDeadLetter()));
  }, { horizon: 900 });
  expect(f.log).toEqual(['0:run a#1', '6:retried a#1 +policy', '6:complete']);
  expect(f.events).toEqual(['6:failed-too-late a']);
});

test('retry() after an own error is a new consumer that goes on', () => {
  let thrown = false;
  const f = flow((f) => {
    f.publish('a', 'b');
    f.see(f.source({ maxInFlight: 1 }).pipe(ackOnComplete(f.work('-|')), map((outcome) => {
      if (!thrown) { thrown = true; throw new Error('own'); }
      return outcome;
    }), retry(1)));
  });
  expect(f.log).toEqual(['0:run a#1', '1:run b#1', '2:acked b#1']);
  expect(f.calls.filter((line) => line.includes('c2')).length).toBeGreaterThan(0);
  expect(f.state).toBe('');
});

test('a subscriber whose next throws does not disturb the source: the ack is done', () => {
  const errors: unknown[] = [];
  let f: ReturnType<typeof flow> | undefined;
  try {
    flow((made) => {
      f = made;
      made.publish('a', 'b');
      made.source().pipe(ackOnComplete(() => of(1))).subscribe(() => { throw new Error('observer'); });
    });
  } catch (error) {
    errors.push(error);
  }
  expect(String(errors[0])).toMatch(/observer/);
  expect(f?.state).toBe('');
});

test('what is decided later than the teardown is the policy\'s', () => {
  const f = flow((f) => {
    f.publish('a');
    const seen = f.see(f.source(policy).pipe(ackOnComplete(f.work('-#')), onFailed(() => NEVER)));
    f.at(5, () => { seen.unsubscribe(); });
  }, { horizon: 50 });
  expect(f.callsOf('settle', 'detach')).toEqual(['5 settle retry:a#1', '5 detach']);
});
