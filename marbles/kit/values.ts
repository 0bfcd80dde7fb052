import { inspect } from 'node:util';

/** Whether two values are the same for a test. */
export type Equals = (received: unknown, expected: unknown) => boolean;

/** A value in a report: on one line, and not for ever long. */
export function shownValue(value: unknown): string {
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  const text = inspect(value, { depth: 3, breakLength: Infinity, compact: true });
  return text.length > 160 ? `${text.slice(0, 159)}…` : text;
}

/** The value that a letter stands for: itself, where the test names none. */
export function valueOf<V>(values: Readonly<Record<string, V>> | undefined, letter: string): V | string {
  const named = Object.entries(values ?? {}).find(([name]) => name === letter);
  return named === undefined ? letter : named[1];
}

/**
 * The letters by which received values are shown: that of the expected value it equals, else the value itself where it is a
 * single character, else `*` with a note.
 */
export class Lettering {
  readonly notes: string[] = [];
  readonly #values: Readonly<Record<string, unknown>>;
  readonly #equals: Equals;

  constructor(values: Readonly<Record<string, unknown>>, equals: Equals) {
    this.#values = values;
    this.#equals = equals;
  }

  /** `preferred`: the letter expected at this place, which wins where several stand for the same value. */
  letterOf(value: unknown, frame: number, preferred: string | undefined): string {
    const known = Object.entries(this.#values);
    const equal = known.filter(([, expected]) => this.#equals(value, expected)).map(([letter]) => letter);
    const [letter] = equal;
    if (letter !== undefined) return preferred !== undefined && equal.includes(preferred) ? preferred : letter;
    if (typeof value === 'string' && [...value].length === 1 && !Object.hasOwn(this.#values, value)) return value;
    this.notes.push(`* at ${String(frame)} is ${shownValue(value)}`);
    return '*';
  }
}
