import type { Call, Carrier } from './call.js';

/** What is behind this is let go of in one piece. */
const compactAt = 1_024;

/**
 * The calls a socket owes an answer for, in the order they were written. Answers come in that order too, so what has one is only passed over: no search, no table.
 */
export class Flight {
  readonly #carrier: Carrier;
  #calls: (Call | undefined)[] = [];
  #head = 0;

  constructor(carrier: Carrier) {
    this.#carrier = carrier;
  }

  add(call: Call): void {
    this.#calls.push(call);
  }

  /** The longest waiting. */
  oldest(): Call | undefined {
    this.pass();
    return this.#calls[this.#head];
  }

  /** Takes all. */
  take(): readonly Call[] {
    const calls = this.#calls;
    // A call that was refused and written again stands here twice; one that went elsewhere is another's.
    const open = new Set<Call>();
    for (const call of calls) if (call !== undefined && this.#isOurs(call)) open.add(call);
    this.#calls = [];
    this.#head = 0;
    return [...open];
  }

  /** To be called when an answer came: nothing answered is kept from the collector. */
  pass(): void {
    const calls = this.#calls;
    for (let call = calls[this.#head]; call !== undefined && !this.#isOurs(call); call = calls[this.#head]) {
      calls[this.#head] = undefined;
      this.#head += 1;
    }
    if (this.#head === calls.length) {
      calls.length = 0;
      this.#head = 0;
    } else if (this.#head >= compactAt) {
      this.#calls = calls.slice(this.#head);
      this.#head = 0;
    }
  }

  #isOurs({ sentAt, carrier }: Call): boolean {
    return sentAt > 0 && carrier === this.#carrier;
  }
}
