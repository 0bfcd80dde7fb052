import { DeadLetter } from '../../src/subscription/fates.js';

/** The reason of a dead letter where nobody named one: the work's own, else whether any attempt was left. */
export function deathReason(error: unknown, spent: boolean): string {
  if (error instanceof DeadLetter) return error.reason;
  return spent ? 'MaxDeliveries' : 'Rejected';
}
