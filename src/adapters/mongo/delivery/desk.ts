import { ObjectId } from 'mongodb';
import { isChronowError } from '../../../errors.js';
import type { SubscriptionRef } from '../../../port/names.js';
import type { SubscriptionPolicy } from '../../../port/policy.js';
import { poke } from '../connection/hints.js';
import type { Context } from '../context.js';
import { newShortId } from '../layout/ids.js';
import type { TopicDocument } from '../layout/topic-document.js';
import type { SubscriptionRecord } from '../topics/records.js';
import type { Candidate } from './candidate.js';
import { Heartbeat, type HeartbeatOwner } from './heartbeat.js';
import type { MongoLease } from './lease.js';
import { Pointers } from './pointers.js';
import type { Records } from './records.js';
import { Rounds, type RoundsOwner } from './rounds.js';
import type { SettleItem } from './settle-item.js';
import { SettleLine, type SettleLineOwner } from './settle-line.js';
import type { DeskLink } from './want.js';

/** What is known for as long, where nothing hints at a change; and at least for as long where something does. */
const freshMs = 1_000;
const hintedFreshMs = 50;

/** A subscription in this process: its consumers, its policy and its leases. */
export class Desk implements SettleLineOwner, RoundsOwner, HeartbeatOwner {
  readonly context: Context;
  readonly ref: SubscriptionRef;
  readonly records: Records;
  readonly pointers: Pointers;
  readonly settling: SettleLine;
  readonly rounds: Rounds;
  readonly links: Set<DeskLink> = new Set();
  isDeleted = false;
  /** The last consumer left. */
  whenEmpty: () => void = () => undefined;
  #record: SubscriptionRecord;
  #readAt: number;
  #hintedAt = -Infinity;
  #hints: { unsubscribe(): void } | undefined = undefined;
  readonly #heartbeat: Heartbeat;
  /** By pointer. */
  readonly #leases = new Map<string, MongoLease>();

  constructor(context: Context, records: Records, record: SubscriptionRecord, journal: () => boolean) {
    this.context = context;
    this.records = records;
    this.ref = record.ref;
    this.#record = record;
    this.#readAt = context.runtime.now();
    this.pointers = new Pointers(context, record.id, journal);
    this.settling = new SettleLine(this);
    this.rounds = new Rounds(this);
    this.#heartbeat = new Heartbeat(this);
  }

  get id(): string {
    return this.#record.id;
  }

  get record(): SubscriptionRecord {
    return this.#record;
  }

  get policy(): SubscriptionPolicy {
    return this.#record.policy;
  }

  /** Takes over a record that was just read; false: it is of another subscription of this name. */
  adopt(record: SubscriptionRecord): boolean {
    if (this.isDeleted || record.id !== this.#record.id) return false;
    this.#readAt = this.context.runtime.now();
    if (record.version < this.#record.version) return true;
    const before = this.policy.order;
    this.#record = record;
    if (before !== record.policy.order) this.rounds.reordered();
    return true;
  }

  enter(link: DeskLink): void {
    this.links.add(link);
    this.#hints ??= this.context.store.hints.topic(this.#record.topicId).subscribe({
      next: ({ kind }) => {
        this.#hintedAt = this.context.runtime.now();
        this.rounds.ring();
        if (kind !== 'ready') this.#look();
      },
      // It never does: who claims looks by himself.
      error: () => undefined,
    });
  }

  leave(link: DeskLink): void {
    this.links.delete(link);
    this.rounds.left(link);
    if (this.links.size > 0) return;
    this.close();
    this.whenEmpty();
  }

  /** Nobody is told of anything any more. What is in hand can still be settled. */
  close(): void {
    this.#hints?.unsubscribe();
    this.#hints = undefined;
    this.#heartbeat.stop();
    this.rounds.close();
  }

  /** Whether what is known of the subscription has to be read again before anybody is handed something. */
  get isStale(): boolean {
    const age = this.context.runtime.now() - this.#readAt;
    return age >= freshMs || (age >= hintedFreshMs && this.wasHinted);
  }

  /** Something was hinted at since it was read. */
  get wasHinted(): boolean {
    return this.#hintedAt >= this.#readAt;
  }

  /** Reads the record again. Where it is gone, or another one has its name, the consumers of this one end. */
  async refresh(): Promise<void> {
    const record = await this.records.subscription(this.ref);
    if (record === undefined || !this.adopt(record)) this.isDeleted = true;
  }

  /** Somebody else may have changed the record. A claim under way finds out by itself, but a consumer that has its hands full makes none. */
  #look(): void {
    this.refresh().then(
      () => { if (this.isDeleted) this.rounds.ring(); },
      // The next claim reads it again.
      () => undefined,
    );
  }

  /** Prolongs leases; answers the pointers of those that are still held. */
  async renew(leases: readonly MongoLease[]): Promise<ReadonlySet<string>> {
    if (leases.length === 0) return new Set();
    const { visibilityTimeoutMs } = this.policy;
    const tokens = new Map(leases.map(({ place }) => [place.pointer, place.tok]));
    const [renewed] = await Promise.all([this.pointers.renew(tokens, visibilityTimeoutMs), this.rounds.lanes.renew(leases, visibilityTimeoutMs)]);
    return renewed;
  }

  /** Its consumers end, now or with their next claim. */
  deleted(): void {
    this.isDeleted = true;
    this.rounds.ring();
  }

  /** It was handed to somebody here; whoever had it before has it no more. */
  gained(lease: MongoLease): void {
    this.lapsed(lease.place.pointer);
    this.#leases.set(lease.place.pointer, lease);
    lease.place.run?.inHand.set(lease.place.pointer, lease);
    lease.holder?.gained(lease);
  }

  /** It is in nobody's way any more; whoever had it can still settle or renew it for as long as nobody takes it. */
  overdue(pointer: string): void {
    const lease = this.#leases.get(pointer);
    if (lease?.settling === undefined) lease?.holder?.lost(lease);
  }

  /** The lease of this pointer is over, or somebody else's. */
  lapsed(pointer: string): void {
    const lease = this.#leases.get(pointer);
    if (lease === undefined) return;
    // Where a settlement is under way the server decides.
    if (lease.settling === undefined) lease.end = 'taken';
    this.#drop(lease);
  }

  async setAside(foreign: readonly Candidate[]): Promise<void> {
    await this.pointers.setAside(foreign.map(({ _id }) => _id));
    for (const { _id, m } of foreign) this.context.report({ type: 'dead-lettered', subscription: this.ref, id: textOf(m) ?? textOf(_id) ?? '', reason: 'Undecodable', deliveryCount: 0 });
  }

  /** Tells that the delivery before this one ended unsettled. */
  reportLapse({ m, n }: Candidate): void {
    this.context.report({ type: 'lease-lapsed', subscription: this.ref, id: m, deliveryCount: n });
  }

  ended(item: SettleItem, isLost: boolean): void {
    const { lease, kind, failure, deliveryCount } = item;
    if (!isLost) this.rounds.lanes.delayed(item);
    this.#drop(lease);
    if (!isLost && (kind === 'bury' || kind === 'drop')) {
      this.context.report({ type: kind === 'bury' ? 'dead-lettered' : 'dropped', subscription: this.ref, id: lease.message.id, reason: failure.reason, deliveryCount });
    }
    this.rounds.ended(item);
  }

  settled(items: readonly SettleItem[]): Promise<void> {
    return this.rounds.settled(items);
  }

  /** Wakes the consumers of all processes. */
  async poke(): Promise<void> {
    const { store, keys } = this.context;
    await store.attempt('wake-up', () => store.collection<TopicDocument>('cw_topics').updateOne({ _id: keys.topicKey(this.ref) }, { $set: poke(this.#record.topicId, newShortId()) })).catch((error: unknown) => {
      // They look by themselves, only later.
      if (!isChronowError(error)) throw error;
    });
  }

  #drop(lease: MongoLease): void {
    this.rounds.lanes.back(lease);
    if (this.#leases.get(lease.place.pointer) === lease) this.#leases.delete(lease.place.pointer);
    lease.holder?.lost(lease);
  }
}

/** Of whatever somebody else has written there. */
function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : value instanceof ObjectId ? value.toHexString() : undefined;
}
