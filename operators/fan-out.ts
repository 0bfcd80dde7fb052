import { Observable, defaultIfEmpty, forkJoin, fromEvent, of, takeUntil, type MonoTypeOperatorFunction, type ObservableInput, type OperatorFunction } from 'rxjs';
import { ChronowError } from '../src/errors.js';
import type { Delivery, Message } from '../src/subscription/delivery.js';
import type { Acked, Failed, Lost } from '../src/subscription/outcome.js';
import { ackOnComplete, type AckOnCompleteOptions } from './ack-on-complete.js';
import { checkProject, isPromise, withPromises, workStream } from './work/work-errors.js';

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
  if (!Array.isArray(branches) || branches.length === 0) throw new ChronowError('OPTION_INVALID', 'fanOut(branches) must be a list of one or more functions of a message');
  for (const branch of branches) checkProject('fanOut', branch);
  return ackOnComplete((message: Message<T>) => allBranches<T, R>(branches, message), options);
}

/** Completes with the last value of each, in order, once all have completed; the first error ends it. */
function allBranches<T, R extends readonly unknown[]>(branches: readonly Branch<T, unknown>[], message: Message<T>): Observable<BranchValues<R>> {
  const works = begun(branches, message);
  const promises = works.map(isPromise);
  const mixed = promises.includes(true) && promises.includes(false);
  // Told to stop, Observables stop at once and only the promises are waited for.
  const runs = works.map((work, index) => (mixed && promises[index] === false ? workStream(work).pipe(untilAborted(message.signal)) : workStream(work)).pipe(defaultIfEmpty(undefined)));
  const all = new Observable<BranchValues<R>>((out) => {
    // An array of results is a tuple only by its construction; the signature above says which.
    const sink: { next(values: readonly unknown[]): void } = out;
    return forkJoin(runs).subscribe({
      next: (values) => {
        if (mixed && message.signal.aborted) out.error(message.signal.reason);
        else sink.next(values);
      },
      error: (error: unknown) => { out.error(error); },
      complete: () => { out.complete(); },
    });
  });
  return promises.includes(true) ? withPromises(all) : all;
}

/** Begins every branch. When one throws, the promises of the others must not end the process by a rejection nobody hears. */
function begun<T>(branches: readonly Branch<T, unknown>[], message: Message<T>): readonly ObservableInput<unknown>[] {
  const works: ObservableInput<unknown>[] = [];
  try {
    for (const branch of branches) works.push(checkedWork(branch(message)));
  } catch (error) {
    for (const work of works) if (isPromise(work)) workStream(work).subscribe({ error: () => undefined });
    throw error;
  }
  return works;
}

/** Throws `WORK_INVALID`. */
function checkedWork(work: ObservableInput<unknown>): ObservableInput<unknown> {
  void workStream(work);
  return work;
}

function untilAborted<R>(signal: AbortSignal): MonoTypeOperatorFunction<R> {
  return takeUntil(signal.aborted ? of(true) : fromEvent(signal, 'abort'));
}
