import { Observable } from 'rxjs';
import type { CancelTimer, Runtime } from '../port/runtime.js';

/** Something that reads and must end before its client does. */
export interface Stoppable {
  /** Stop reading; let what runs finish. */
  drain(): void;
  /** Give back what has not started, or all of it. */
  revokeAll(what: 'unstarted' | 'running'): void;
}

/** After the deadline has given everything back, so long is waited for the backend to confirm it, ms. */
const lastAnswersMs = 1_000;

/** The consumers of a client that are not at an end. */
export class ConsumerRegistry {
  readonly #runtime: Runtime;
  readonly #consumers = new Set<Stoppable>();
  #whenEmpty: (() => void) | undefined = undefined;

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
  }

  /** Adds a consumer; the answer takes it out. */
  add(consumer: Stoppable): () => void {
    this.#consumers.add(consumer);
    return () => {
      this.#consumers.delete(consumer);
      if (this.#consumers.size === 0) this.#whenEmpty?.();
    };
  }

  /**
   * Ends them all: stops reading, gives back what has not started, lets work settle, and at the deadline aborts and gives back
   * the rest. Answers when nothing is left, or shortly after the deadline.
   */
  close(deadlineMs: number): Observable<void> {
    return new Observable((subscriber) => {
      let timer: CancelTimer | undefined;
      const done = (): void => {
        timer?.();
        this.#whenEmpty = undefined;
        subscriber.next();
        subscriber.complete();
      };
      this.#whenEmpty = done;
      timer = this.#runtime.at(this.#runtime.now() + deadlineMs, () => {
        timer = this.#runtime.at(this.#runtime.now() + lastAnswersMs, done);
        for (const consumer of [...this.#consumers]) consumer.revokeAll('running');
      });
      for (const consumer of [...this.#consumers]) {
        consumer.drain();
        consumer.revokeAll('unstarted');
      }
      if (this.#consumers.size === 0) done();
    });
  }
}
