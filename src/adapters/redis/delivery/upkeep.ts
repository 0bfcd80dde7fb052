import { isChronowError } from '../../../errors.js';
import type { CancelTimer } from '../../../port/runtime.js';
import { asList, asNumber, asText } from '../connection/reply.js';
import type { Context } from '../context.js';
import { messageId } from '../layout/message-id.js';
import { shardKeys, subscriptionKeys, type ShardKeys, type SubscriptionKeys } from '../layout/shard-keys.js';
import type { LeaseStream } from '../lease/lease.js';
import type { SubscriptionRef } from '../../../port/names.js';
import { tickScript } from './scripts/tick.js';
import { streams } from './streams.js';

/** A lease that was taken back. */
export interface Lapse {
  readonly stream: LeaseStream;
  readonly entryId: string;
  readonly consumerId: string;
  readonly messageId: string;
  readonly deliveryCount: number;
  readonly end: 'back' | 'dead-lettered' | 'dropped' | 'gone';
}

/** What the upkeep of a shard needs of its subscription in this process. */
export interface UpkeepOwner {
  readonly context: Context;
  readonly ref: SubscriptionRef;
  readonly visibilityTimeoutMs: number;
  /** How many deliveries the claims under way want. */
  readonly wanted: number;
  consumerIds(): readonly string[];
  readonly serverAheadMs: number;
  /** What is known of the server's clock may be wrong. */
  doubtClock(): void;
  /** The server's clock as read between two times of ours. */
  clock(serverMs: number, sentAt: number, receivedAt: number): void;
  /** The version of the stored policy; -1: the subscription is gone. */
  version(version: number): void;
  /** Over how many shards the topic is spread by now. */
  shardCount(count: number): void;
  lapsed(shard: number, lapses: readonly Lapse[]): void;
  /** Copies of last attempts came or went. */
  soloChanged(): void;
  ticked(shard: number): void;
  /** The groups are gone. */
  revive(shard: number): Promise<void>;
}

/** Nobody waits longer for what another process left behind when it died, ms. */
const longestMs = 5_000;
const moveAtOnce = 500;
const ends = ['back', 'dead-lettered', 'dropped', 'gone'] as const;

/**
 * What a subscription needs besides reading and settling, in one shard and for all its consumers of this process: delayed messages become available when they
 * are due, and leases that lapsed are taken back, while somebody wants deliveries. By one timer, set to what the server said is next.
 */
export class Upkeep {
  readonly keys: ShardKeys;
  readonly own: SubscriptionKeys;
  /** A copy keeps the id that its message has in the shard; the shard is put in front by whoever reads it (format/read-entry.ts). */
  readonly idPrefix: string = '';
  /** There may be copies in the retry stream that nobody was handed. */
  retryLikely = true;
  /** Last attempts that nobody was handed, as far as is known. */
  soloUnread = 0;
  readonly #owner: UpkeepOwner;
  #dueAt = 0;
  #sweepAt = 0;
  #tickAt = 0;
  #round = { stream: 1, from: '-', end: Infinity };
  #running: Promise<void> | undefined = undefined;
  #cancel: CancelTimer | undefined = undefined;
  #armedFor = Infinity;
  #isClosed = false;

  constructor(owner: UpkeepOwner, shard: number) {
    const { keys } = owner.context;
    this.#owner = owner;
    this.keys = shardKeys(keys, owner.ref, shard);
    this.own = subscriptionKeys(keys, this.keys, owner.ref.subscription);
  }

  get subscription(): string {
    return this.#owner.ref.subscription;
  }

  /** Whether something is to be done before a claim is served. */
  get isDue(): boolean {
    const now = this.#owner.context.runtime.now();
    return now >= this.#dueAt || now >= this.#sweepAt;
  }

  /** Does what is due, once for all who ask meanwhile. */
  run(): Promise<void> {
    this.#running ??= this.#tick().finally(() => {
      this.#running = undefined;
      this.arm();
    });
    return this.#running;
  }

  /** Does what is due, for one who was not there when the present run began. */
  async runAnew(): Promise<void> {
    await this.#running?.catch(() => undefined);
    await this.run();
  }

  /** What a settlement told. */
  settled(version: number, dueInMs: number, toRetry: number, toSolo: number): void {
    if (version >= 0) this.#owner.version(version);
    if (toRetry > 0) this.retryLikely = true;
    if (dueInMs >= 0) this.#dueAt = Math.min(this.#dueAt, this.#owner.context.runtime.now() + dueInMs);
    if (toSolo > 0) {
      this.soloUnread += toSolo;
      this.#owner.soloChanged();
    }
    this.arm();
  }

  /** Sets the timer. Leases are looked at only while somebody wants what they bring. */
  arm(): void {
    if (this.#isClosed || this.#running !== undefined) return;
    const time = Math.min(this.#dueAt, this.#tickAt, this.#owner.wanted > 0 ? this.#sweepAt : Infinity);
    if (time === this.#armedFor) return;
    this.#cancel?.();
    this.#armedFor = time;
    this.#cancel = this.#owner.context.runtime.at(time, () => {
      this.#armedFor = Infinity;
      this.run().catch(() => undefined);
    });
  }

  close(): void {
    this.#isClosed = true;
    this.#cancel?.();
  }

  async #tick(): Promise<void> {
    if (this.#isClosed) return;
    const { context, ref } = this.#owner;
    const { runtime, connection } = context;
    const sentAt = runtime.now();
    const credit = this.#mayTakeBack(sentAt) ? this.#owner.wanted : 0;
    const { keys, own } = this;
    let reply;
    try {
      reply = asList(await connection.run(
        tickScript,
        [keys.topic, own.retry, own.solo, own.delayed, own.held, own.dead, own.deadBody, own.seen, keys.subs, own.state, keys.meta, own.open],
        [own.group, ref.subscription, this.idPrefix, moveAtOnce, credit, this.#round.stream, this.#round.from, sentAt + this.#owner.serverAheadMs + this.#halfMs, ...this.#owner.consumerIds()],
      ));
    } catch (error) {
      await this.#failed(error);
      return;
    }
    const now = runtime.now();
    const [at, version, dueInMs, toRetry, soloUnread, stream, from, endInMs, shardCount, ...rows] = reply;
    this.#owner.clock(asNumber(at), sentAt, now);
    this.#owner.version(asNumber(version));
    if (reply.length === 2) return;
    this.#owner.shardCount(asNumber(shardCount));
    const due = asNumber(dueInMs);
    this.#dueAt = due < 0 ? Infinity : now + due;
    this.#tickAt = now + longestMs - Math.floor(1_000 * runtime.random());
    if (asNumber(toRetry) > 0) this.retryLikely = true;
    this.soloUnread = asNumber(soloUnread);
    if (credit > 0) this.#lookedAt(now, asNumber(stream), asText(from), asNumber(endInMs));
    if (rows.length > 0) this.#owner.lapsed(this.keys.shard, rows.map((row) => lapseOf(this.keys.shard, asList(row))));
    if (this.soloUnread > 0) this.#owner.soloChanged();
    this.#owner.ticked(this.keys.shard);
  }

  /** A page of leases was looked at; stream 0: it was the last one. */
  #lookedAt(now: number, stream: number, from: string, endInMs: number): void {
    if (stream < 0) {
      this.#owner.doubtClock();
      this.#sweepAt = now + Math.min(250, this.#halfMs);
      return;
    }
    const end = endInMs < 0 ? Infinity : now + endInMs;
    if (stream > 0) {
      this.#round = { stream, from, end: Math.min(this.#round.end, end) };
      this.#sweepAt = now;
      return;
    }
    // Leases that begin from now on end a whole timeout later.
    this.#sweepAt = Math.min(this.#round.end, end, now + this.#owner.visibilityTimeoutMs);
    this.#round = { stream: 1, from: '-', end: Infinity };
  }

  /**
   * After a stall nobody's lease is taken back before all had the time to renew: where the server stood still, leases ended that everybody held. Half a lease of
   * health without a gap is that time.
   */
  #mayTakeBack(now: number): boolean {
    if (now < this.#sweepAt || this.#owner.wanted === 0) return false;
    const half = this.#halfMs;
    const healthy = this.#owner.context.connection.healthyForMs(Math.max(16, half));
    if (healthy !== undefined && healthy >= half) return true;
    this.#sweepAt = now + (healthy === undefined ? Math.min(half, 250) : half - healthy);
    return false;
  }

  get #halfMs(): number {
    return Math.ceil(this.#owner.visibilityTimeoutMs / 2);
  }

  async #failed(error: unknown): Promise<void> {
    const { runtime } = this.#owner.context;
    const soon = runtime.now() + 100 + Math.floor(400 * runtime.random());
    this.#tickAt = soon;
    this.#dueAt = Math.max(this.#dueAt, soon);
    this.#sweepAt = Math.max(this.#sweepAt, soon);
    if (isChronowError(error, 'LINK_LOST') && error.details['reason'] === 'NOGROUP') await this.#owner.revive(this.keys.shard);
    else throw error;
  }
}

function lapseOf(shard: number, row: readonly unknown[]): Lapse {
  const [stream, entryId, consumerId, id, deliveryCount, end] = row;
  return {
    stream: streams[Number(stream) - 1] ?? 'main',
    entryId: String(entryId),
    consumerId: String(consumerId),
    messageId: messageId(shard, String(id)),
    deliveryCount: Number(deliveryCount),
    end: ends[Number(end)] ?? 'back',
  };
}
