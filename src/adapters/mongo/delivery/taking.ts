import type { SubscriptionPolicy } from '../../../port/policy.js';
import type { Context } from '../context.js';
import { pointerState } from '../layout/pointer-document.js';
import { hasLapsed, type Candidate } from './candidate.js';
import type { Grant } from './dealing.js';
import { takeIn, type Won } from './intake.js';
import { MongoLease } from './lease.js';
import type { Pointers } from './pointers.js';
import type { SettleItem } from './settle-item.js';
import type { SettleLine } from './settle-line.js';

/** A subscription in this process, as far as it is about taking messages. */
export interface TakingOwner {
  readonly context: Context;
  /** Of the subscription. */
  readonly id: string;
  readonly policy: SubscriptionPolicy;
  readonly pointers: Pointers;
  readonly settling: Pick<SettleLine, 'end'>;
  reportLapse(candidate: Candidate): void;
  /** The lease of this pointer is over, or somebody else's. */
  lapsed(pointer: string): void;
  gained(lease: MongoLease): void;
}

/** A claim took nearly as long as a lease lasts. */
export class Stalled extends Error {}

/** What a claim takes, until somebody has it in hand. */
interface Attempt {
  readonly tok: string;
  readonly ids: readonly string[];
  /** Their leases were over, and nobody was told of that yet. */
  untold: readonly Candidate[];
}

/** Takes what was dealt, and knows what may have been taken in vain. */
export class Taking {
  readonly #desk: TakingOwner;
  readonly #lanes: { abandon(tok: string): void };
  /** Taken, perhaps, by a claim that had no answer. */
  #orphans: Attempt[] = [];

  constructor(desk: TakingOwner, lanes: { abandon(tok: string): void }) {
    this.#desk = desk;
    this.#lanes = lanes;
  }

  /** Whether something may have been taken under this token that nobody has. */
  isInDoubt(tok: string): boolean {
    return this.#orphans.some((orphan) => orphan.tok === tok);
  }

  /** What was won, in order. Rejects with {@link Stalled} where it took too long. */
  async take(grants: readonly Grant[], tok: string, since: number): Promise<readonly MongoLease[]> {
    if (grants.length === 0) return [];
    const { pointers, policy, id: subscription, settling, context: { runtime } } = this.#desk;
    const candidates = grants.map(({ candidate }) => candidate);
    const leaseMs = policy.visibilityTimeoutMs;
    const leaseUntil = runtime.now() + leaseMs;
    const isInOrder = grants.some(({ run }) => run !== undefined);
    this.#checkHolds(isInOrder, since);
    const taking = pointers.take({ candidates, tok, leaseMs, states: isInOrder ? [pointerState.live, pointerState.parked] : [pointerState.live] });
    const stored = pointers.messages(candidates.filter(({ b }) => b === undefined).map(({ m }) => m));
    stored.catch(() => undefined);
    return this.#known({ tok, ids: candidates.map(({ _id }) => _id), untold: candidates.filter(hasLapsed) }, async (attempt) => {
      const counts = await taking;
      const won = grants.flatMap((grant): Won[] => {
        const count = counts.get(grant.candidate._id);
        return count === undefined ? [] : [{ grant, count }];
      });
      const messages = await this.#all(stored, won);
      this.#checkHolds(isInOrder, since);
      this.#tellLapses(attempt, counts.keys());
      const leases: MongoLease[] = [];
      const ends: SettleItem[] = [];
      for (const one of won) {
        this.#desk.lapsed(one.grant.candidate._id);
        const taken = takeIn(one, messages.get(one.grant.candidate.m), { subscription, tok, leaseUntil, policy });
        if (taken instanceof MongoLease) leases.push(taken);
        else ends.push(taken);
      }
      if (ends.length > 0) await settling.end(ends);
      for (const lease of leases) this.#desk.gained(lease);
      return leases;
    });
  }

  /** After a stall somebody else may hold what we think we do: what was taken is given back, and the round begins anew. */
  #checkHolds(isInOrder: boolean, since: number): void {
    const { policy, context: { runtime } } = this.#desk;
    if (isInOrder && runtime.now() - since > policy.visibilityTimeoutMs * 0.9) throw new Stalled();
  }

  /** A message may be stored a moment later than its pointers. */
  async #all(first: ReturnType<Pointers['messages']>, won: readonly Won[]): ReturnType<Pointers['messages']> {
    const found = await first;
    const missing = won.map(({ grant: { candidate } }) => candidate).filter(({ b, m }) => b === undefined && !found.has(m)).map(({ m }) => m);
    return missing.length === 0 ? found : new Map([...found, ...(await this.#desk.pointers.messages(missing))]);
  }

  async #known<T>(attempt: Attempt, work: (attempt: Attempt) => Promise<T>): Promise<T> {
    try {
      return await work(attempt);
    } catch (error) {
      this.#orphans.push(attempt);
      throw error;
    }
  }

  /** Whoever takes what lapsed says so: to the next one it is a message without a lease. */
  #tellLapses(attempt: Attempt, won: Iterable<string>): void {
    const { untold } = attempt;
    if (untold.length === 0) return;
    attempt.untold = [];
    const ours = new Set(won);
    for (const candidate of untold) if (ours.has(candidate._id)) this.#desk.reportLapse(candidate);
  }

  async #taken({ untold, tok }: Attempt): Promise<readonly string[]> {
    const held = await this.#desk.pointers.held(new Map(untold.map(({ _id }) => [_id, tok])));
    return held.map(({ _id }) => _id);
  }

  /** What claims took and did not hand out. */
  async giveBack(): Promise<void> {
    for (let orphan = this.#orphans[0]; orphan !== undefined; orphan = this.#orphans[0]) {
      if (orphan.untold.length > 0) this.#tellLapses(orphan, await this.#taken(orphan));
      await this.#desk.pointers.giveBack(orphan.ids, orphan.tok);
      this.#orphans.shift();
      this.#lanes.abandon(orphan.tok);
    }
  }
}
