import { parse, type Mark, type Parsed } from '../parse.js';
import { unknownSubscription, type SubscriptionFinder } from '../places.js';
import { compare, type Expectation, type Problem } from '../problem.js';

const digits = '123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ';
const legend = '1 is the first delivery, 9 the ninth, A the tenth';

/** When each message was handed out, a row a message, its letter the delivery count. */
export class DeliveriesExpectation implements Expectation {
  readonly #place: string;
  readonly #rows: ReadonlyMap<string, Parsed>;
  readonly #find: SubscriptionFinder;

  constructor(place: string, rows: Readonly<Record<string, string>>, find: SubscriptionFinder) {
    this.#place = place;
    this.#rows = new Map(Object.entries(rows).map(([name, marbles]) => [name, parse(marbles, `expectDeliveries('${place}'), row ${name}`, (letter) => digits.includes(letter), legend)]));
    this.#find = find;
  }

  get end(): number {
    return Math.max(0, ...[...this.#rows.values()].map(({ end }) => end));
  }

  check(): Problem | undefined {
    const what = `expectDeliveries('${this.#place}')`;
    const record = this.#find(this.#place);
    if (record === undefined) return unknownSubscription(what, this.#place, this.#find);
    const received = new Map<string, Mark[]>();
    for (const { frame, id, deliveryCount } of record.deliveries) {
      const name = record.topic.names.of(id);
      received.set(name, [...(received.get(name) ?? []), { frame, letter: countLetter(deliveryCount) }]);
    }
    const names = new Set([...this.#rows.keys(), ...received.keys()]);
    return compare(what, [...names].map((name) => ({ name, expected: this.#rows.get(name)?.marks ?? [], received: received.get(name) ?? [] })));
  }
}

/** A delivery count, or another small number, as one character. */
export function countLetter(count: number): string {
  return digits[count - 1] ?? '*';
}
