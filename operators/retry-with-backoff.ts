import type { Observable } from 'rxjs';
import { DeadLetter, RetryLater } from '../src/subscription/fates.js';
import { failureNote } from '../src/subscription/failure-note.js';
import { Failed } from '../src/subscription/outcome.js';
import { backoffDelay, checkBackoff, type Backoff } from '../src/retry/backoff.js';
import type { AfterRetry, Failures } from './types.js';
import { settleFailures, type Verdict } from './work/settle-failures.js';

type GoesAfter = 'retryWithBackoff() goes after ackOnComplete()';
type NothingFails = 'nothing fails here: put retryWithBackoff() before toDeadLetter()';

/**
 * Hands failed messages back to the backend for a later redelivery: durable, visible to this subscription only, and
 * without using the window while they wait.
 *
 * ```text
 * outcomes   A--F----F|        F: Failed with attempts left, then one that is spent
 * result     A--R----F|        R: Retried, after the backend confirmed. The spent one passes on, not settled.
 * ```
 *
 * Its delays replace the subscription's stored ones. Attempts are the backend's count, so crashes count too; they are
 * bounded by the smaller of `maxAttempts` and the stored `maxDeliveries`. A `RetryLater` of the work decides the delay, a
 * `DeadLetter` passes on at once. A failure that passes on reaches `toDeadLetter`, or else the stored policy.
 *
 * next: everything but retried failures as it comes. error: passes. complete: after the last confirmation. unsubscribe:
 * settlements under way are not cancelled.
 *
 * @throws ChronowError `OPTION_INVALID` at the call. A `when` or `jitter` that throws makes the failure pass on with an
 * AggregateError of both errors.
 *
 * @example
 * ```ts
 * retryWithBackoff({ initialMs: 1_000, factor: 2, maxMs: 30_000, jitter: 'full', when: (error) => !(error instanceof TypeError) })
 * ```
 */
export function retryWithBackoff(policy: Backoff): <S>(source: Failures<S, GoesAfter, NothingFails>) => Observable<AfterRetry<S>> {
  checkBackoff('retryWithBackoff', policy);
  return (source) => settleFailures(source, 'retryWithBackoff', { decide: (failed) => decide(policy, failed) });
}

function decide(policy: Backoff, failed: Failed<unknown>): Verdict {
  const { error, attempt, spent, delivery } = failed;
  if (spent || attempt >= (policy.maxAttempts ?? Infinity) || error instanceof DeadLetter) return 'pass';
  const { runtime } = Failed.fateOf(failed).cell.owner;
  if (policy.maxElapsedMs !== undefined && runtime.now() - delivery.publishedAt >= policy.maxElapsedMs) return 'pass';
  if (policy.when !== undefined && !policy.when(error, attempt)) return 'pass';
  const delayMs = error instanceof RetryLater ? error.delayMs : backoffDelay(policy, attempt, () => runtime.random());
  return { action: 'retry', delayMs, note: failureNote('MaxDeliveries', error) };
}
