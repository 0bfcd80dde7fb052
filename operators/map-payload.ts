import { Observable, type OperatorFunction } from 'rxjs';
import type { Delivery } from '../src/subscription/delivery.js';
import { DeliveryView } from '../src/subscription/delivery-view.js';
import { retryQuietly } from './work/settle-quietly.js';
import { checkProject } from './work/work-errors.js';
import { cellOf } from './work/cell-of.js';

/**
 * Changes the payload and keeps the delivery: headers, attempt and lease stay with it, and it is settled as one.
 *
 * ```text
 * deliveries          a--b--|
 * mapPayload(upper)   A--B--|
 * ```
 *
 * next: one delivery each. error, complete, unsubscribe: pass. A `project` that throws has its message retried by the stored
 * policy, with a `handler-failed` event; the stream goes on.
 *
 * @example
 * ```ts
 * readings.subscription('alerts').pipe(mapPayload((reading) => ({ ...reading, celsius: (reading.fahrenheit - 32) / 1.8 })), ackOnComplete(alert))
 * ```
 */
export function mapPayload<T, U>(project: (payload: T, delivery: Delivery<T>) => U): OperatorFunction<Delivery<T>, Delivery<U>> {
  checkProject('mapPayload', project);
  return (source) => new Observable((out) => source.subscribe({
    next: (delivery) => {
      const cell = cellOf(delivery, out);
      if (cell === undefined) return;
      let payload: U;
      try {
        payload = project(delivery.payload, delivery);
      } catch (error) {
        retryQuietly(cell, 'mapPayload', error);
        return;
      }
      out.next(new DeliveryView(cell, payload));
    },
    error: (error: unknown) => { out.error(error); },
    complete: () => { out.complete(); },
  }));
}
