import type { Observable, Subscriber, Unsubscribable } from 'rxjs';
import { isChronowError } from '../../errors.js';
import type { CancelTimer, Runtime } from '../../port/runtime.js';
import type { KeyChange, WatchSignal } from '../../port/watch-source.js';
import { backoffDelay } from '../../retry/backoff.js';

/** What one kind of watch does: of a key, or of a prefix. */
export interface FeedSource<S extends LineSignal> {
  /** Where changes are published. */
  readonly line$: Observable<S>;
  /** Something came over it. */
  take(signal: S): void;
  /** Reads everything anew. */
  read(): Promise<void>;
  /** What is there, after a reading. */
  present(): readonly KeyChange[];
  /** How long until everything is read again without a reason, ms. */
  intervalMs(): number;
  /** Nobody watches any more. */
  stop(): void;
}

/** As the connection gives it. */
export interface LineSignal {
  readonly kind: 'subscribed' | 'lost' | 'message';
}

interface Watcher {
  readonly subscriber: Subscriber<WatchSignal>;
  /** It was shown where it begins. */
  isReady: boolean;
}

/** So long a line may be down before what is stored is read without it. */
const blindMs = 5_000;
const again = { initialMs: 100, maxMs: 5_000, jitter: 'equal' } as const;

/**
 * One subscription at the server for all who watch the same in this process. What is shown is never less than what was stored when it
 * was confirmed: subscribe, wait for the confirmation, read, compare; again after every reconnect, and now and then in any case.
 */
export class Feed<S extends LineSignal> {
  readonly #runtime: Runtime;
  readonly #source: FeedSource<S>;
  readonly #watchers = new Set<Watcher>();
  #line: Unsubscribable | undefined = undefined;
  #isUp = false;
  #isLive = false;
  #isStale = false;
  #isOver = false;
  /** Counts readings that count; one that began before the line was lost does not. */
  #round = 0;
  #failures = 0;
  #retry: CancelTimer | undefined = undefined;
  #reconcile: CancelTimer | undefined = undefined;
  #blind: CancelTimer | undefined = undefined;

  constructor(runtime: Runtime, source: FeedSource<S>) {
    this.#runtime = runtime;
    this.#source = source;
  }

  /** The server has confirmed the subscription. */
  get isUp(): boolean {
    return this.#isUp;
  }

  /** Returns what ends it. */
  watch(subscriber: Subscriber<WatchSignal>): () => void {
    const watcher: Watcher = { subscriber, isReady: false };
    this.#watchers.add(watcher);
    if (this.#line === undefined) this.#start();
    else if (this.#isLive) this.#join(watcher);
    else {
      if (this.#isStale) subscriber.next({ kind: 'status', status: 'stale' });
      // A reading that is under way began before this watcher came.
      if (this.#isUp) this.sync();
    }
    return () => {
      this.#watchers.delete(watcher);
      if (this.#watchers.size === 0) this.#stop();
    };
  }

  /** A change, to all who know where they begin. */
  show(change: KeyChange): void {
    for (const { subscriber, isReady } of [...this.#watchers]) if (isReady) subscriber.next({ kind: 'change', change });
  }

  /** Reads everything, and shows it where something was missed. */
  sync(): void {
    this.#retry?.();
    this.#retry = undefined;
    if (!this.#isUp || this.#isOver) return;
    this.#round += 1;
    const round = this.#round;
    this.#source.read().then(
      () => { if (round === this.#round) this.#synced(); },
      (error: unknown) => { if (round === this.#round) this.failed(error); },
    );
  }

  /** A reading did not succeed: what is shown may be old, until one does. */
  failed(error: unknown): void {
    if (this.#isOver) return;
    if (isChronowError(error, 'CLOSED')) this.end();
    else if (!isChronowError(error) || !(error.retryable || error.code === 'FOREIGN_VALUE')) this.end(error);
    else {
      this.#becomeStale();
      this.#failures += 1;
      this.#retry ??= this.#in(backoffDelay(again, this.#failures, () => this.#runtime.random()), () => { this.sync(); });
    }
  }

  /** What failed may succeed now. */
  recovered(): void {
    if (this.#retry !== undefined) this.sync();
  }

  /** Ends it for everybody. */
  end(error?: unknown): void {
    const watchers = [...this.#watchers];
    this.#stop();
    for (const { subscriber } of watchers) {
      if (error === undefined) subscriber.complete();
      else subscriber.error(error);
    }
  }

  #start(): void {
    this.#later();
    this.#goBlind();
    this.#line = this.#source.line$.subscribe({
      next: (signal) => { this.#take(signal); },
      error: (error: unknown) => { this.end(error); },
      complete: () => { this.end(); },
    });
    if (this.#isOver) this.#line.unsubscribe();
  }

  #stop(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#round += 1;
    this.#retry?.();
    this.#reconcile?.();
    this.#blind?.();
    this.#line?.unsubscribe();
    this.#watchers.clear();
    this.#source.stop();
  }

  #take(signal: S): void {
    if (this.#isOver) return;
    if (signal.kind === 'subscribed') {
      this.#isUp = true;
      this.#blind?.();
      this.sync();
    } else if (signal.kind === 'lost') {
      this.#isUp = false;
      this.#round += 1;
      this.#becomeStale();
      this.#goBlind();
    } else this.#source.take(signal);
  }

  #synced(): void {
    this.#failures = 0;
    if (this.#isLive) return;
    this.#isLive = true;
    this.#isStale = false;
    for (const watcher of [...this.#watchers]) this.#greet(watcher);
  }

  /** Without the line (the user may not subscribe, say) there are still the readings: late, so never live. */
  #goBlind(): void {
    this.#blind?.();
    this.#blind = this.#in(blindMs, () => { this.#peek(); });
  }

  #peek(): void {
    const next = (): void => {
      if (this.#isUp || this.#isOver) return;
      this.#blind = this.#in(this.#source.intervalMs(), () => { this.#peek(); });
      this.#becomeStale();
    };
    const show = (): void => {
      if (this.#isUp || this.#isOver) return;
      for (const watcher of [...this.#watchers]) if (!watcher.isReady) this.#begin(watcher);
      next();
    };
    this.#source.read().then(show, (error: unknown) => {
      next();
      this.failed(error);
    });
  }

  /** It begins with what is stored now, not with what happens to be known here. */
  #join(watcher: Watcher): void {
    this.#source.read().then(() => { if (this.#isLive && !watcher.isReady) this.#greet(watcher); }, (error: unknown) => { this.failed(error); });
  }

  #greet(watcher: Watcher): void {
    this.#begin(watcher);
    watcher.subscriber.next({ kind: 'status', status: 'live' });
  }

  #begin(watcher: Watcher): void {
    watcher.isReady = true;
    for (const change of this.#source.present()) watcher.subscriber.next({ kind: 'change', change });
  }

  #becomeStale(): void {
    this.#isLive = false;
    if (this.#isStale) return;
    this.#isStale = true;
    for (const { subscriber } of [...this.#watchers]) subscriber.next({ kind: 'status', status: 'stale' });
  }

  /** Between three and five quarters of the time, so that processes do not all ask at once. */
  #later(): void {
    this.#reconcile = this.#in(this.#source.intervalMs() * (0.75 + this.#runtime.random() / 2), () => {
      this.#later();
      if (this.#isLive) this.sync();
    });
  }

  #in(ms: number, work: () => void): CancelTimer {
    return this.#runtime.at(this.#runtime.now() + Math.ceil(ms), work);
  }
}
