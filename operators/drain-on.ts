import { Observable, isObservable, type MonoTypeOperatorFunction } from 'rxjs';
import { ChronowError } from '../src/errors.js';
import { checkOptions, shown } from '../src/options/check-options.js';
import { number } from '../src/options/rules.js';
import type { Delivery } from '../src/subscription/delivery.js';
import type { CellOwner } from '../src/subscription/lease-cell.js';
import { cellOf } from './work/cell-of.js';

/** Options of {@link drainOn}. */
export interface DrainOnOptions {
  /** How long running work may go on after the notifier, ms, 0 or more; then it is cancelled and released. Default: as long as it needs. */
  readonly deadlineMs?: number | undefined;
}

/**
 * Stops reading at the notifier's first value and lets the work behind it finish: `takeUntil` with a deadline. Put it
 * before the work.
 *
 * ```text
 * deliveries         a--b--c--
 * notifier           ----!
 * drainOn(notifier)  a--b|           what was not emitted is released at once, what runs is finished
 * ```
 *
 * next: deliveries up to the notifier. complete: at the notifier; operators behind complete once everything is confirmed.
 * error: passes, also the notifier's. unsubscribe: passes.
 *
 * @throws ChronowError `OPTION_INVALID` at the call.
 *
 * @example
 * ```ts
 * payments.subscription('fraud-detector').pipe(drainOn(fromEvent(process, 'SIGTERM'), { deadlineMs: 10_000 }), ackOnComplete(score))
 * ```
 */
export function drainOn<T>(notifier: Observable<unknown>, options: DrainOnOptions = {}): MonoTypeOperatorFunction<Delivery<T>> {
  if (!isObservable(notifier)) throw new ChronowError('OPTION_INVALID', `drainOn(notifier) must be an Observable; got ${shown(notifier)}`);
  checkOptions('drainOn', options, { deadlineMs: number(0, Number.MAX_SAFE_INTEGER, 'milliseconds') });
  const { deadlineMs } = options;
  return (source) => new Observable((out) => {
    const owners = new Set<CellOwner>();
    const drain = (): void => {
      if (deadlineMs !== undefined) revokeAt(owners, deadlineMs);
      out.complete();
    };
    out.add(notifier.subscribe({ next: drain, error: (error: unknown) => { out.error(error); } }));
    if (out.closed) return;
    out.add(source.subscribe({
      next: (delivery) => {
        const cell = cellOf(delivery, out);
        if (cell === undefined) return;
        owners.add(cell.owner);
        out.next(delivery);
      },
      error: (error: unknown) => { out.error(error); },
      complete: () => { out.complete(); },
    }));
  });
}

function revokeAt(owners: ReadonlySet<CellOwner>, deadlineMs: number): void {
  for (const owner of owners) {
    owner.runtime.at(owner.runtime.now() + deadlineMs, () => { owner.revokeAll('running'); });
  }
}
