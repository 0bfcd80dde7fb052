import type { Observable, Unsubscribable } from 'rxjs';
import type { KeyState } from '../../port/key-store.js';
import type { Body } from '../../port/message.js';
import type { Runtime } from '../../port/runtime.js';
import type { KeyChangeCause } from '../../port/watch-source.js';
import { backoffDelay } from '../../retry/backoff.js';
import { Timers } from './timers.js';

/** A state of a key that a feed learned. */
export interface Learned {
  readonly key: string;
  readonly state: KeyState;
  readonly cause: KeyChangeCause;
  /** Counts what this feed learned. */
  readonly order: number;
  /** The store has lost the key: shown although its revision is not above the last one. */
  readonly forced: boolean;
  /** The same value as before, from the other tier: nothing to show. */
  readonly quiet: boolean;
  /** The hot tier has nothing. */
  readonly isWarm: boolean;
}

/** What a warm tier holds of a key that is absent in the hot one; undefined: nothing. */
export type WarmCopyOf = (key: string) => Observable<KeyState | undefined>;

export interface LedgerOwner {
  learned(change: Learned): void;
  /** The warm tier answered, or did not. */
  asked(error: unknown): void;
}

const absent: KeyState = Object.freeze({ revision: 0, body: undefined, expiresAt: undefined, mark: 'none' });
const askAgain = { initialMs: 100, maxMs: 10_000, jitter: 'equal' } as const;

/** What is known of the keys of a feed: revisions never go back, and where the hot tier has nothing the warm one is asked. */
export class Ledger {
  /** The latest state of each key; of a prefix only keys that are there. */
  readonly known: Map<string, Learned> = new Map();
  readonly #owner: LedgerOwner;
  readonly #runtime: Runtime;
  readonly #timers: Timers;
  readonly #key: string | undefined;
  readonly #warmCopy: WarmCopyOf | undefined;
  readonly #asking = new Map<string, Unsubscribable>();
  #unseen: Set<string>;
  #order = 0;

  /** `key`: the only one; undefined: all of a prefix. */
  constructor(owner: LedgerOwner, runtime: Runtime, key: string | undefined, warmCopy: WarmCopyOf | undefined) {
    this.#owner = owner;
    this.#runtime = runtime;
    this.#timers = new Timers(runtime);
    this.#key = key;
    this.#warmCopy = warmCopy;
    this.#unseen = new Set(key === undefined ? [] : [key]);
  }

  /** Some state is not known because the warm tier has not answered. */
  get isAsking(): boolean {
    return this.#asking.size > 0;
  }

  /** Changes may have been missed from here on. */
  lost(): void {
    this.#unseen = new Set(this.known.keys());
    if (this.#key !== undefined) this.#unseen.add(this.#key);
  }

  /** All present states were shown: what was not among them is not there. */
  complete(): void {
    for (const key of this.#unseen) this.changed(key, absent, 'resync');
    this.#unseen.clear();
  }

  changed(key: string, state: KeyState, cause: KeyChangeCause): void {
    this.#unseen.delete(key);
    const before = this.known.get(key)?.state;
    const isOld = before !== undefined && state.revision <= before.revision;
    const isGone = cause === 'resync' && state.body === undefined && before?.body !== undefined;
    if (isOld && !isGone) return;
    const hadGap = this.#drop(key);
    if (state.body === undefined && state.mark === 'none' && this.#warmCopy !== undefined) this.#ask(this.#warmCopy, { key, state, cause, forced: isOld }, 0);
    else this.#learn({ key, state, cause, forced: isOld, isWarm: false }, hadGap);
  }

  stop(): void {
    this.#timers.cancelAll();
    for (const asking of this.#asking.values()) asking.unsubscribe();
    this.#asking.clear();
  }

  /** A watcher shows what `get` would give, and that is the warm copy where the hot tier has nothing. */
  #ask(warmCopy: WarmCopyOf, question: Pick<Learned, 'key' | 'state' | 'cause' | 'forced'>, failures: number): void {
    const { key, state } = question;
    let isOver = false;
    let asking: Unsubscribable | undefined = undefined;
    const waiting: Unsubscribable = { unsubscribe: () => { isOver = true; asking?.unsubscribe(); } };
    this.#asking.set(key, waiting);
    asking = warmCopy(key).subscribe({
      next: (copy) => {
        if (isOver) return;
        this.#asking.delete(key);
        this.#learn({ ...question, state: copy === undefined ? state : { ...copy, revision: state.revision }, isWarm: copy !== undefined }, false);
        if (copy?.expiresAt !== undefined) this.#whenCopyEnds(warmCopy, key, copy.expiresAt);
        this.#owner.asked(undefined);
      },
      error: (error: unknown) => {
        if (isOver) return;
        this.#timers.in(backoffDelay(askAgain, failures + 1, () => this.#runtime.random()), () => { if (!isOver) this.#ask(warmCopy, question, failures + 1); });
        this.#owner.asked(error);
      },
    });
    if (isOver) asking.unsubscribe();
  }

  #whenCopyEnds(warmCopy: WarmCopyOf, key: string, time: number): void {
    const learned = this.known.get(key);
    this.#timers.at(time, () => {
      if (learned !== undefined && this.known.get(key) === learned) this.#ask(warmCopy, { key, state: { ...absent, revision: learned.state.revision }, cause: 'expire', forced: true }, 0);
    });
  }

  #learn(change: Omit<Learned, 'order' | 'quiet'>, hadGap: boolean): void {
    const { key, state } = change;
    const before = this.known.get(key);
    this.#order += 1;
    const fromOtherTier = hadGap || change.isWarm || before?.isWarm === true;
    const learned: Learned = {
      ...change,
      // The revision of a key that the store has lost does not go back either.
      state: { ...state, revision: Math.max(state.revision, before?.state.revision ?? 0) },
      order: this.#order,
      quiet: fromOtherTier && sameBody(before?.state.body, state.body),
    };
    if (state.body === undefined && this.#key === undefined) this.known.delete(key);
    else this.known.set(key, learned);
    this.#owner.learned(learned);
  }

  /** Gives up asking; whether it was asked. */
  #drop(key: string): boolean {
    const asking = this.#asking.get(key);
    asking?.unsubscribe();
    return this.#asking.delete(key);
  }
}

function sameBody(one: Body | undefined, other: Body | undefined): boolean {
  if (one === undefined || other === undefined) return false;
  if (typeof one === 'string' || typeof other === 'string') return one === other;
  return one.length === other.length && one.every((byte, index) => byte === other[index]);
}
