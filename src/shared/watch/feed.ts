import type { Observable, Unsubscribable } from 'rxjs';
import { isChronowError } from '../../errors.js';
import type { KeyState } from '../../port/key-store.js';
import type { CancelTimer, Runtime } from '../../port/runtime.js';
import type { WatchSignal, WatchStatus } from '../../port/watch-source.js';
import { backoffDelay } from '../../retry/backoff.js';
import { Ledger, type Learned, type LedgerOwner, type WarmCopyOf } from './ledger.js';
import { Ring } from './ring.js';
import { Timers } from './timers.js';

/** Who is told by a feed. */
export interface FeedListener {
  learned(change: Learned): void;
  /** A write of this client: known before the backend shows it. */
  wrote(key: string, state: KeyState): void;
  statusChanged(): void;
  /** Nobody needed the feed any more: from now on nothing is known. */
  stopped(): void;
  /** undefined: the client is closed. */
  ended(error: unknown): void;
}

export interface FeedState {
  readonly status: WatchStatus;
  /** Why it is stale. */
  readonly error: unknown;
}

export interface FeedPlan {
  readonly runtime: Runtime;
  readonly open: () => Observable<WatchSignal>;
  /** The one key that is watched; undefined: all of a prefix. */
  readonly key: string | undefined;
  /** undefined: there is no warm tier. */
  readonly warmCopy: WarmCopyOf | undefined;
  readonly onStop: () => void;
}

const reopen = { initialMs: 100, maxMs: 10_000, jitter: 'equal' } as const;

/**
 * The one backend watch of a key (or a prefix) in this client, for all who observe it. It stays for a grace time after the last of
 * them and reopens by itself. Runs once: who wants it again makes another.
 */
export class Feed implements LedgerOwner {
  /** The one order in which everybody is shown everything. */
  readonly ring: Ring;
  readonly #plan: FeedPlan;
  readonly #ledger: Ledger;
  readonly #timers: Timers;
  readonly #listeners = new Set<FeedListener>();
  #state: FeedState = { status: 'syncing', error: undefined };
  #isLive = false;
  #isRunning = true;
  #users = 0;
  #failures = 0;
  #backend: Unsubscribable | undefined = undefined;
  #letGo: CancelTimer | undefined = undefined;
  #grace: CancelTimer | undefined = undefined;

  constructor(plan: FeedPlan) {
    this.#plan = plan;
    this.ring = new Ring(plan.runtime);
    this.#ledger = new Ledger(this, plan.runtime, plan.key, plan.warmCopy);
    this.#timers = new Timers(plan.runtime);
  }

  get state(): FeedState {
    return this.#state;
  }

  /** Whether a state of the key is known; of a prefix only of keys that are there. */
  knows(key: string): boolean {
    return this.#ledger.known.has(key);
  }

  /** Listens without keeping the feed: it may stop at any time. */
  attach(listener: FeedListener): void {
    if (this.#listeners.has(listener)) return;
    this.#listeners.add(listener);
    for (const change of this.#ledger.known.values()) listener.learned(change);
  }

  /** Keeps the feed running until {@link Feed.leave}. */
  join(listener: FeedListener): void {
    this.attach(listener);
    this.#users += 1;
    if (this.#users > 1) return;
    this.#letGo = this.#plan.runtime.stayAlive();
    this.#grace?.();
    if (this.#backend === undefined) this.#open();
  }

  leave(graceMs: number): void {
    this.#users -= 1;
    if (this.#users > 0 || !this.#isRunning) return;
    this.#letGo?.();
    this.#grace = this.#timers.in(graceMs, () => { for (const listener of this.#stop()) listener.stopped(); });
  }

  /** Ends it for everybody. */
  end(error?: unknown): void {
    if (!this.#isRunning) return;
    const listeners = this.#stop();
    this.ring.push(() => { for (const listener of listeners) listener.ended(error); });
  }

  wrote(key: string, state: KeyState): void {
    for (const listener of this.#listeners) listener.wrote(key, state);
  }

  learned(change: Learned): void {
    this.ring.hold(() => { for (const listener of this.#listeners) listener.learned(change); });
  }

  asked(error: unknown): void {
    if (error === undefined) this.#confirm();
    else this.#become({ status: 'stale', error });
  }

  #stop(): readonly FeedListener[] {
    const listeners = [...this.#listeners];
    this.#isRunning = false;
    this.#listeners.clear();
    this.#timers.cancelAll();
    this.#ledger.stop();
    this.#letGo?.();
    this.#backend?.unsubscribe();
    this.#plan.onStop();
    return listeners;
  }

  #open(): void {
    const backend = this.#plan.open().subscribe({
      next: (signal) => { if (this.#isRunning) this.ring.hold(() => { this.#take(signal); }); },
      error: (error: unknown) => { this.#failed(error); },
      complete: () => { this.end(); },
    });
    this.#backend = backend;
    // Stopped from within.
    if (!this.#isRunning) backend.unsubscribe();
  }

  #take(signal: WatchSignal): void {
    if (signal.kind === 'change') {
      const { key, state, cause } = signal.change;
      this.#ledger.changed(key.key, state, cause);
    } else if (signal.status === 'live') {
      this.#failures = 0;
      this.#ledger.complete();
      this.#isLive = true;
      this.#confirm();
    } else this.#lost(signal.status, undefined);
  }

  #failed(error: unknown): void {
    if (!this.#isRunning) return;
    if (!isChronowError(error) || !error.retryable) {
      this.end(error);
      return;
    }
    this.#lost('stale', error);
    this.#failures += 1;
    this.#timers.in(backoffDelay(reopen, this.#failures, () => this.#plan.runtime.random()), () => { this.#open(); });
  }

  #lost(status: WatchStatus, error: unknown): void {
    this.#isLive = false;
    this.#ledger.lost();
    this.#become({ status, error });
  }

  #confirm(): void {
    if (this.#isLive && !this.#ledger.isAsking) this.#become({ status: 'live', error: undefined });
  }

  #become(state: FeedState): void {
    if (state.status === this.#state.status && state.error === this.#state.error) return;
    this.ring.hold(() => {
      this.#state = state;
      for (const listener of this.#listeners) listener.statusChanged();
    });
  }
}
