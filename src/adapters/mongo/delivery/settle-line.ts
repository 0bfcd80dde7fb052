import type { SettleDeviation, Settlement } from '../../../port/lease.js';
import type { SubscriptionPolicy } from '../../../port/policy.js';
import type { Context } from '../context.js';
import { MongoLease } from './lease.js';
import { SettleBatch } from './settle-batch.js';
import { itemOf, type SettleItem } from './settle-item.js';
import { SettleWrites } from './settle-writes.js';

/** Whose leases are settled. */
export interface SettleLineOwner {
  readonly context: Context;
  /** Of the subscription. */
  readonly id: string;
  readonly policy: SubscriptionPolicy;
  /** Reads the policy again. */
  refresh(): Promise<void>;
  /** The lease has ended so; `lost`: it had been taken, or the message is gone. */
  ended(item: SettleItem, isLost: boolean): void;
  /** A batch was carried out, whatever became of its items: before its settlements are answered. */
  settled(items: readonly SettleItem[]): Promise<void>;
}

interface UnderWay {
  readonly item: SettleItem;
  readonly batch: SettleBatch;
}

const asAsked: readonly SettleDeviation[] = Object.freeze([]);

/** Settlements of all consumers of a subscription in this process: what comes in one turn goes out in one command for each kind. */
export class SettleLine {
  readonly #owner: SettleLineOwner;
  readonly #writes: SettleWrites;
  readonly #underWay = new Map<MongoLease, UnderWay>();
  #open = new Map<string, SettleBatch>();

  constructor(owner: SettleLineOwner) {
    this.#owner = owner;
    this.#writes = new SettleWrites(owner.context);
  }

  /** Ends leases. What is known already is answered without asking. */
  async settle(settlements: readonly Settlement[]): Promise<readonly SettleDeviation[]> {
    // Whether a failure is the last one is for the policy to say that is stored now. Where it cannot be read, what is known counts.
    if (settlements.some(({ action }) => action === 'retry' || action === 'leak')) await this.#owner.refresh().catch(() => undefined);
    const entered = settlements.map((settlement) => this.#enter(settlement));
    const batches = new Set(entered.flatMap((one) => (typeof one === 'object' ? [one.batch] : [])));
    for (const { done } of batches) await done;
    let deviations: SettleDeviation[] | undefined;
    for (let index = 0; index < entered.length; index += 1) {
      const one = entered[index];
      const result = typeof one === 'object' ? one.batch.resultOf(one.item) : one;
      if (result !== undefined) (deviations ??= []).push({ index, result });
    }
    return deviations ?? asAsked;
  }

  /** The same for what was never handed out. */
  async end(items: readonly SettleItem[]): Promise<void> {
    const batches = new Set(items.map((item) => this.#add(item).batch));
    for (const { done } of batches) await done;
  }

  #enter(settlement: Settlement): UnderWay | SettleDeviation['result'] | undefined {
    const lease = settlement.token;
    if (!(lease instanceof MongoLease) || lease.place.subscription !== this.#owner.id) return 'lost';
    if (lease.end !== 'live') return lease.end === settlement.action ? lease.outcome : 'lost';
    if (lease.settling === undefined) return this.#add(itemOf(lease, settlement, this.#owner.policy));
    // The first one counts.
    return lease.settling === settlement.action ? this.#underWay.get(lease) : 'lost';
  }

  #add(item: SettleItem): UnderWay {
    const { kind, lease } = item;
    // What is in order goes back to its place, which is another command.
    const name = lease.place.run === undefined ? kind : `${kind} in order`;
    let batch = this.#open.get(name);
    if (batch === undefined) {
      batch = new SettleBatch(kind);
      if (this.#open.size === 0) this.#owner.context.runtime.soon(() => { this.#flush(); });
      this.#open.set(name, batch);
    }
    batch.items.push(item);
    lease.settling = item.action;
    const underWay = { item, batch };
    this.#underWay.set(lease, underWay);
    return underWay;
  }

  #flush(): void {
    const batches = this.#open;
    this.#open = new Map();
    for (const batch of batches.values()) void this.#send(batch);
  }

  async #send(batch: SettleBatch): Promise<void> {
    try {
      batch.lost = await this.#writes.run(batch.kind, batch.items);
      for (const item of batch.items) this.#end(item, batch.lost.has(item));
      await this.#owner.settled(batch.items);
      batch.resolve();
    } catch (error) {
      for (const { lease } of batch.items) {
        this.#underWay.delete(lease);
        lease.settling = undefined;
        lease.isDoubtful = true;
      }
      batch.reject(error);
    }
  }

  #end(item: SettleItem, isLost: boolean): void {
    const { lease } = item;
    this.#underWay.delete(lease);
    lease.settling = undefined;
    lease.end = isLost ? 'taken' : item.action;
    lease.outcome = isLost ? undefined : item.outcome;
    this.#owner.ended(item, isLost);
  }
}
