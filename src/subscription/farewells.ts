import { isChronowError } from '../errors.js';
import type { ConsumerLink } from '../port/delivery-store.js';
import type { Settlement } from '../port/lease.js';
import type { Runtime } from '../port/runtime.js';
import { BackoffTimer } from './backoff-timer.js';

interface Farewell extends Settlement {
  readonly said: () => void;
}

/**
 * Leases that were given up here while the backend may still count them as ours: a renewal, or a settlement, of which no answer
 * came, may have been carried out. In an ordered subscription the backend then hands us what comes behind such a message. So
 * it is told, again and again until it answers, that the message is back; only then does anything behind it run here.
 */
export class Farewells {
  readonly #link: ConsumerLink;
  readonly #backoff: BackoffTimer;
  #waiting: Farewell[] = [];
  #underWay = false;
  #stopped = false;

  constructor(runtime: Runtime, link: ConsumerLink) {
    this.#link = link;
    this.#backoff = new BackoffTimer(runtime, 50, 1_000);
  }

  /** Some are not said yet. */
  get pending(): boolean {
    return this.#underWay || this.#waiting.length > 0;
  }

  say(farewell: Farewell): void {
    this.#waiting.push(farewell);
  }

  /** Sends what is to be said. What is queued behind such a message must have gone back before. */
  flush(): void {
    if (this.#waiting.length > 0 && !this.#underWay && !this.#stopped && !this.#backoff.waiting) this.#send();
  }

  /** The consumer is at its end: what it still holds lapses by itself. */
  stop(): void {
    this.#stopped = true;
    this.#backoff.cancel();
  }

  #send(): void {
    const batch = this.#waiting;
    this.#waiting = [];
    this.#underWay = true;
    const done = (): void => {
      this.#underWay = false;
      this.#backoff.succeeded();
      for (const { said } of batch) said();
    };
    this.#link.settle(batch.map(({ token, action, delayMs }) => ({ token, action, delayMs }))).subscribe({
      // Whatever it says of them: they are not ours any more.
      next: done,
      error: (error: unknown) => {
        if (!isChronowError(error) || !error.retryable) {
          done();
          return;
        }
        this.#underWay = false;
        this.#waiting = [...batch, ...this.#waiting];
        if (!this.#stopped) this.#backoff.retry(() => { this.#send(); });
      },
    });
  }
}
