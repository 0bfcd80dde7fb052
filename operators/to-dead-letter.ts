import type { Observable } from 'rxjs';
import { checkOptions } from '../src/options/check-options.js';
import { callable, either, text } from '../src/options/rules.js';
import { failureNote } from '../src/subscription/failure-note.js';
import type { Failed } from '../src/subscription/outcome.js';
import type { AfterDeadLetter, Outcomes } from './types.js';
import { deathReason } from './work/death-reason.js';
import { settleFailures, type Decision } from './work/settle-failures.js';

/** Options of {@link toDeadLetter}. */
export interface ToDeadLetterOptions {
  /** The reason code: a text of 1-200 characters, or a function of the failure. Default: `MaxDeliveries` where no attempt is left, else `Rejected`; a `DeadLetter` of the work brings its own. */
  readonly reason?: string | ((failed: Failed<unknown>) => string) | undefined;
}

/**
 * Sends the failures that reach it to the subscription's dead letters, with reason, description and error chain.
 *
 * ```text
 * outcomes   A--F--R|
 * result     A--D--R|        D: DeadLettered, after the backend confirmed. Behind it the stream holds no Failed.
 * ```
 *
 * next: everything else as it comes. error: passes. complete: after the last confirmation. unsubscribe: settlements under
 * way are not cancelled. Where the subscription keeps no dead letters, `stored` is false. A `reason` that throws, or answers no
 * text of 1-200 characters, is replaced by the default, and both errors are stored.
 *
 * @throws ChronowError `OPTION_INVALID` at the call.
 *
 * @example
 * ```ts
 * toDeadLetter({ reason: (failed) => (failed.error instanceof FraudError ? 'Fraud' : 'Exhausted') })
 * ```
 */
export function toDeadLetter(options: ToDeadLetterOptions = {}): <S>(source: Outcomes<S, 'toDeadLetter() goes after ackOnComplete()'>) => Observable<AfterDeadLetter<S>> {
  checkOptions('toDeadLetter', options, { reason: either(text(1, 200), callable) });
  const { reason } = options;
  return (source) => settleFailures(source, 'toDeadLetter', { decide: (failed) => decide(reason, failed) });
}

function decide(reason: ToDeadLetterOptions['reason'], failed: Failed<unknown>): Decision {
  const { error, spent } = failed;
  try {
    return { action: 'dead-letter', note: failureNote(reasonOf(reason, failed), error) };
  } catch (unreasoned) {
    // It still goes where it was sent: behind this operator nobody waits for a failure.
    return { action: 'dead-letter', note: failureNote(deathReason(error, spent), new AggregateError([error, unreasoned], 'toDeadLetter({ reason }) failed itself')) };
  }
}

function reasonOf(reason: ToDeadLetterOptions['reason'], failed: Failed<unknown>): string {
  if (typeof reason !== 'function') return reason ?? deathReason(failed.error, failed.spent);
  const chosen: unknown = reason(failed);
  checkOptions('toDeadLetter', { reason: chosen ?? null }, { reason: text(1, 200) });
  return String(chosen);
}
