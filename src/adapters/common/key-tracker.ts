import type { KeyState } from '../../port/key-store.js';
import type { KeyRef } from '../../port/names.js';
import type { CancelTimer, Runtime } from '../../port/runtime.js';
import type { KeyChange, KeyChangeCause } from '../../port/watch-source.js';
import { OneByOne } from './one-by-one.js';
import type { ServerClock } from './server-clock.js';

/** What a look found. */
export interface Looked {
  readonly state: KeyState;
  /** What the latest revision was. */
  readonly cause: KeyChangeCause;
}

/** What came of a change. */
export interface KeyNews extends Looked {
  /** Only the time to live changed: not a new revision. */
  readonly isTtl: boolean;
  /** The body did not come along: it has to be read. */
  readonly isShort: boolean;
}

export interface TrackerParts {
  readonly runtime: Runtime;
  readonly clock: Pick<ServerClock, 'toOurs'>;
  /** Reads a key. It is told what is known, so that a store that went back goes on above it. */
  readonly look: (ref: KeyRef, known: KeyState | undefined) => Promise<Looked>;
}

/** Who watches. */
export interface TrackerOwner {
  /** A newer revision. */
  changed(change: KeyChange): void;
  /** A look that nobody waits for did not succeed. */
  failed(tracker: KeyTracker, error: unknown): void;
  /** It did, so what failed before is over. */
  looked(tracker: KeyTracker): void;
}

/** An older message is mostly one that came behind a read; where the store went back, a look a little later finds it. */
const olderMs = 50;
/** Between two looks for the end of a value that is late. */
const lateMs = 5;

/**
 * What is known of one key: the newest state that a message or a look brought. What is known never goes back, and ends at what is stored.
 */
export class KeyTracker {
  readonly ref: KeyRef;
  readonly #parts: TrackerParts;
  readonly #owner: TrackerOwner;
  readonly #looks: OneByOne = new OneByOne(() => this.#ask());
  #state: KeyState | undefined = undefined;
  #endTimer: CancelTimer | undefined = undefined;
  #olderTimer: CancelTimer | undefined = undefined;
  #isClosed = false;

  constructor(parts: TrackerParts, ref: KeyRef, owner: TrackerOwner) {
    this.#parts = parts;
    this.ref = ref;
    this.#owner = owner;
  }

  /** undefined before anything was learned. */
  get state(): KeyState | undefined {
    return this.#state;
  }

  /** Reads the key. Answers when a look that began after the call has ended. */
  look(): Promise<void> {
    return this.#looks.run();
  }

  /** Something may have happened. */
  doubt(): void {
    if (this.#isClosed) return;
    this.look().then(() => { this.#owner.looked(this); }, (error: unknown) => { if (!this.#isClosed) this.#owner.failed(this, error); });
  }

  heard({ state, cause, isTtl, isShort }: KeyNews): void {
    const known = this.#state?.revision ?? -1;
    if (state.revision < known) this.#older();
    else if (isTtl) this.#limited(state);
    else if (state.revision === known) return;
    else if (isShort) this.doubt();
    else this.#learn({ state, cause });
  }

  close(): void {
    this.#isClosed = true;
    this.#endTimer?.();
    this.#olderTimer?.();
  }

  async #ask(): Promise<void> {
    const looked = await this.#parts.look(this.ref, this.#state);
    if (!this.#isClosed) this.#learn(looked);
  }

  #learn({ state, cause }: Looked): void {
    const known = this.#state;
    if (known !== undefined && state.revision < known.revision) return;
    this.#state = state;
    this.#arm();
    if (known === undefined || state.revision > known.revision) this.#owner.changed({ key: this.ref, state, cause });
  }

  /** Only the time to live is another one. Of a revision that is not known yet the rest has to be read. */
  #limited({ revision, expiresAt }: KeyState): void {
    const known = this.#state;
    if (known === undefined || known.revision !== revision) {
      this.doubt();
      return;
    }
    this.#state = { ...known, expiresAt };
    this.#arm();
  }

  #older(): void {
    const { runtime } = this.#parts;
    this.#olderTimer ??= runtime.at(runtime.now() + olderMs, () => {
      this.#olderTimer = undefined;
      this.doubt();
    });
  }

  /** A server tells of an end only when it comes across it, if at all: this process has a timer of its own. */
  #arm(): void {
    this.#endTimer?.();
    const { runtime, clock } = this.#parts;
    const { body, expiresAt } = this.#state ?? {};
    if (body === undefined || expiresAt === undefined || this.#isClosed) return;
    const due = clock.toOurs(expiresAt) + 1;
    this.#endTimer = runtime.at(Math.max(due, runtime.now() + lateMs), () => { this.doubt(); });
  }
}
