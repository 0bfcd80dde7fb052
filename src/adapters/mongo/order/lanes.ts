import type { Context } from '../context.js';
import type { Candidate } from '../delivery/candidate.js';
import type { MongoLease } from '../delivery/lease.js';
import type { Pointers } from '../delivery/pointers.js';
import type { Run } from '../delivery/run.js';
import type { SettleItem } from '../delivery/settle-item.js';
import { Holds } from './holds.js';

/** A key whose first message somebody has without a hold is looked at so often, ms. */
const lookMs = 200;

/** So many parked messages are looked at in one go. */
const audited = 100;

/** What this process knows of the keys of a subscription: which it holds itself, and which are not to be tried yet. */
export class Lanes {
  readonly holds: Holds;
  /** Keys that had a hold when they were last heard of. */
  readonly likely: Set<string> = new Set();
  readonly #context: Context;
  readonly #pointers: Pointers;
  readonly #runs = new Map<string, Run>();
  /** Until when (our clock, ms). */
  readonly #shut = new Map<string, number>();
  #over: Run[] = [];
  #flushing: Promise<boolean> | undefined = undefined;

  constructor(context: Context, pointers: Pointers, subscription: string) {
    this.#context = context;
    this.#pointers = pointers;
    this.holds = new Holds(context, subscription);
  }

  /** Not to be tried now: it is in a hand of ours, or was found shut. */
  isShut(key: string): boolean {
    const now = this.#context.runtime.now();
    // What lapsed in our hands, and was removed by somebody else, never comes back to us.
    return this.#runs.get(key)?.isHeld(now) === true || (this.#shut.get(key) ?? 0) > now;
  }

  /** Somebody has it without a hold. */
  shut(key: string): void {
    this.#shut.set(key, this.#context.runtime.now() + lookMs);
  }

  /** When the first of those that were found shut is to be tried again (our clock, ms); Infinity: there are none. */
  nextLook(): number {
    const now = this.#context.runtime.now();
    let next = Infinity;
    for (const [key, until] of this.#shut) {
      if (until <= now) this.#shut.delete(key);
      else next = Math.min(next, until);
    }
    return next;
  }

  /** Keys may be held under this token, and nobody knows. */
  doubt(keys: readonly string[], tok: string): void {
    for (const key of keys) this.#over.push(this.holds.runOf(key, tok));
  }

  /** Of what was held under this token, lets go what nothing was taken of. */
  abandon(tok: string): void {
    for (const run of [...this.#runs.values()]) if (run.own === tok) this.#letGo(run);
  }

  /** Its messages are being taken. */
  hold(run: Run): void {
    this.#runs.set(run.key, run);
    if (this.likely.size > 10_000) this.likely.clear();
  }

  #letGo(run: Run): void {
    if (run.inHand.size > 0) return;
    if (this.#runs.get(run.key) === run) this.#runs.delete(run.key);
    this.#over.push(run);
  }

  /** A lease is not in our hands any more. */
  back({ message, place: { run, pointer } }: MongoLease): void {
    if (message.key !== undefined) this.#shut.delete(message.key);
    this.#shut.delete('');
    if (run?.inHand.delete(pointer) === true) this.#letGo(run);
  }

  /** To be called before {@link back}: it waits for its retry. */
  delayed({ lease: { place: { run } }, delayMs }: SettleItem): void {
    if (run !== undefined && delayMs > 0) run.blockedUntil = Math.max(run.blockedUntil, this.#context.store.clock.now() + delayMs);
  }

  renew(leases: readonly MongoLease[], leaseMs: number): Promise<void> {
    const runs = new Set(leases.flatMap(({ place: { run } }) => (run === undefined ? [] : [run])));
    return this.holds.renew([...runs], leaseMs);
  }

  /** There are runs that are over, and their keys are not free yet. */
  get hasEnded(): boolean {
    return this.#over.length > 0;
  }

  /** Frees the keys whose runs are over; answers whether there were any. What fails is tried again the next time. */
  flush(): Promise<boolean> {
    this.#flushing ??= this.#flush().finally(() => { this.#flushing = undefined; });
    return this.#flushing;
  }

  /** Of the oldest parked messages those whose key nobody holds. */
  async strays(): Promise<readonly Candidate[]> {
    const parked = await this.#pointers.parked(audited);
    const keys = new Set(parked.flatMap(({ k }) => (k === undefined ? [] : [k])));
    if (keys.size === 0) return parked;
    const free = new Set(await this.holds.free([...keys]));
    return parked.filter(({ k }) => k === undefined || free.has(k));
  }

  async #flush(): Promise<boolean> {
    let freed = false;
    while (this.#over.length > 0) {
      const runs = this.#over;
      this.#over = [];
      try {
        await this.#end(runs);
        freed = true;
      } catch (error) {
        this.#over.push(...runs);
        throw error;
      }
    }
    return freed;
  }

  async #end(runs: readonly Run[]): Promise<void> {
    const plain = runs.filter(({ parked, blockedUntil }) => parked === undefined && blockedUntil === 0);
    const others = new Set(runs);
    for (const run of plain) others.delete(run);
    for (const run of await this.holds.remove(plain)) others.add(run);
    for (const run of plain) if (!others.has(run)) this.likely.delete(run.key);
    await Promise.all([...others].map((run) => this.#endMarked(run)));
  }

  /** It stays where something is delayed or parked behind it. */
  async #endMarked(run: Run): Promise<void> {
    this.likely.add(run.key);
    if (run.blockedUntil > 0) {
      await this.holds.endAt(run, run.blockedUntil);
      return;
    }
    // It ends before the first of its key is seen again: whoever sees that and finds the key held parks it once more.
    for (;;) {
      const parked = await this.holds.endNow(run);
      if (await this.#pointers.unparkFirst(run.key)) return;
      if (await this.holds.removeParked(run, parked)) break;
    }
    this.likely.delete(run.key);
  }
}
