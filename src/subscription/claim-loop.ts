import { ReplaySubject } from 'rxjs';
import { isChronowError } from '../errors.js';
import type { ClaimAnswer, ConsumerLink } from '../port/delivery-store.js';
import type { CancelTimer, Runtime } from '../port/runtime.js';
import { BackoffTimer } from './backoff-timer.js';

/** What the loop needs of its consumer. */
export interface ClaimLoopOwner {
  readonly runtime: Runtime;
  readonly link: ConsumerLink;
  readonly window: number;
  /** How many deliveries are unsettled. */
  readonly unsettled: number;
  /** A last attempt is in hand, and must stay alone. */
  readonly holdsIsolated: boolean;
  claimed(answer: ClaimAnswer): void;
  claimRetried(attempt: number, error: unknown): void;
  /** The backend refuses for good. */
  claimRefused(error: unknown): void;
  /** Something moved: run the pump. */
  wake(): void;
}

/**
 * Asks for deliveries when there is credit, one claim at a time. A claim under way is never unsubscribed: it is asked to
 * stop waiting, and what still arrives is given back by the consumer.
 */
export class ClaimLoop {
  readonly #owner: ClaimLoopOwner;
  readonly #lingerMs: number;
  readonly #backoff: BackoffTimer;
  /** Replays: a claim may reach its backend after the stop. */
  readonly #stop$ = new ReplaySubject<void>(1);
  #sent = 0;
  #claiming = false;
  #makeRoom = false;
  #linger: CancelTimer | undefined = undefined;
  #lingerOver = false;
  #stopped = false;

  constructor(owner: ClaimLoopOwner, lingerMs: number) {
    this.#owner = owner;
    this.#lingerMs = lingerMs;
    this.#backoff = new BackoffTimer(owner.runtime, 100, 5_000);
  }

  get underWay(): boolean {
    return this.#claiming;
  }

  /** Claims that were sent; while one is under way it is the last of them. */
  get sent(): number {
    return this.#sent;
  }

  /** Claims, if there is credit and now is the time. */
  next(): void {
    if (this.#stopped || this.#claiming || this.#backoff.waiting) return;
    const { window, unsettled, holdsIsolated } = this.#owner;
    const credit = window - unsettled;
    if (credit === 0 || holdsIsolated || (this.#makeRoom && unsettled > 0) || this.#mayLinger(credit)) return;
    this.#makeRoom = false;
    this.#claiming = true;
    this.#sent += 1;
    this.#owner.link.claim({ max: credit, until$: this.#stop$ }).subscribe({
      next: this.#answered,
      error: this.#failed,
    });
  }

  stop(): void {
    this.#stopped = true;
    this.#linger?.();
    this.#backoff.cancel();
    this.#stop$.next();
  }

  /** Half the window free: claim now. Less: wait a little for more, or every settlement costs a claim of its own. */
  #mayLinger(credit: number): boolean {
    if (this.#lingerMs === 0 || this.#lingerOver || credit * 2 >= this.#owner.window) {
      this.#lingerOver = false;
      this.#linger?.();
      this.#linger = undefined;
      return false;
    }
    this.#linger ??= this.#owner.runtime.at(this.#owner.runtime.now() + this.#lingerMs, () => {
      this.#linger = undefined;
      this.#lingerOver = true;
      this.#owner.wake();
    });
    return true;
  }

  readonly #answered = (answer: ClaimAnswer): void => {
    this.#claiming = false;
    this.#makeRoom = answer.makeRoom;
    this.#backoff.succeeded();
    this.#owner.claimed(answer);
  };

  readonly #failed = (error: unknown): void => {
    this.#claiming = false;
    if (this.#stopped) {
      this.#owner.wake();
    } else if (isChronowError(error) && error.retryable) {
      this.#owner.claimRetried(this.#backoff.failures + 1, error);
      this.#backoff.retry(() => { this.#owner.wake(); });
    } else {
      this.#owner.claimRefused(error);
    }
  };
}
