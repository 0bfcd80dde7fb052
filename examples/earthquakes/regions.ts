import type { Chronow, Topic } from 'chronow';
import { ackOnComplete, drainOn, retryWithBackoff, toDeadLetter, type Message } from 'chronow/operators';
import { concatMap, EMPTY, type Observable } from 'rxjs';
import type { Corrections } from './corrections.js';
import type { Outcome } from './ledger.js';
import { regionOf, type Quake, type Reading } from './quake.js';
import { withQuake, type RegionState } from './region-state.js';

export interface RegionsSetup {
  readonly cw: Chronow;
  readonly readings: Topic<Reading>;
  readonly corrections: Corrections;
  readonly end$: Observable<unknown>;
}

/** A region's state as stored: with the message it was last changed by. */
interface StoredRegion extends RegionState {
  readonly appliedId: string;
}

/** Keeps the running state of each region in a shared key. */
export function regions({ cw, readings, corrections, end$ }: RegionsSetup): Observable<Outcome> {
  const count$ = (quake: Quake, message: Message<Reading>): Observable<unknown> => {
    if (quake.type !== 'earthquake') return EMPTY;
    return cw.shared.update$<StoredRegion | null>(regionKey(regionOf(quake.place)), (state) => {
      // Messages of one region come one after the other, so a redelivered one can only be the last that was counted.
      if (state !== null && state.appliedId === message.id) return state;
      return { ...withQuake(state, quake), appliedId: message.id };
    });
  };
  return readings.subscription('regions', { order: 'key' }).pipe(
    drainOn(end$, { deadlineMs: 5_000 }),
    ackOnComplete((message) => corrections.quake$(message.payload).pipe(concatMap((quake) => count$(quake, message)))),
    retryWithBackoff({ initialMs: 50, factor: 2, maxMs: 1_000, jitter: 'full' }),
    toDeadLetter(),
  );
}

/** What is stored of some regions; those of which nothing is stored are left out. */
export async function readRegions(cw: Chronow, names: Iterable<string>): Promise<ReadonlyMap<string, RegionState>> {
  const found = new Map<string, RegionState>();
  for (const name of new Set(names)) {
    const stored = await cw.shared.get<StoredRegion>(regionKey(name));
    if (stored !== null) found.set(name, { count: stored.count, strongest: stored.strongest, last: stored.last });
  }
  return found;
}

function regionKey(region: string): string {
  return `region:${region}`;
}
