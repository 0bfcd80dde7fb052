import { defaultIfEmpty, defer, forkJoin, Observable, type ObservableInput, type OperatorFunction } from 'rxjs';
import type { Delivery, Message } from '../src/subscription/delivery.js';
import type { Acked, Failed, Lost } from '../src/subscription/outcome.js';
import { ackOnComplete, type AckOnCompleteOptions } from './ack-on-complete.js';

/** Work on a message, one of several. */
export type Branch<T, R> = (message: Message<T>) => ObservableInput<R>;

/** The last value of every branch, in order; undefined for one that emitted none. */
export type BranchValues<R extends readonly unknown[]> = { readonly [K in keyof R]: R[K] | undefined };

/**
 * Runs several pieces of work on one delivery, side by side, and acks it when all have completed. Two `ackOnComplete` behind
 * a `share()` cannot do that: a delivery has one owner.
 *
 * ```text
 * deliveries           a--------|
 * branch 1             --|
 * branch 2             -----|
 * fanOut([1, 2])       -----A---|        A: Acked, when both are done
 * ```
 *
 * The first branch that fails makes the message `Failed`; the others are unsubscribed. For independent consumers, each with
 * its own retries, use two subscriptions. next, error, complete, unsubscribe, options and errors: as `ackOnComplete`.
 *
 * @example
 * ```ts
 * orders.subscription('fulfilment').pipe(fanOut([reserveStock, (message) => mail(message.payload)]), retryWithBackoff({ initialMs: 500 }), toDeadLetter())
 * ```
 */
export function fanOut<T, R extends readonly unknown[]>(branches: readonly [...{ readonly [K in keyof R]: Branch<T, R[K]> }], options?: AckOnCompleteOptions): OperatorFunction<Delivery<T>, Acked<T, BranchValues<R>> | Failed<T> | Lost<T>> {
  return ackOnComplete((message: Message<T>) => allBranches<T, R>(branches, message), options);
}

/** Completes with the last value of each, in order, once all have completed; the first error ends it. */
function allBranches<T, R extends readonly unknown[]>(branches: readonly Branch<T, unknown>[], message: Message<T>): Observable<BranchValues<R>> {
  const runs = branches.map((branch) => defer(() => branch(message)).pipe(defaultIfEmpty(undefined)));
  return new Observable((out) => {
    // An array of results is a tuple only by its construction; the signature above says which.
    const sink: { next(values: readonly unknown[]): void } = out;
    return forkJoin(runs).subscribe({
      next: (values) => { sink.next(values); },
      error: (error: unknown) => { out.error(error); },
      complete: () => { out.complete(); },
    });
  });
}
