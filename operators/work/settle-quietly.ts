import type { Custodian, LeaseCell } from '../../src/subscription/lease-cell.js';
import { failureNote } from '../../src/subscription/failure-note.js';

/** Answers for a delivery only to settle it at once. */
const passing: Custodian = {
  renews: true,
  yields: false,
  handSettles: false,
  lost: () => undefined,
  leaseLimit: () => undefined,
  revoke: () => undefined,
  settling: () => undefined,
  ended: () => undefined,
};

/** Acks a delivery that a helper drops on purpose. */
export function ackQuietly(cell: LeaseCell): void {
  if (cell.take(passing)) cell.settle('ack', undefined);
}

/** A user's function threw before any work began: the delivery is retried by the stored policy, the stream goes on. */
export function retryQuietly(cell: LeaseCell, operator: string, error: unknown): void {
  cell.owner.report({ type: 'handler-failed', subscription: cell.owner.subscription, operator, error });
  if (cell.take(passing)) cell.settle('retry', undefined, undefined, failureNote('MaxDeliveries', error));
}
