import { ChronowError } from '../../../src/errors.js';
import { fateLegend, isFate } from '../fates.js';
import type { SubscriptionRecord } from '../journal.js';
import { parse, type Mark, type Parsed } from '../parse.js';
import { compare, differs, type Comparison, type Expectation, type Problem } from '../problem.js';
import { unknownSubscription, type SubscriptionFinder } from '../places.js';

/** The fates of the messages of a subscription, a row a message. */
export class SettledExpectation implements Expectation {
  readonly place: string;
  readonly rows: ReadonlyMap<string, Parsed>;
  /** Messages whose row is not what happened. */
  readonly wrong: Set<string> = new Set();
  readonly #find: SubscriptionFinder;
  readonly #restAllowed: () => boolean;

  constructor(place: string, rows: Readonly<Record<string, string>>, find: SubscriptionFinder, restAllowed: () => boolean) {
    if (typeof rows !== 'object' || rows === null) throw new ChronowError('OPTION_INVALID', `expectSettled('${place}') needs a row for each message, as { a: '--a' }`);
    this.place = place;
    this.rows = new Map(Object.entries(rows).map(([name, marbles]) => [name, parse(marbles, `expectSettled('${place}'), row ${name}`, isFate, fateLegend)]));
    this.#find = find;
    this.#restAllowed = restAllowed;
  }

  get end(): number {
    return Math.max(0, ...[...this.rows.values()].map(({ end }) => end));
  }

  /** Whether something was said of the death of a message: it is expected, or its row is a problem already. */
  speaksOfDeath(name: string): boolean {
    return this.wrong.has(name) || this.rows.get(name)?.marks.some(({ letter }) => letter === 'd') === true;
  }

  check(): Problem | undefined {
    const record = this.#find(this.place);
    const what = `expectSettled('${this.place}')`;
    if (record === undefined) return unknownSubscription(what, this.place, this.#find);
    const unknown = [...this.rows.keys()].filter((name) => record.topic.names.idOf(name) === undefined);
    const [missing] = unknown;
    if (missing !== undefined) return { title: `${what}: no message ${missing} was ever published to ${record.topic.label}`, lines: [`published: ${record.topic.names.all.join(' ') || 'nothing'}`] };
    const received = fatesByName(record);
    const names = new Set([...this.rows.keys(), ...(this.#restAllowed() ? [] : received.keys())]);
    const comparisons: Comparison[] = [...names].map((name) => {
      const expected = this.rows.get(name)?.marks ?? [];
      const marks = received.get(name) ?? [];
      return { name, expected, received: expected.some(({ letter }) => letter === '+') ? marks : withoutRenewals(marks) };
    });
    for (const comparison of comparisons) if (differs(comparison)) this.wrong.add(comparison.name);
    const unlisted = comparisons.filter(({ name, received: marks }) => !this.rows.has(name) && marks.length > 0).map(({ name }) => name);
    const notes = unlisted.length === 0 ? [] : [`no row says anything of ${unlisted.join(', ')}: list every message, or allow('settled')`];
    return compare(what, comparisons, notes);
  }
}

/** The fates of each message, by the name of the message, in the order of the publications. */
export function fatesByName(record: SubscriptionRecord): ReadonlyMap<string, readonly Mark[]> {
  const rows = new Map<string, Mark[]>();
  for (const { id } of record.topic.publications) if (record.fates.some((entry) => entry.id === id)) rows.set(record.topic.names.of(id), []);
  for (const { frame, id, fate } of record.fates) {
    const name = record.topic.names.of(id);
    const row = rows.get(name) ?? [];
    row.push({ frame, letter: fate });
    rows.set(name, row);
  }
  return rows;
}

/** Renewals are routine. */
export function withoutRenewals(marks: readonly Mark[]): readonly Mark[] {
  return marks.filter(({ letter }) => letter !== '+');
}
