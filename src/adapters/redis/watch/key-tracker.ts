import type { KeyState } from '../../../port/key-store.js';
import type { KeyRef } from '../../../port/names.js';
import type { CancelTimer } from '../../../port/runtime.js';
import type { KeyChange, KeyChangeCause } from '../../../port/watch-source.js';
import type { Context } from '../context.js';
import type { ChangeMessage } from '../keys/change-message.js';
import type { RedisKeys } from '../keys/redis-keys.js';
import { EventWindow } from './event-window.js';

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
 * What is known of one key: the newest state that a message or a look brought. A look carries the revision that is known, so that a store that
 * went back (a failover) goes on above it: what is known never goes back, and ends at what is stored.
 */
export class KeyTracker {
  readonly ref: KeyRef;
  readonly #context: Context;
  readonly #keys: RedisKeys;
  readonly #owner: TrackerOwner;
  readonly #window: EventWindow;
  #state: KeyState | undefined = undefined;
  #running: Promise<void> | undefined = undefined;
  #next: Promise<void> | undefined = undefined;
  #endTimer: CancelTimer | undefined = undefined;
  #olderTimer: CancelTimer | undefined = undefined;
  #isClosed = false;

  constructor(context: Context, keys: RedisKeys, ref: KeyRef, owner: TrackerOwner) {
    this.#context = context;
    this.#keys = keys;
    this.ref = ref;
    this.#owner = owner;
    this.#window = new EventWindow(context.runtime, () => { this.doubt(); });
  }

  /** undefined before anything was learned. */
  get state(): KeyState | undefined {
    return this.#state;
  }

  /** Reads the key. Looks that are asked for while one is under way share the next one; answers when one that began after the call has. */
  look(): Promise<void> {
    if (this.#running === undefined) return this.#begin();
    this.#next ??= this.#running.then(() => this.#follow(), () => this.#follow());
    return this.#next;
  }

  /** Something may have happened. */
  doubt(): void {
    if (this.#isClosed) return;
    this.look().then(() => { this.#owner.looked(this); }, (error: unknown) => { if (!this.#isClosed) this.#owner.failed(this, error); });
  }

  /** A message of ours. */
  heard(message: ChangeMessage): void {
    const { state, cause } = message;
    this.#window.message(message);
    const known = this.#state?.revision ?? -1;
    if (state.revision < known) this.#older();
    else if (message.isTtl) this.#limited(state);
    else if (state.revision === known) return;
    else if (message.isShort) this.doubt();
    else this.#learn(state, cause);
  }

  /** A keyspace event. */
  noticed(event: string): void {
    this.#window.event(event);
  }

  close(): void {
    this.#isClosed = true;
    this.#endTimer?.();
    this.#olderTimer?.();
    this.#window.close();
  }

  #begin(): Promise<void> {
    const ended = (): void => { this.#running = undefined; };
    const asking = this.#ask();
    this.#running = asking;
    asking.then(ended, ended);
    return asking;
  }

  #follow(): Promise<void> {
    this.#next = undefined;
    return this.#begin();
  }

  async #ask(): Promise<void> {
    const known = this.#state;
    const { state, cause } = await this.#keys.look(this.ref, { revision: known?.revision ?? 0, isPresent: known?.body !== undefined });
    if (!this.#isClosed) this.#learn(state, cause);
  }

  #learn(state: KeyState, cause: KeyChangeCause): void {
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
    const { runtime } = this.#context;
    this.#olderTimer ??= runtime.at(runtime.now() + olderMs, () => {
      this.#olderTimer = undefined;
      this.doubt();
    });
  }

  /** A server tells of an end only when it comes across it, if at all: this process has a timer of its own. */
  #arm(): void {
    this.#endTimer?.();
    const { runtime, connection } = this.#context;
    const { body, expiresAt } = this.#state ?? {};
    if (body === undefined || expiresAt === undefined || this.#isClosed) return;
    const due = connection.clock.toOurs(expiresAt) + 1;
    this.#endTimer = runtime.at(Math.max(due, runtime.now() + lateMs), () => { this.doubt(); });
  }
}
