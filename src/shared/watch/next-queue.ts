import type { Observable } from 'rxjs';
import { ChronowError } from '../../errors.js';
import type { Runtime } from '../../port/runtime.js';

/** The most values of `next()` that wait for the backend. */
const maxWaiting = 1_000;
/** So many are sent in one turn of the event loop; the next ones in the next turn. */
const sendsPerTurn = 1_024;

/** Sets without waiting: one after the other, so that they arrive in their order. */
export class NextQueue<T> {
  readonly #runtime: Runtime;
  readonly #set: (value: T) => Observable<unknown>;
  readonly #answered: (error: unknown) => void;
  #waiting: T[] = [];
  #isSending = false;
  #isResting = false;
  #left = sendsPerTurn;

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
    this.#waiting.push(value);
    this.#send();
  }

  /** A loop, not recursion: a synchronous backend answers within the call, and an observer may push again in it. */
  #send(): void {
    if (this.#isSending || this.#isResting) return;
    this.#isSending = true;
    while (this.#waiting.length > 0 && this.#isSending) {
      if (this.#left === 0) {
        this.#rest();
        return;
      }
      if (this.#left === sendsPerTurn) this.#runtime.turn(() => { this.#wake(); });
      this.#left -= 1;
      const [value] = this.#waiting.splice(0, 1) as [T];
      if (!this.#sent(value)) return;
    }
    this.#isSending = false;
  }

  /** Whether it was answered within the call. */
  #sent(value: T): boolean {
    let isAnswered = false;
    let isLater = false;
    const done = (error: unknown): void => {
      if (isAnswered) return;
      isAnswered = true;
      this.#answered(error);
      if (!isLater) return;
      this.#isSending = false;
      this.#send();
    };
    this.#set(value).subscribe({ error: done, complete: () => { done(undefined); } });
    isLater = !isAnswered;
    return isAnswered;
  }

  #rest(): void {
    this.#isSending = false;
    this.#isResting = true;
  }

  #wake(): void {
    this.#left = sendsPerTurn;
    this.#isResting = false;
    this.#send();
  }
}
