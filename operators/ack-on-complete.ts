import { Observable, type OperatorFunction } from 'rxjs';
import { checkOptions, type OptionRules } from '../src/options/check-options.js';
import { number, oneOf, wholeNumber, wholeNumberOrInfinity } from '../src/options/rules.js';
import type { Order } from '../src/port/policy.js';
import type { Delivery } from '../src/subscription/delivery.js';
import type { Acked, Failed, Lost } from '../src/subscription/outcome.js';
import { checkProject } from './work/work-errors.js';
import { WorkRun, type Project } from './work/work-run.js';

/** Options of {@link ackOnComplete}. */
export interface AckOnCompleteOptions {
  /** The most messages worked on at once, 1 or more. Default: Infinity; the subscription's window bounds it anyway. */
  readonly concurrency?: number | undefined;
  /** Order of the work. Default: what the subscription stores; it can only be loosened here. */
  readonly order?: Order | undefined;
  /** The longest time for the work on one message, ms, 1 or more. Default: none. */
  readonly timeoutMs?: number | undefined;
  /** How long the lease of a promise that was told to stop is still held, ms, 0 or more. Default: 10 000. */
  readonly graceMs?: number | undefined;
}

const rules: OptionRules = {
  concurrency: wholeNumberOrInfinity(1),
  order: oneOf('none', 'key', 'strict'),
  timeoutMs: wholeNumber(1, Number.MAX_SAFE_INTEGER, 'milliseconds'),
  graceMs: number(0, Number.MAX_SAFE_INTEGER, 'milliseconds'),
};

/**
 * Runs work on each delivery and acks it when the work completes. It is the flattening operator itself: put the work
 * inside, not in a `mergeMap` before it.
 *
 * ```text
 * deliveries   a--b------|
 * work(a)      -----|
 * work(b)         -#
 * outcomes     ----FA----|      A: Acked, after the backend confirmed. F: Failed, to be settled behind.
 * ```
 *
 * - The work completes, also without a value: ack; `Acked` carries the last value.
 * - The work errors, throws, or takes longer than `timeoutMs`: `Failed`, settled by the operators behind, or by the
 *   subscription's stored policy where there are none. The other work goes on.
 * - It throws `DeadLetter` or `RetryLater`: a `Failed` that says what is to be done.
 * - The lease is lost: the work is unsubscribed, `message.signal` aborts, `Lost`.
 *
 * Ending this stream from inside the work (a `takeUntil` behind it that fires on the work's last value) comes before the work
 * completes: that message is released, not acked. And what is confirmed after unsubscribe is done, but emitted to nobody.
 *
 * next: one outcome per delivery. error: passes the source's errors; running work is cancelled. complete: when the source
 * completed and every settlement is confirmed, so `takeUntil` before it drains. unsubscribe: cancels; Observables stop and
 * their messages are released with the attempt refunded, promises get `signal` and `graceMs`.
 *
 * @throws ChronowError `OPTION_INVALID` at the call. `ORDER_CONFLICT` on the stream when `order` is stronger than stored.
 * Failures carry `WORK_TIMEOUT`, `LEASE_LIMIT` or `WORK_INVALID` where the work did not fail by itself.
 *
 * @example
 * ```ts
 * payments.subscription('fraud-detector').pipe(
 *   ackOnComplete((message) => score(message.payload), { concurrency: 8, timeoutMs: 5_000 }),
 * ).subscribe();
 * ```
 */
export function ackOnComplete<T, R>(project: Project<T, R>, options: AckOnCompleteOptions = {}): OperatorFunction<Delivery<T>, Acked<T, R> | Failed<T> | Lost<T>> {
  checkProject('ackOnComplete', project);
  checkOptions('ackOnComplete', options, rules);
  const { concurrency = Infinity, order, timeoutMs, graceMs = 10_000 } = options;
  const checked = { concurrency, order, timeoutMs, graceMs };
  return (source) => new Observable((out) => {
    const run = new WorkRun(project, checked, out);
    out.add(() => { run.teardown(); });
    out.add(source.subscribe({
      next: (delivery) => { run.take(delivery); },
      error: (error: unknown) => { out.error(error); },
      complete: () => { run.upstreamDone(); },
    }));
  });
}
