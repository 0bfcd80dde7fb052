import { from, type Observable, type ObservableInput } from 'rxjs';
import { ChronowError } from '../../src/errors.js';
import { shown } from '../../src/options/check-options.js';
import type { Order } from '../../src/port/policy.js';
import type { Message } from '../../src/subscription/delivery.js';

/** The work must be a function; everything else about it shows only when it runs. */
export function checkProject(operator: string, project: unknown): void {
  if (typeof project !== 'function') throw new ChronowError('OPTION_INVALID', `${operator}(project) must be a function of a message; got ${shown(project)}`);
}

export function orderError(asked: Order, stored: Order, subscription: string): ChronowError {
  return new ChronowError('ORDER_CONFLICT', `ackOnComplete({ order: '${asked}' }) is stronger than what subscription ${subscription} keeps ('${stored}'): an operator can only loosen it; set order on the subscription`, { details: { asked, stored, subscription } });
}

export function leaseLimitError(message: Message<unknown>, heldMs: number): ChronowError {
  return new ChronowError('LEASE_LIMIT', `the work on message ${message.id} held its lease for ${String(heldMs)} ms, the longest allowed; let it end earlier or raise maxLeaseMs`, { details: { id: message.id, heldMs } });
}

export function timeoutError(message: Message<unknown>, timeoutMs: number): ChronowError {
  return new ChronowError('WORK_TIMEOUT', `the work on message ${message.id} took longer than timeoutMs (${String(timeoutMs)} ms)`, { details: { id: message.id, timeoutMs }, retryable: true });
}

export function promiseInVirtualTime(message: Message<unknown>): ChronowError {
  return new ChronowError('WORK_INVALID', `the work on message ${message.id} is a promise, and virtual time cannot wait for one; return an Observable (publish$, set$, timer, the kit's work()) in marble tests`);
}

/** The work as something to subscribe to; nothing or a plain value is a mistake that must not pass for "done". */
export function workStream<R>(work: ObservableInput<R>): Observable<R> {
  // RxJS would take a text for a list of its characters.
  if ((typeof work === 'object' && work !== null) || typeof work === 'function') {
    try {
      return from(work);
    } catch {
      // It says so with a TypeError of its own.
    }
  }
  throw new ChronowError('WORK_INVALID', `the work returned ${work === undefined || work === null ? String(work) : `a ${typeof work}`}; return an Observable, a promise or an iterable (EMPTY for "done, no value")`);
}

/** Marks a stream that has promises in it. */
const holdsPromises: unique symbol = Symbol('holdsPromises');

/** Says of a stream that it has promises in it: told to stop, it is given time like a promise. */
export function withPromises<R>(stream: Observable<R>): Observable<R> {
  return Object.assign(stream, { [holdsPromises]: true });
}

export function isPromise<R>(work: ObservableInput<R>): boolean {
  return ('then' in work && typeof work.then === 'function') || holdsPromises in work;
}
