import type { Order, SubscriptionPolicy } from '../../../port/policy.js';
import type { SubscriptionRef } from '../../../port/names.js';
import type { Context } from '../context.js';
import type { RedisLease } from '../lease/lease.js';
import type { SubscriptionRecord } from '../topics/records.js';
import { Upkeep, type Lapse, type UpkeepOwner } from './upkeep.js';

/** What deliveries need of the topics: the directory has it. */
export interface Records {
  subscription(ref: SubscriptionRef): Promise<SubscriptionRecord | undefined>;
  revive(ref: SubscriptionRef, shard: number): Promise<boolean>;
  left(ref: SubscriptionRef): Promise<void>;
}

/** A consumer as its subscription sees it. */
export interface DeskLink {
  readonly consumerId: string;
  /** Leases in its hands. */
  readonly holding: number;
  /** How many the claim under way wants; 0: there is none. */
  readonly wanted: number;
  /** Look again: something changed that a waiting claim may depend on. */
  reconsider(): void;
  lapsed(shard: number, lapse: Lapse): void;
  ticked(shard: number): void;
}

/** A subscription without order in this process: its consumers, its policy, and what it knows of the shards. */
export class Desk implements UpkeepOwner {
  readonly context: Context;
  readonly ref: SubscriptionRef;
  readonly records: Records;
  readonly upkeeps: readonly Upkeep[];
  readonly links: Set<DeskLink> = new Set();
  policy: SubscriptionPolicy;
  isDeleted = false;
  /** The topic has more shards by now. */
  isOutdated = false;
  /** The last consumer left. */
  whenEmpty: () => void = () => undefined;
  /** The server's clock minus ours, too large by no more than a round trip. */
  serverAheadMs = 0;
  /** The busy consumer that was asked to make room for a last attempt. */
  #reserved: DeskLink | undefined = undefined;
  #record: SubscriptionRecord;
  #reading = false;
  #clock = { tripMs: Infinity, at: -Infinity };

  constructor(context: Context, records: Records, record: SubscriptionRecord) {
    this.context = context;
    this.records = records;
    this.ref = record.ref;
    this.policy = record.policy;
    this.#record = record;
    this.upkeeps = Array.from({ length: record.shardCount }, (_, shard) => new Upkeep(this, shard));
  }

  get visibilityTimeoutMs(): number {
    return this.policy.visibilityTimeoutMs;
  }

  get order(): Order {
    return this.policy.order;
  }

  get wanted(): number {
    let wanted = 0;
    for (const link of this.links) wanted += link.wanted;
    return wanted;
  }

  get reserved(): DeskLink | undefined {
    return this.#reserved;
  }

  /** Whether a record that was just read is of this very subscription; what it says is newer. */
  isFor(record: SubscriptionRecord): boolean {
    if (this.isDeleted || this.isOutdated || record.createdAt !== this.#record.createdAt || record.shardCount !== this.upkeeps.length) return false;
    this.#record = record;
    this.policy = record.policy;
    return true;
  }

  shardCount(count: number): void {
    if (count <= this.upkeeps.length || this.isOutdated) return;
    this.isOutdated = true;
    for (const link of this.links) link.reconsider();
  }

  close(): void {
    for (const upkeep of this.upkeeps) upkeep.close();
  }

  consumerIds(): readonly string[] {
    return [...this.links].map(({ consumerId }) => consumerId);
  }

  /** Whether something is to be done in some shard before a claim reads. */
  get isDue(): boolean {
    return this.upkeeps.some(({ isDue }) => isDue);
  }

  /** Does what is due. */
  async prepare(): Promise<void> {
    await Promise.all(this.upkeeps.filter(({ isDue }) => isDue).map((upkeep) => upkeep.run()));
  }

  /** A claim begins or ends. */
  claimsChanged(): void {
    for (const upkeep of this.upkeeps) upkeep.arm();
  }

  leave(link: DeskLink): void {
    this.links.delete(link);
    if (this.#reserved === link) this.roomIsMade();
    if (this.links.size > 0) return;
    this.close();
    this.whenEmpty();
  }

  /** A shard in which a last attempt waits. */
  soloShard(): Upkeep | undefined {
    return this.upkeeps.find(({ soloUnread }) => soloUnread > 0);
  }

  /** Whether this busy consumer is to be asked for room: one at a time, and only where nobody idle waits. */
  asksForRoom(link: DeskLink): boolean {
    if (this.#reserved !== undefined || this.#hasIdleWaiter()) return false;
    this.#reserved = link;
    return true;
  }

  /** A last attempt was taken, or whoever was to take it left. */
  roomIsMade(): void {
    const reserved = this.#reserved;
    this.#reserved = undefined;
    reserved?.reconsider();
    if (this.soloShard() !== undefined) this.soloChanged();
  }

  soloChanged(): void {
    if (this.soloShard() === undefined) {
      if (this.#reserved !== undefined) this.roomIsMade();
      return;
    }
    for (const link of this.links) link.reconsider();
  }

  clock(serverMs: number, sentAt: number, receivedAt: number): void {
    const tripMs = receivedAt - sentAt;
    // The quickest answer knows best, but clocks drift.
    if (tripMs > this.#clock.tripMs && receivedAt - this.#clock.at < 60_000) return;
    this.#clock = { tripMs, at: receivedAt };
    this.serverAheadMs = serverMs - sentAt;
  }

  doubtClock(): void {
    this.#clock = { tripMs: Infinity, at: -Infinity };
  }

  version(version: number): void {
    if (version === this.#record.version || this.#reading || this.isDeleted) return;
    this.#reading = true;
    this.refresh().catch(() => undefined).finally(() => { this.#reading = false; });
  }

  /** Reads the record again. Where it is gone, or another one has its name, the consumers of this one end. */
  async refresh(): Promise<void> {
    this.changed(await this.records.subscription(this.ref));
  }

  /** What was just read, or written. */
  changed(record: SubscriptionRecord | undefined): void {
    if (record === undefined || record.createdAt !== this.#record.createdAt) this.isDeleted = true;
    else if (record.version >= this.#record.version) {
      this.#record = record;
      this.policy = record.policy;
    }
    for (const link of this.links) link.reconsider();
  }

  async restore(): Promise<void> {
    await Promise.all(this.upkeeps.map(async (upkeep) => {
      await this.revive(upkeep.keys.shard);
      await upkeep.runAnew();
    }));
  }

  async revive(shard: number): Promise<void> {
    if (await this.records.revive(this.ref, shard)) return;
    this.isDeleted = true;
    for (const link of this.links) link.reconsider();
  }

  lapsed(shard: number, lapses: readonly Lapse[]): void {
    const { ref: subscription, context: { report } } = this;
    for (const lapse of lapses) {
      const { messageId: id, deliveryCount, end } = lapse;
      if (end === 'gone') report({ type: 'gap', subscription, missed: 1 });
      else {
        report({ type: 'lease-lapsed', subscription, id, deliveryCount });
        if (end !== 'back') report({ type: end, subscription, id, reason: 'MaxDeliveries', deliveryCount });
      }
      for (const link of this.links) if (link.consumerId === lapse.consumerId) link.lapsed(shard, lapse);
    }
  }

  ticked(shard: number): void {
    for (const link of this.links) link.ticked(shard);
  }

  /** What became of a message that a settlement ended. */
  ended(lease: RedisLease, letter: string, reason: string, deliveryCount: number): void {
    const { ref: subscription, context: { report } } = this;
    const { id } = lease.message;
    if (letter === 'D') report({ type: 'dead-lettered', subscription, id, reason, deliveryCount });
    else if (letter === 'O') report({ type: 'dropped', subscription, id, reason, deliveryCount });
    else if (letter === 'G') report({ type: 'gap', subscription, missed: 1 });
  }

  #hasIdleWaiter(): boolean {
    for (const link of this.links) if (link.wanted > 0 && link.holding === 0) return true;
    return false;
  }
}
