import { isChronowError, type ChronowError } from '../../../errors.js';
import type { CancelTimer, Runtime } from '../../../port/runtime.js';
import { backoffDelay, type Backoff } from '../../../retry/backoff.js';
import { chronowError, closedError, deadlinePassed } from './errors.js';
import { failureOf, type Failure } from './server-error.js';

/** What the driver itself still has to say when another server has become the primary. */
const graceMs = 250;

/** What becomes of calls that the primary before has not answered. */
export const moved: Failure = { kind: 'link', code: undefined, word: 'PRIMARY_CHANGED', text: 'another server has become the primary' };

const outOfTime: Failure = { kind: 'link', code: undefined, word: 'DEADLINE', text: 'no answer' };

/** Runs operations again and again until they have an answer, or their time is up. */
export class Attempts {
  readonly #runtime: Runtime;
  readonly #backoff: Backoff;
  readonly #failed: (failure: Failure) => void;
  readonly #flights = new Set<Flight>();
  #isOpen = false;
  #refusal: ChronowError | undefined = undefined;
  #isClosed = false;
  #waiting: (() => void)[] = [];

  /** `failed`: an attempt got no answer from a primary. */
  constructor(runtime: Runtime, retryMs: number, failed: (failure: Failure) => void) {
    this.#runtime = runtime;
    this.#backoff = { initialMs: Math.min(20, retryMs), maxMs: retryMs, factor: 2, jitter: 'equal' };
    this.#failed = failed;
  }

  /** From here on attempts are made; what came before waited. */
  open(): void {
    this.#isOpen = true;
    this.#flush();
  }

  /** This deployment will never do. */
  refuse(error: ChronowError): void {
    this.#refusal ??= error;
    this.#flush();
  }

  close(): void {
    this.#isClosed = true;
    for (const { end, what } of [...this.#flights]) end(closedError(what));
    this.#flush();
  }

  /** What is under way may have gone to a server that will never answer. */
  primaryChanged(): void {
    const old = [...this.#flights];
    if (old.length > 0) this.#runtime.at(this.#runtime.now() + graceMs, () => { for (const { end } of old) end(moved); });
  }

  async run<T>(what: string, operation: (attempt: number) => Promise<T>, deadlineMs: number): Promise<T> {
    const deadlineAt = this.#runtime.now() + deadlineMs;
    if (!this.#isOpen) await this.#opened(what, deadlineAt, deadlineMs);
    let reason: Failure | undefined = undefined;
    for (let attempt = 1; ; attempt += 1) {
      this.#check(what);
      const last = await this.#once(what, () => operation(attempt), deadlineAt);
      if (last.done) return last.value;
      // What was said before says more than that nothing was said at the end.
      reason = last.failure === outOfTime ? reason ?? outOfTime : last.failure;
      const pauseMs = backoffDelay(this.#backoff, attempt, () => this.#runtime.random());
      if (this.#runtime.now() + pauseMs >= deadlineAt) throw deadlinePassed(what, deadlineMs, reason);
      await this.#pause(what, pauseMs);
    }
  }

  #once<T>(what: string, operation: () => Promise<T>, deadlineAt: number): Promise<{ readonly done: true; readonly value: T } | { readonly done: false; readonly failure: Failure }> {
    return new Promise((resolve, reject) => {
      let cancel: CancelTimer | undefined = undefined;
      const leave = (): void => {
        this.#flights.delete(flight);
        cancel?.();
      };
      const end = (cause: unknown): void => {
        if (!this.#flights.has(flight)) return;
        leave();
        if (isChronowError(cause)) {
          reject(cause);
          return;
        }
        const failure = isFailure(cause) ? cause : failureOf(cause);
        if (failure.kind === 'link') this.#failed(failure);
        if (failure.kind === 'link' || failure.kind === 'passing') resolve({ done: false, failure });
        else reject(chronowError(failure, what));
      };
      const flight: Flight = { what, end };
      this.#flights.add(flight);
      cancel = this.#runtime.at(deadlineAt, () => { end(outOfTime); });
      // Thrown at once or later, it is the same.
      Promise.resolve().then(operation).then((value) => {
        if (!this.#flights.has(flight)) return;
        leave();
        resolve({ done: true, value });
      }, end);
    });
  }

  #opened(what: string, deadlineAt: number, deadlineMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const cancel = this.#runtime.at(deadlineAt, () => { reject(deadlinePassed(what, deadlineMs, undefined)); });
      const go = (): void => {
        cancel();
        resolve();
      };
      if (this.#isClosed || this.#refusal !== undefined) go();
      else this.#waiting.push(go);
    });
  }

  #check(what: string): void {
    if (this.#isClosed) throw closedError(what);
    if (this.#refusal !== undefined) throw this.#refusal;
  }

  #pause(what: string, ms: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const cancel = this.#runtime.at(this.#runtime.now() + ms, () => {
        this.#flights.delete(flight);
        resolve();
      });
      const flight: Flight = {
        what,
        end: (cause) => {
          // Only closing cuts a pause short.
          if (!isChronowError(cause)) return;
          cancel();
          this.#flights.delete(flight);
          reject(cause);
        },
      };
      this.#flights.add(flight);
    });
  }

  #flush(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const go of waiting) go();
  }
}

interface Flight {
  readonly what: string;
  readonly end: (cause: unknown) => void;
}

function isFailure(cause: unknown): cause is Failure {
  return typeof cause === 'object' && cause !== null && !(cause instanceof Error) && 'kind' in cause;
}
