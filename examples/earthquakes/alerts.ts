import type { Topic } from 'chronow';
import { ackOnComplete, drainOn, retryWithBackoff, toDeadLetter } from 'chronow/operators';
import { concatMap, EMPTY, type Observable } from 'rxjs';
import { levelOf } from './alert-rules.js';
import type { Corrections } from './corrections.js';
import type { Outcome } from './ledger.js';
import type { Notifier } from './notifier.js';
import type { Quake, Reading } from './quake.js';

export interface AlertsSetup {
  readonly readings: Topic<Reading>;
  readonly corrections: Corrections;
  readonly notifier: Notifier;
  readonly end$: Observable<unknown>;
}

/** Tells people of quakes that matter. A gateway that does not answer is tried again, later and later. */
export function alerts({ readings, corrections, notifier, end$ }: AlertsSetup): Observable<Outcome> {
  const alert$ = (quake: Quake, attempt: number): Observable<unknown> => {
    const level = levelOf(quake);
    if (level === undefined) return EMPTY;
    return notifier.send$({ id: quake.id, level, text: `M ${quake.magnitude.toFixed(1)} - ${quake.place}` }, attempt);
  };
  return readings.subscription('alerts', { maxDeliveries: 6 }).pipe(
    drainOn(end$, { deadlineMs: 5_000 }),
    ackOnComplete(({ payload, deliveryCount }) => corrections.quake$(payload).pipe(concatMap((quake) => alert$(quake, deliveryCount))), { concurrency: 8, timeoutMs: 2_000 }),
    retryWithBackoff({ initialMs: 50, factor: 2, maxMs: 1_000, jitter: 'full' }),
    toDeadLetter(),
  );
}
