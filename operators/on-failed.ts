import { isObservable, take, type Observable } from 'rxjs';
import { checkOptions, type OptionRules } from '../src/options/check-options.js';
import { number, oneOf, text } from '../src/options/rules.js';
import { failureNote } from '../src/subscription/failure-note.js';
import type { Failed } from '../src/subscription/outcome.js';
import type { AfterDecision, FailedPayload, Failures } from './types.js';
import { checkProject } from './work/work-errors.js';
import { deathReason } from './work/death-reason.js';
import { settleFailures, type Decision, type Verdict } from './work/settle-failures.js';

/**
 * What is to become of a failure: `retry` it (after `delayMs`, default by the stored policy), `dead-letter` it with a
 * reason, or `ack` it all the same.
 */
export type FailureDecision =
  | 'ack'
  | 'retry'
  | 'dead-letter'
  | { readonly action: 'retry'; readonly delayMs?: number | undefined }
  | { readonly action: 'dead-letter'; readonly reason?: string | undefined; readonly description?: string | undefined };

/**
 * Takes every failure in the call that brings it and decides what becomes of it, at once or later. The lease is renewed
 * while it is undecided.
 *
 * ```text
 * outcomes    A--F-----|
 * decision       --d|           the first value decides
 * result      A----D---|        D: what really happened, after the backend confirmed
 * ```
 *
 * next: everything else as it comes. error: passes. complete: after the last confirmation. unsubscribe: what is undecided
 * is retried by the stored policy. A decision that errors, or completes without a value, is a retry by the stored policy, which
 * sends a spent message to the dead letters with both errors: keep a compensation that may fail in the decision's own `retry()`.
 * `'dead-letter'` without a reason takes that of the work's `DeadLetter`, else `MaxDeliveries` where no attempt is left, else `Rejected`.
 *
 * @throws ChronowError `OPTION_INVALID` at the call. A `decide` that throws, or answers no decision, makes the failure pass on to
 * the policy, with an AggregateError of both errors.
 *
 * @example
 * ```ts
 * onFailed((failed) => ask(failed.error).pipe(map((answer) => (answer === 'give up' ? 'dead-letter' : 'retry'))))
 * ```
 */
export function onFailed<S>(
  decide: (failed: Failed<FailedPayload<S>>) => FailureDecision | Observable<FailureDecision>,
): (source: Failures<S, 'onFailed() goes after ackOnComplete()', 'nothing fails here: put onFailed() before toDeadLetter()'>) => Observable<AfterDecision<S>> {
  checkProject('onFailed', decide);
  return (source) => settleFailures(source, 'onFailed', {
    decide: (failed: Failed<FailedPayload<S>>) => verdictOf(decide(failed), failed),
  });
}

function verdictOf(answer: FailureDecision | Observable<FailureDecision>, { error, spent }: Failed<unknown>): Verdict {
  if (!isObservable(answer)) return decision(answer, error, spent);
  return (settle) => {
    let decided = false;
    const decide = (chosen: FailureDecision, cause: unknown): void => {
      decided = true;
      settle(decision(chosen, cause, spent));
    };
    const subscription = answer.pipe(take(1)).subscribe({
      next: (chosen) => {
        try {
          decide(chosen, error);
        } catch (invalid) {
          decide('retry', new AggregateError([error, invalid], 'onFailed: the decision about a failure is none'));
        }
      },
      // Both errors go with the message: one says why it failed, the other why nobody decided.
      error: (undecided: unknown) => { decide('retry', new AggregateError([error, undecided], 'onFailed: the decision about a failure failed itself')); },
      complete: () => { if (!decided) decide('retry', error); },
    });
    return () => { subscription.unsubscribe(); };
  };
}

const decisionRules: OptionRules = {
  action: oneOf('ack', 'retry', 'dead-letter'),
  delayMs: number(0, Number.MAX_SAFE_INTEGER, 'milliseconds'),
  reason: text(1, 200),
  description: text(0, Infinity),
};

/** Throws `OPTION_INVALID`. */
function decision(chosen: FailureDecision, error: unknown, spent: boolean): Decision {
  const given: object = typeof chosen === 'string' ? { action: chosen } : chosen;
  // Required: what is missing is refused like what is out of range.
  checkOptions('a decision of onFailed', { action: null, ...given }, decisionRules);
  const { action, delayMs, reason, description } = { delayMs: undefined, reason: undefined, description: undefined, ...(typeof chosen === 'string' ? { action: chosen } : chosen) };
  if (action === 'dead-letter') return { action, note: failureNote(reason ?? deathReason(error, spent), error, description) };
  return { action, delayMs, note: failureNote('MaxDeliveries', error) };
}
