import type { Topic } from 'chronow';
import { ackOnComplete, DeadLetter, drainOn, retryWithBackoff, toDeadLetter } from 'chronow/operators';
import { map, type Observable } from 'rxjs';
import type { Corrections } from './corrections.js';
import type { Outcome } from './ledger.js';
import type { Reading } from './quake.js';

export interface QualitySetup {
  readonly readings: Topic<Reading>;
  readonly corrections: Corrections;
  readonly end$: Observable<unknown>;
}

/** Puts aside what is no earthquake and what cannot be right; people look at its dead letters. */
export function quality({ readings, corrections, end$ }: QualitySetup): Observable<Outcome> {
  return readings.subscription('quality').pipe(
    drainOn(end$, { deadlineMs: 5_000 }),
    ackOnComplete((message) => corrections.quake$(message.payload).pipe(map((quake) => {
      if (quake.type !== 'earthquake') throw new DeadLetter('NotAnEarthquake', `the record is of type "${quake.type}"`);
      return quake.id;
    }))),
    retryWithBackoff({ initialMs: 50, factor: 2, maxMs: 1_000, jitter: 'full' }),
    toDeadLetter(),
  );
}
