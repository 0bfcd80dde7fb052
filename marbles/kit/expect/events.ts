import type { ChronowEvent } from '../../../src/events.js';
import { ChronowError } from '../../../src/errors.js';
import type { Journal } from '../journal.js';
import { parse, type Mark, type Parsed } from '../parse.js';
import { compare, type Expectation, type Problem } from '../problem.js';
import type { Equals } from '../values.js';

/** An event by its type, or by any of its fields; `message` is the name of the message it is about. */
export type EventPattern = ChronowEvent['type'] | { readonly type: ChronowEvent['type']; readonly message?: unknown; readonly [field: string]: unknown };

/** What `cw.events$` showed, of the types that are named; the others are not looked at. */
export class EventsExpectation implements Expectation {
  /** Types of which every event is expected. */
  readonly types: ReadonlySet<string>;
  readonly #parsed: Parsed;
  readonly #patterns: readonly (readonly [letter: string, pattern: { readonly type: string; readonly [field: string]: unknown }])[];
  readonly #journal: Journal;
  readonly #equals: Equals;

  constructor(marbles: string, values: Readonly<Record<string, EventPattern>>, journal: Journal, equals: Equals) {
    if (typeof values !== 'object' || values === null || Object.keys(values).length === 0) throw new ChronowError('OPTION_INVALID', "expectEvents needs to know what its letters mean, as { k: 'delivery-leaked' }");
    this.#parsed = parse(marbles, 'expectEvents', (letter) => Object.hasOwn(values, letter), 'those of your values');
    this.#patterns = Object.entries(values).map(([letter, pattern]) => [letter, typeof pattern === 'string' ? { type: pattern } : pattern]);
    this.types = new Set(this.#patterns.map(([, { type }]) => type));
    this.#journal = journal;
    this.#equals = equals;
  }

  get end(): number {
    return this.#parsed.end;
  }

  check(): Problem | undefined {
    const notes: string[] = [];
    const looked = this.#journal.events.filter(({ event }) => this.types.has(event.type));
    const received: Mark[] = looked.map(({ frame, event }) => {
      const letter = this.#patterns.find(([, pattern]) => this.#fits(event, pattern))?.[0] ?? '*';
      if (letter === '*') notes.push(`* at ${String(frame)} is ${eventText(event, this.#journal)}`);
      return { frame, letter };
    });
    return compare('expectEvents', [{ name: '', expected: this.#parsed.marks, received }], notes);
  }

  #fits(event: ChronowEvent, pattern: Readonly<Record<string, unknown>>): boolean {
    return Object.entries(pattern).every(([field, expected]) => this.#equals(field === 'message' ? messageOf(event, this.#journal) : Reflect.get(event, field), expected));
  }
}

/** The name of the message that an event is about, if it is about one. */
export function messageOf(event: ChronowEvent, journal: Journal): string | undefined {
  if (!('id' in event)) return undefined;
  return journal.subscription(event.subscription).topic.names.of(event.id);
}

/** `delivery-leaked of a in t/s`. */
export function eventText(event: ChronowEvent, journal: Journal): string {
  const message = messageOf(event, journal);
  const place = 'subscription' in event && typeof event.subscription === 'object' ? ` in ${journal.subscription(event.subscription).label}` : '';
  const reason = 'reason' in event ? ` (${event.reason})` : '';
  return `${event.type}${message === undefined ? '' : ` of ${message}`}${place}${reason}`;
}
