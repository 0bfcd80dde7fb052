import { Observable, type MonoTypeOperatorFunction } from 'rxjs';
import type { Delivery } from '../src/subscription/delivery.js';
import { Keeper } from './work/keeper.js';
import { cellOf } from './work/cell-of.js';

/**
 * Takes custody in front of slow raw stages: what passes through is renewed until a settling operator further down takes
 * it. Without it a delivery that waits in a `concatMap` longer than a lease lapses before any work begins.
 *
 * ```text
 * deliveries   a-b-------|
 * hold()       a-b-------|      the same deliveries, renewed from here on
 * ```
 *
 * next: every delivery. error: passes. complete: when the source completed and everything was taken further down, or is
 * gone. unsubscribe: what was not taken further down is released, with the attempt refunded. A delivery that no operator
 * ever takes is renewed until `maxLeaseMs`, then counts as an attempt.
 *
 * @example
 * ```ts
 * payments.subscription('fraud-detector').pipe(hold(), concatMap(lookUpCustomer), ackOnComplete(score))
 * ```
 */
export function hold<T>(): MonoTypeOperatorFunction<Delivery<T>> {
  return (source) => new Observable((out) => {
    let sourceDone = false;
    const completeIfDone = (): void => { if (sourceDone && keeper.size === 0) out.complete(); };
    const keeper = new Keeper({ yields: true, onGone: completeIfDone });
    out.add(() => { keeper.releaseAll(); });
    out.add(source.subscribe({
      next: (delivery) => {
        const cell = cellOf(delivery, out);
        if (cell === undefined) return;
        keeper.take(cell);
        out.next(delivery);
      },
      error: (error: unknown) => { out.error(error); },
      complete: () => {
        sourceDone = true;
        completeIfDone();
      },
    }));
  });
}
