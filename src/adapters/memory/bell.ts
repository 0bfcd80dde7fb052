import type { CancelTimer, Runtime } from '../../port/runtime.js';
import type { Outbox } from './outbox.js';
import { nothing } from './waiting.js';
import type { Waiting } from './waiting.js';

/**
 * Serves waiting claims: in the same instant after something became available, however much that was, and by one
 * timer for all subscriptions. The timer runs only while a claim waits; it may come early, never late.
 */
export class Bell {
  readonly #runtime: Runtime;
  readonly #outbox: Outbox;
  /** Where claims wait, or did since the timer was last looked at. */
  readonly #waiting: Set<Waiting> = new Set();
  #claims = 0;
  #rung: Waiting[] = [];
  #cancel: CancelTimer | undefined = undefined;
  #armedFor = Infinity;

  constructor(runtime: Runtime, outbox: Outbox) {
    this.#runtime = runtime;
    this.#outbox = outbox;
  }

  /** Something became available where claims wait. */
  ring(sub: Waiting): void {
    if (sub.rung) return;
    sub.rung = true;
    if (this.#rung.length === 0) this.#runtime.soon(this.#serveRung);
    this.#rung.push(sub);
  }

  /** A claim that found nothing at `now` waits. */
  waits(sub: Waiting, now: number): void {
    this.#claims++;
    this.#waiting.add(sub);
    this.expect(sub.nextDue(now));
  }

  /** A claim waits no more. The timer is left alone: mostly the next claim is near. */
  rests(): void {
    this.#claims--;
  }

  /** Something becomes available at `due`, and a claim waits for it. */
  expect(due: number): void {
    if (due >= this.#armedFor) return;
    this.#cancel?.();
    this.#armedFor = due;
    this.#cancel = this.#runtime.at(due, this.#onTime);
  }

  /** Stops the timer where nothing waits. */
  settleTimer(): void {
    if (this.#claims > 0) return;
    this.#waiting.clear();
    this.#cancel?.();
    this.#cancel = undefined;
    this.#armedFor = Infinity;
  }

  readonly #serveRung = (): void => {
    const rung = this.#rung;
    this.#rung = [];
    const now = this.#runtime.now();
    for (const sub of rung) {
      sub.rung = false;
      this.#serve(sub, now);
      if (sub.waiters.size > 0) this.expect(sub.nextDue(now));
    }
    this.settleTimer();
  };

  readonly #onTime = (): void => {
    this.#cancel = undefined;
    this.#armedFor = Infinity;
    const now = this.#runtime.now();
    for (const sub of [...this.#waiting]) this.#serve(sub, now);
    for (const sub of this.#waiting) {
      if (sub.waiters.size === 0) this.#waiting.delete(sub);
      else this.expect(sub.nextDue(now));
    }
    this.settleTimer();
  };

  /** Once round the waiting claims, the longest waiting first. An answered consumer may claim again while we are here. */
  #serve(sub: Waiting, now: number): void {
    let turns = sub.waiters.size;
    for (const consumer of sub.waiters) {
      if (turns-- === 0) break;
      const answer = sub.take(consumer, consumer.wanted, now);
      this.#outbox.flush();
      if (answer !== nothing) consumer.answer(answer);
    }
  }
}
