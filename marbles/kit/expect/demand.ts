import { ChronowError } from '../../../src/errors.js';
import { parse, type Mark, type Parsed } from '../parse.js';
import { unknownSubscription, type SubscriptionFinder } from '../places.js';
import { compare, type Expectation, type Problem } from '../problem.js';
import { valueOf } from '../values.js';
import { countLetter } from './deliveries.js';

/** How many messages were asked for, and when: its letters are numbers, or stand for one. */
export class DemandExpectation implements Expectation {
  readonly #place: string;
  readonly #parsed: Parsed;
  readonly #values: Readonly<Record<string, number>>;
  readonly #find: SubscriptionFinder;

  constructor(place: string, marbles: string, values: Readonly<Record<string, number>> | undefined, find: SubscriptionFinder) {
    this.#place = place;
    this.#parsed = parse(marbles, `expectDemand('${place}')`, (letter) => Object.hasOwn(values ?? {}, letter) || /^[1-9]$/.test(letter), '1 to 9, and those of your values');
    this.#values = values ?? {};
    this.#find = find;
  }

  get end(): number {
    return this.#parsed.end;
  }

  check(): Problem | undefined {
    const what = `expectDemand('${this.#place}')`;
    const record = this.#find(this.#place);
    if (record === undefined) return unknownSubscription(what, this.#place, this.#find);
    const letters = [...Object.keys(this.#values), ...'123456789'];
    const notes: string[] = [];
    const received: Mark[] = record.claims.map(({ frame, max }) => {
      const letter = letters.find((one) => Number(valueOf(this.#values, one)) === max) ?? countLetter(max);
      if (letter === '*') notes.push(`* at ${String(frame)} is ${String(max)}`);
      return { frame, letter };
    });
    return compare(what, [{ name: '', expected: this.#parsed.marks, received }], notes);
  }
}

/** The most messages of a subscription that were unsettled at once. */
export class MostInFlightExpectation implements Expectation {
  readonly end = 0;
  readonly #place: string;
  readonly #most: number;
  readonly #find: SubscriptionFinder;

  constructor(place: string, most: number, find: SubscriptionFinder) {
    if (!Number.isInteger(most) || most < 0) throw new ChronowError('OPTION_INVALID', `expectMostInFlight('${place}') needs a whole number, 0 or more; got ${String(most)}`);
    this.#place = place;
    this.#most = most;
    this.#find = find;
  }

  check(): Problem | undefined {
    const what = `expectMostInFlight('${this.#place}')`;
    const record = this.#find(this.#place);
    if (record === undefined) return unknownSubscription(what, this.#place, this.#find);
    return record.mostHeld === this.#most ? undefined : { title: `${what}: expected ${String(this.#most)}, received ${String(record.mostHeld)}`, lines: [] };
  }
}
