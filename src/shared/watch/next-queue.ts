import type { Observable } from 'rxjs';
import { ChronowError } from '../../errors.js';
import type { Runtime } from '../../port/runtime.js';

/** The most values of `next()` that wait for the backend. */
const maxWaiting = 1_000;
/** An observer that answers each value with another would never let go: after so many at a stretch it goes on in the next turn. */
const sendsPerTurn = 1_024;

/** Sets without waiting: one after the other, so that they arrive in their order. */
export class NextQueue<T> {
  readonly #runtime: Runtime;
  readonly #set: (value: T) => Observable<unknown>;
  readonly #answered: (error: unknown) => void;
  readonly #waiting: { readonly value: T }[] = [];
  #isSending = false;

  /** `answered`: undefined for a value that was set. */
  constructor(runtime: Runtime, set: (value: T) => Observable<unknown>, answered: (error: unknown) => void) {
    this.#runtime = runtime;
    this.#set = set;
    this.#answered = answered;
  }

  push(value: T): void {
    if (this.#waiting.length === maxWaiting) {
      this.#answered(new ChronowError('LINK_LOST', `next(): ${String(maxWaiting)} values wait for the backend, this one was not sent; set() waits for its answer`, { retryable: true, details: { waiting: maxWaiting } }));
      return;
    }
    this.#waiting.push({ value });
    this.#send();
  }

  /** A loop, not recursion: a synchronous backend answers within the call, and an observer may push again in it. */
  #send(): void {
    if (this.#isSending) return;
    this.#isSending = true;
    for (let sends = 0; sends < sendsPerTurn; sends += 1) {
      const next = this.#waiting.shift();
      if (next === undefined) {
        this.#isSending = false;
        return;
      }
      if (!this.#sent(next.value)) return;
    }
    this.#runtime.turn(() => { this.#goOn(); });
  }

  /** Whether it was answered within the call. */
  #sent(value: T): boolean {
    let isAnswered = false;
    let isLater = false;
    const done = (error: unknown): void => {
      if (isAnswered) return;
      isAnswered = true;
      this.#answered(error);
      if (isLater) this.#goOn();
    };
    this.#set(value).subscribe({ error: done, complete: () => { done(undefined); } });
    isLater = !isAnswered;
    return isAnswered;
  }

  #goOn(): void {
    this.#isSending = false;
    this.#send();
  }
}
