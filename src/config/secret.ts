import { inspect } from 'node:util';

/**
 * Holds what must not be printed. `String()`, `JSON.stringify` and `util.inspect` show the stand-in, also where the
 * secret is a part of something larger; only {@link Secret.reveal} gives the value.
 */
export class Secret<T = string> {
  readonly #value: T;
  readonly #standIn: string;

  constructor(value: T, standIn = '***') {
    this.#value = value;
    this.#standIn = standIn;
    // Not a class member: isolated declarations allow no computed name that is not a well-known one.
    Object.defineProperty(this, inspect.custom, { value: () => standIn });
  }

  /** The value, for a driver; never for a message. */
  reveal(): T {
    return this.#value;
  }

  toString(): string {
    return this.#standIn;
  }

  toJSON(): string {
    return this.#standIn;
  }
}

/**
 * Makes an object print as `shown` does, while its properties stay as they are for whoever reads or spreads it. For plain
 * settings that a user may want to change before they are handed on.
 */
export function printedAs<T extends object>(value: T, shown: () => unknown): T {
  Object.defineProperty(value, inspect.custom, { value: shown });
  Object.defineProperty(value, 'toJSON', { value: shown });
  return value;
}
