import type { Acked, DeadLettered, Lost, Retried } from 'chronow/operators';
import { BehaviorSubject, EMPTY, ignoreElements, takeWhile, timeout, type Observable } from 'rxjs';
import type { Flaw, Quake, Reading } from './quake.js';

/** What a subscription's pipeline says of a message. */
export type Outcome = Acked<Reading, unknown> | DeadLettered<Reading> | Retried<Reading> | Lost<Reading>;

/** How a message ended in a subscription: `acked`, or the reason of its dead letter. */
export type Fate = string;

export const subscriptions = ['alerts', 'regions', 'quality'] as const;
export type SubscriptionName = (typeof subscriptions)[number];

/** Ends of every id, in the order they came; a redriven message has two. */
export type Fates = ReadonlyMap<string, readonly Fate[]>;

/** An id whose ends are not the expected ones. */
export interface Difference {
  readonly where: string;
  readonly id: string;
  readonly expected: string;
  readonly got: string;
}

export interface Totals {
  readonly acked: number;
  readonly dead: number;
  readonly retried: number;
  readonly lost: number;
}

const nothing: Totals = { acked: 0, dead: 0, retried: 0, lost: 0 };
const column = { acked: 'acked', 'dead-lettered': 'dead', retried: 'retried', lost: 'lost' } as const;

/** Books every outcome, by subscription and id. */
export class Ledger {
  readonly #ends = new Map<string, Map<string, Fate[]>>();
  readonly #totals = new Map<string, Totals>();
  readonly #settled$ = new BehaviorSubject(0);

  enter(outcome: Outcome): void {
    const { subscription, payload } = outcome.delivery;
    const totals = this.totals(subscription);
    const booked = column[outcome.kind];
    this.#totals.set(subscription, { ...totals, [booked]: totals[booked] + 1 });
    if (outcome.kind === 'acked') this.#end(subscription, payload.id, 'acked');
    if (outcome.kind === 'dead-lettered') this.#end(subscription, payload.id, outcome.reason);
  }

  totals(subscription: string): Totals {
    return this.#totals.get(subscription) ?? nothing;
  }

  fates(subscription: string): Fates {
    return this.#ends.get(subscription) ?? new Map<string, Fate[]>();
  }

  /** Completes when `count` ends are booked over all subscriptions, or when none was booked for `patienceMs`. */
  reached$(count: number, patienceMs: number): Observable<never> {
    return this.#settled$.pipe(
      takeWhile((settled) => settled < count),
      timeout({ each: patienceMs, with: () => EMPTY }),
      ignoreElements(),
    );
  }

  #end(subscription: string, id: string, fate: Fate): void {
    const ends = this.#ends.get(subscription) ?? new Map<string, Fate[]>();
    this.#ends.set(subscription, ends);
    ends.set(id, [...(ends.get(id) ?? []), fate]);
    this.#settled$.next(this.#settled$.value + 1);
  }
}

/** What must become of every id in one subscription, by the file and by what was damaged on the way. */
export function expectedFates(subscription: SubscriptionName, week: readonly Quake[], flaws: ReadonlyMap<string, Flaw>): Fates {
  return new Map(week.map(({ id, type }) => {
    const end = subscription === 'quality' && type !== 'earthquake' ? 'NotAnEarthquake' : 'acked';
    const flaw = flaws.get(id);
    return [id, flaw === undefined ? [end] : [flaw, end]];
  }));
}

/**
 * Ids whose ends differ: lost ones, doubled ones, wrong ones, and ids that should not be there at all. `partial`: what has not
 * ended yet is no difference.
 */
export function compareFates(where: string, expected: Fates, got: Fates, { partial = false }: { readonly partial?: boolean } = {}): readonly Difference[] {
  return [...new Set([...expected.keys(), ...got.keys()])].flatMap((id) => {
    const ends = got.get(id) ?? [];
    const wanted = expected.get(id) ?? [];
    const compared = partial ? wanted.slice(0, ends.length) : wanted;
    return ends.join() === compared.join() ? [] : [{ where, id, expected: inWords(wanted), got: inWords(ends) }];
  });
}

/** Entries that differ between two maps, by their JSON. */
export function compareEntries(where: string, expected: ReadonlyMap<string, unknown>, got: ReadonlyMap<string, unknown>): readonly Difference[] {
  const asText = (entries: ReadonlyMap<string, unknown>): Fates => new Map([...entries].map(([id, value]) => [id, [JSON.stringify(value)]]));
  return compareFates(where, asText(expected), asText(got));
}

function inWords(fates: readonly Fate[]): string {
  return fates.length === 0 ? 'nothing' : fates.join(', then ');
}
