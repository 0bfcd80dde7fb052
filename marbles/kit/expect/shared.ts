import type { Broker } from '../../../src/port/broker.js';
import type { KeyState } from '../../../src/port/key-store.js';
import type { Journal } from '../journal.js';
import { parse, type Mark, type Parsed } from '../parse.js';
import { compare, type Expectation, type Problem } from '../problem.js';
import { Lettering, shownValue, type Equals } from '../values.js';

/** The values of a shared key, from its first one on, as a watcher is shown them. */
export class SharedExpectation implements Expectation {
  readonly #key: string;
  readonly #parsed: Parsed;
  readonly #values: Readonly<Record<string, unknown>>;
  readonly #equals: Equals;
  readonly #shown: { readonly frame: number; readonly value: unknown }[] = [];

  constructor(key: string, marbles: string, values: Readonly<Record<string, unknown>> | undefined, broker: Broker, journal: Journal, equals: Equals) {
    this.#key = key;
    this.#parsed = parse(marbles, `expectShared('${key}')`, (letter) => values === undefined || Object.hasOwn(values, letter), 'those of your values');
    this.#values = values ?? Object.fromEntries(this.#parsed.marks.map(({ letter }) => [letter, letter]));
    this.#equals = equals;
    broker.watches.watchKey({ ...journal.scope, key }).subscribe({
      next: (signal) => { if (signal.kind === 'change') this.#show(journal.now(), valueIn(signal.change.state)); },
      error: (error: unknown) => { journal.mishap(`expectShared('${key}'): the watch ended: ${shownValue(error)}`); },
    });
  }

  get end(): number {
    return this.#parsed.end;
  }

  #show(frame: number, value: unknown): void {
    // That there is nothing yet is no news.
    if (value !== undefined || this.#shown.length > 0) this.#shown.push({ frame, value });
  }

  check(): Problem | undefined {
    const lettering = new Lettering(this.#values, this.#equals);
    const received: Mark[] = this.#shown.map(({ frame, value }, index) => ({ frame, letter: lettering.letterOf(value, frame, this.#parsed.marks[index]?.letter) }));
    return compare(`expectShared('${this.#key}')`, [{ name: '', expected: this.#parsed.marks, received }], lettering.notes);
  }
}

/** The value as the default codec reads it; undefined where the key is absent. */
function valueIn({ body, codec }: KeyState): unknown {
  if (codec !== undefined || typeof body !== 'string') return body;
  return JSON.parse(body);
}
