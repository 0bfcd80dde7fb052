import { Observable, type OperatorFunction } from 'rxjs';
import type { Delivery } from '../src/subscription/delivery.js';
import { ackQuietly, retryQuietly } from './work/settle-quietly.js';
import { checkProject } from './work/work-errors.js';
import { cellOf } from './work/cell-of.js';

/**
 * Keeps the deliveries whose payload passes; the others are done with and acked. (RxJS' own `filter` drops them without
 * a word: they lapse, come back, and end in the dead letters.)
 *
 * ```text
 * deliveries              a--b--c--|
 * filterPayload(not b)    a-----c--|      b is acked
 * ```
 *
 * next: the deliveries that pass. error, complete, unsubscribe: pass; acks under way are not cancelled. A predicate that
 * throws has its message retried by the stored policy, with a `handler-failed` event; the stream goes on.
 *
 * @example
 * ```ts
 * orders.subscription('mailer').pipe(filterPayload((order) => order.wantsMail), ackOnComplete(sendMail))
 * ```
 */
export function filterPayload<T, U extends T>(predicate: (payload: T, delivery: Delivery<T>) => payload is U): OperatorFunction<Delivery<T>, Delivery<U>>;
export function filterPayload<T>(predicate: (payload: T, delivery: Delivery<T>) => boolean): OperatorFunction<Delivery<T>, Delivery<T>>;
export function filterPayload<T>(predicate: (payload: T, delivery: Delivery<T>) => boolean): OperatorFunction<Delivery<T>, Delivery<T>> {
  checkProject('filterPayload', predicate);
  return (source) => new Observable((out) => source.subscribe({
    next: (delivery) => {
      const cell = cellOf(delivery, out);
      if (cell === undefined) return;
      let passes: boolean;
      try {
        passes = predicate(delivery.payload, delivery);
      } catch (error) {
        retryQuietly(cell, 'filterPayload', error);
        return;
      }
      if (passes) out.next(delivery);
      else ackQuietly(cell);
    },
    error: (error: unknown) => { out.error(error); },
    complete: () => { out.complete(); },
  }));
}
