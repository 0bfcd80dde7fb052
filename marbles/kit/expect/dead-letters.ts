import type { Broker } from '../../../src/port/broker.js';
import type { DeadLetterRecord } from '../../../src/port/inspection.js';
import { answerOf } from '../answer-of.js';
import type { SubscriptionRecord } from '../journal.js';
import { unknownSubscription, type SubscriptionFinder } from '../places.js';
import type { Expectation, Problem } from '../problem.js';
import { shownValue, type Equals } from '../values.js';

/** What is known of a dead letter; whatever is named here must be so. */
export interface DeadLetterPattern {
  readonly reason?: unknown;
  readonly description?: unknown;
  /** How often it was delivered. */
  readonly deliveryCount?: unknown;
  /** The error and its causes, each as `Name: message`. */
  readonly errors?: unknown;
  readonly headers?: unknown;
  readonly key?: unknown;
}

/** The dead letters of a subscription at the end: exactly these, by name, each with its reason. */
export class DeadLettersExpectation implements Expectation {
  readonly end = 0;
  readonly place: string;
  readonly #expected: ReadonlyMap<string, DeadLetterPattern>;
  readonly #find: SubscriptionFinder;
  readonly #broker: Broker;
  readonly #equals: Equals;

  constructor(place: string, expected: Readonly<Record<string, string | DeadLetterPattern>>, find: SubscriptionFinder, broker: Broker, equals: Equals) {
    this.place = place;
    this.#expected = new Map(Object.entries(expected).map(([name, pattern]) => [name, typeof pattern === 'string' ? { reason: pattern } : pattern]));
    this.#find = find;
    this.#broker = broker;
    this.#equals = equals;
  }

  check(): Problem | undefined {
    const what = `expectDeadLetters('${this.place}')`;
    const record = this.#find(this.place);
    if (record === undefined) return unknownSubscription(what, this.place, this.#find);
    const dead = new Map(deadLettersOf(this.#broker, record).map((letter) => [record.topic.names.of(letter.message.id), letter]));
    const lines = [...new Set([...this.#expected.keys(), ...dead.keys()])].flatMap((name) => this.#differences(name, dead.get(name)));
    return lines.length === 0 ? undefined : { title: `${what}: ${lines[0] ?? ''}`, lines: lines.slice(1) };
  }

  #differences(name: string, letter: DeadLetterRecord | undefined): readonly string[] {
    const pattern = this.#expected.get(name);
    if (letter === undefined) return [`${name} was expected among the dead letters and is not there`];
    const known = knownOf(letter);
    if (pattern === undefined) return [`${name} is among the dead letters (${known.reason}) and was not expected there`];
    return Object.entries(pattern).flatMap(([field, expected]: [string, unknown]) => {
      const received: unknown = Reflect.get(known, field);
      return this.#equals(received, expected) ? [] : [`${name}: expected ${field} ${shownValue(expected)}, received ${shownValue(received)}`];
    });
  }
}

function knownOf({ message, deliveryCount, history }: DeadLetterRecord): { readonly reason: string } & DeadLetterPattern {
  const last = history.at(-1);
  return { reason: last?.reason ?? '', description: last?.description, deliveryCount, errors: last?.errors, headers: message.headers, key: message.key };
}

/** All of them, oldest first; none where the subscription is gone. */
export function deadLettersOf(broker: Broker, { ref }: SubscriptionRecord): readonly DeadLetterRecord[] {
  return answerOf(broker.inspection.peekDeadLetters(ref, 100_000)) ?? [];
}
