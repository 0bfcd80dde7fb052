import type { Chronow, Topic } from 'chronow';
import { asyncScheduler, concat, defer, EMPTY, finalize, lastValueFrom, merge, Subject, takeUntil, tap, type Observable } from 'rxjs';
import { alerts } from './alerts.js';
import type { Run } from './audit.js';
import type { Settings } from './cli.js';
import { Corrections } from './corrections.js';
import { damage, type Arrival } from './damage.js';
import { readWeek, replay } from './feed.js';
import { Ledger, subscriptions } from './ledger.js';
import { FlakyNotifier } from './notifier.js';
import { withProgress } from './progress.js';
import { quality } from './quality.js';
import { regionOf, type Reading } from './quake.js';
import { seeded } from './random.js';
import { readRegions, regions } from './regions.js';
import { deadRecords, reviewDeadLetters, type Review } from './review.js';
import type { Output } from './terminal.js';

const replayMs = 18_000;
const tickMs = 20;
const damagedCount = 12;
/** Longer than any backoff here: nothing settled for so long means that something is lost, and the audit says what. */
const patienceMs = 15_000;

export interface RunSetup extends Settings {
  readonly cw: Chronow;
  /** Its first value ends the run early. */
  readonly stop$: Observable<unknown>;
  readonly progress: Output;
}

/** Replays the week through one topic and three subscriptions, has the dead letters reviewed, and gathers what came of it. */
export async function run({ cw, speed, seed, stop$, progress }: RunSetup): Promise<Run> {
  const startedAt = asyncScheduler.now();
  const week = readWeek();
  const { arrivals, flaws } = damage(week, damagedCount, seeded(seed));
  const readings = cw.topic<Reading>('earthquakes');
  const corrections = new Corrections(cw);
  const notifier = new FlakyNotifier(seed);
  const ledger = new Ledger();
  const end$ = new Subject<void>();
  let published = 0;
  let review: Review | undefined;
  let finished = false;

  const consumers$ = merge(
    alerts({ readings, corrections, notifier, end$ }),
    regions({ cw, readings, corrections, end$ }),
    quality({ readings, corrections, end$ }),
  ).pipe(tap((outcome) => { ledger.enter(outcome); }));

  const settled$ = (count: () => number): Observable<void> => defer(() => ledger.reached$(count(), patienceMs));
  const script$ = concat(
    replay(arrivals, (due) => publish$(readings, due), { durationMs: replayMs / speed, tickMs, stop$ }).pipe(tap((receipts) => { published += receipts.length; })),
    concat(
      settled$(() => week.length * subscriptions.length),
      defer(() => reviewDeadLetters(cw, corrections, new Map(week.map((quake) => [quake.id, quake])))).pipe(tap((done) => { review = done; })),
      settled$(() => week.length * subscriptions.length + (review?.redriven ?? 0)),
      defer(() => { finished = true; return EMPTY; }),
    ).pipe(takeUntil(stop$)),
  ).pipe(finalize(() => { end$.next(); }));

  await lastValueFrom(merge(consumers$, script$).pipe(withProgress(ledger, () => published, week.length, progress)), { defaultValue: undefined });
  return {
    week, flaws, published, ledger, review,
    alerts: notifier.sent,
    regions: await readRegions(cw, week.map(({ place }) => regionOf(place))),
    dead: await deadRecords(cw),
    interrupted: !finished,
    seconds: (asyncScheduler.now() - startedAt) / 1_000,
  };
}

/** One batch, in order, keyed by region. Published twice after a lost reply, a record is stored once all the same. */
function publish$(readings: Topic<Reading>, due: readonly Arrival[]): Observable<readonly unknown[]> {
  return readings.publishBatch$(due.map(({ reading }) => ({ payload: reading, key: regionOf(reading.place), idempotencyKey: reading.id })));
}
