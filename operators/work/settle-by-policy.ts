import { DeadLetter, RetryLater } from '../../src/subscription/fates.js';
import { failureNote } from '../../src/subscription/failure-note.js';
import type { FailureFate } from '../../src/subscription/outcome.js';

/** What happens to a failure that no operator took: what the work asked for, else a retry by the stored policy. */
export function settleByPolicy(fate: FailureFate, error: unknown): void {
  if (error instanceof DeadLetter) fate.settle('dead-letter', undefined, failureNote(error.reason, error));
  else fate.settle('retry', error instanceof RetryLater ? error.delayMs : undefined, failureNote('MaxDeliveries', error));
}
