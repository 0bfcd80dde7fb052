import { EMPTY, map, takeUntil, tap, throwError, timer } from 'rxjs';
import { expect, test } from 'vitest';
import { DeadLetter, RetryLater, ackOnComplete, retryWithBackoff, type Backoff, type Message } from '../../operators/index.js';
import { flow } from '../support/flow.js';
import { Diagram, seen } from './support/diagram.js';

const letters: Record<string, string> = { acked: 'A', failed: 'F', retried: 'R', lost: 'L', 'dead-lettered': 'D' };

/** `a` is acked, the others fail. */
const work = ({ payload }: Message<string>) => (payload === 'a' ? EMPTY : throwError(() => new Error('own')));

test('does what its diagram shows', () => {
  const diagram = new Diagram('retry-with-backoff');
  const outcomes: string[] = [];
  let result: string[] = [];
  flow((f) => {
    f.at(0, () => { f.publish('a'); });
    f.at(3, () => { f.publish('b'); });
    // b comes back after 5, for its last attempt.
    result = seen(f, f.source({ maxDeliveries: 2 }).pipe(
      takeUntil(timer(9)),
      ackOnComplete(work),
      tap({ next: ({ kind }) => { outcomes.push(`${f.now}:${letters[kind] ?? ''}`); }, complete: () => { outcomes.push(`${f.now}:|`); } }),
      retryWithBackoff({ initialMs: 5, jitter: 'none' }),
    ), ({ kind }) => letters[kind]);
  });
  diagram.expect(outcomes, 'outcomes');
  diagram.expect(result, 'result');
  diagram.expectAllRun();
});

test.each([
  ['nothing', undefined],
  ['null', null],
  ['no initialMs', {}],
  ['a negative initialMs', { initialMs: -1 }],
  ['NaN', { initialMs: Number.NaN }],
  ['factor 0', { initialMs: 1, factor: 0 }],
  ['an unknown jitter', { initialMs: 1, jitter: 'some' }],
  ['maxAttempts 0', { initialMs: 1, maxAttempts: 0 }],
  ['a `when` that is no function', { initialMs: 1, when: true }],
  ['an unknown option', { initialMs: 1, max: 5 }],
])('refuses %s, at the call', (_what, backoff) => {
  expect(() => retryWithBackoff(backoff as Backoff)).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }) as Error);
});

test('its delays grow by the factor up to the longest', () => {
  const f = flow((f) => {
    f.publish('b');
    f.see(f.source({ maxDeliveries: 6 }).pipe(ackOnComplete(work), retryWithBackoff({ initialMs: 10, factor: 3, maxMs: 50, jitter: 'none' })));
  });
  expect(f.log).toEqual(['0:retried b#1 +10', '10:retried b#2 +30', '40:retried b#3 +50', '90:retried b#4 +50', '140:retried b#5 +50', '190:failed b#6 Error: own spent']);
});

test('jitter is drawn from the runtime: full between 0 and the delay', () => {
  const delays = new Set<string>();
  flow((f) => {
    f.publish(...Array.from({ length: 50 }, (_, index) => `m${index}`));
    f.source().pipe(ackOnComplete(work), retryWithBackoff({ initialMs: 1_000 })).subscribe((outcome) => { if (outcome.kind === 'retried') delays.add(String(outcome.delayMs)); });
  }, { horizon: 0 });
  expect(delays.size).toBeGreaterThan(40);
  expect([...delays].every((delay) => Number(delay) >= 0 && Number(delay) <= 1_000)).toBe(true);
});

test('a jitter of one\'s own gets the delay and the attempt', () => {
  const calls: number[][] = [];
  const f = flow((f) => {
    f.publish('b');
    f.see(f.source().pipe(ackOnComplete(work), retryWithBackoff({ initialMs: 10, maxAttempts: 3, jitter: (delayMs, attempt) => { calls.push([delayMs, attempt]); return delayMs / 2; } })));
  });
  expect(calls).toEqual([[10, 1], [20, 2]]);
  expect(f.log.slice(0, 2)).toEqual(['0:retried b#1 +5', '5:retried b#2 +10']);
});

test('passes on what `when` does not want, what is too old, and a DeadLetter; a RetryLater has its own delay', () => {
  const f = flow((f) => {
    f.publish('no', 'old', 'dead', 'later');
    const errors: Record<string, Error> = { no: new TypeError('no'), old: new Error('old'), dead: new DeadLetter('Broken'), later: new RetryLater(33) };
    f.see(f.source({ retryBackoffMs: [5_000] }).pipe(ackOnComplete(({ payload }) => (payload === 'old' ? timer(5).pipe(map(() => { throw errors['old'] ?? new Error('none'); })) : throwError(() => errors[payload]))), retryWithBackoff({ initialMs: 10, jitter: 'none', maxElapsedMs: 5, when: (error) => !(error instanceof TypeError) })));
  }, { horizon: 30 });
  expect(f.log).toEqual(['0:failed no#1 TypeError: no', '0:failed dead#1 DeadLetter: Broken', '0:retried later#1 +33', '5:failed old#1 Error: old']);
});

test('what passes on and is taken by nobody is settled by the policy', () => {
  const f = flow((f) => {
    f.publish('b');
    f.see(f.source({ retryBackoffMs: [500] }).pipe(ackOnComplete(work), retryWithBackoff({ initialMs: 1, maxAttempts: 1 })));
  }, { horizon: 50 });
  expect(f.log).toEqual(['0:failed b#1 Error: own']);
  expect(f.callsOf('settle')).toEqual(['0 settle retry:b#1']);
});

test('two of them: the first that wants it has it', () => {
  const f = flow((f) => {
    f.publish('b', 'c');
    f.see(f.source().pipe(ackOnComplete(({ payload }) => throwError(() => new Error(payload))), retryWithBackoff({ initialMs: 10, jitter: 'none', when: (error) => (error as Error).message === 'b' }), retryWithBackoff({ initialMs: 20, jitter: 'none' })));
  }, { horizon: 5 });
  expect(f.callsOf('settle')).toEqual(['0 settle retry(10):b#1 retry(20):c#1']);
});

test('error passes; complete waits for the confirmation; other values pass', () => {
  const f = flow((f) => {
    for (const source of [throwError(() => new Error('source')), EMPTY]) f.see(source.pipe(ackOnComplete(work), retryWithBackoff({ initialMs: 1 })));
  });
  expect(f.log).toEqual(['0:error Error: source', '0:complete']);
});
