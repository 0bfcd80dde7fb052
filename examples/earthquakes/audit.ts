import { levelOf } from './alert-rules.js';
import { compareEntries, compareFates, expectedFates, subscriptions, type Difference, type Ledger } from './ledger.js';
import type { Alert } from './notifier.js';
import type { Flaw, Quake } from './quake.js';
import { regionsOf, type RegionState } from './region-state.js';
import type { Review } from './review.js';

/** Everything a run leaves behind. */
export interface Run {
  readonly week: readonly Quake[];
  readonly flaws: ReadonlyMap<string, Flaw>;
  readonly published: number;
  readonly ledger: Ledger;
  readonly alerts: ReadonlyMap<string, Alert>;
  readonly regions: ReadonlyMap<string, RegionState>;
  /** Ids of records in the dead letters at the end, by subscription. */
  readonly dead: ReadonlyMap<string, readonly string[]>;
  readonly review: Review | undefined;
  readonly interrupted: boolean;
  readonly seconds: number;
}

/**
 * Holds a run against the file, id by id: every record settled in every subscription as it should be, the backend's dead
 * letters the very ones, each alert and each region what a plain computation over the file gives. Of an interrupted run
 * only what was settled is checked.
 */
export function audit(run: Run): readonly Difference[] {
  const fates = subscriptions.flatMap((name) => compareFates(name, expectedFates(name, run.week, run.flaws), run.ledger.fates(name), { partial: run.interrupted }));
  if (run.interrupted) return fates;
  return [
    ...fates,
    ...subscriptions.flatMap((name) => compareEntries(`dead letters of ${name}`, expectedDead(name, run.week), listed(run.dead.get(name) ?? []))),
    ...compareEntries('alerts sent', expectedAlerts(run.week), levels(run.alerts)),
    ...compareEntries('regions', regionsOf(run.week.filter(({ type }) => type === 'earthquake')), run.regions),
  ];
}

/** The alerts a plain look over the file asks for. */
export function expectedAlerts(week: readonly Quake[]): ReadonlyMap<string, string> {
  return new Map(week.flatMap((quake) => {
    const level = levelOf(quake);
    return level === undefined ? [] : [[quake.id, level]];
  }));
}

function expectedDead(subscription: string, week: readonly Quake[]): ReadonlyMap<string, number> {
  return listed(subscription === 'quality' ? week.filter(({ type }) => type !== 'earthquake').map(({ id }) => id) : []);
}

/** How often each id is in a list. */
function listed(ids: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const id of ids) counts.set(id, (counts.get(id) ?? 0) + 1);
  return counts;
}

function levels(alerts: ReadonlyMap<string, Alert>): ReadonlyMap<string, string> {
  return new Map([...alerts].map(([id, { level }]) => [id, level]));
}
