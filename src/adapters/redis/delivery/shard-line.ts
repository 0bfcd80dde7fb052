import { isChronowError } from '../../../errors.js';
import type { SubscriptionPolicy } from '../../../port/policy.js';
import type { Argument, Reader } from '../connection/connection.js';
import { asList, asTexts, type Reply } from '../connection/reply.js';
import type { Context } from '../context.js';
import { storedAt } from '../layout/message-id.js';
import { RedisLease, type LeaseStream } from '../lease/lease.js';
import { Holdings } from './holdings.js';
import { newestId, takeIn, type Intake, type Refused } from './intake.js';
import { auditScript } from './scripts/consumer.js';
import { takeScript } from './scripts/take.js';
import type { SettleItem } from './settle-batch.js';
import { SettleLine } from './settle-line.js';
import { streams } from './streams.js';
import type { Upkeep } from './upkeep.js';

/** What the line needs of its consumer. */
export interface ShardLineOwner {
  readonly context: Context;
  readonly consumerId: string;
  readonly policy: SubscriptionPolicy;
  /** The server's clock minus ours; rather too large than too small. */
  readonly serverAheadMs: number;
  /** Who the leases belong to. */
  readonly owner: object;
  gained(lease: RedisLease): void;
  /** It is not in its hands any more, whoever ended it. */
  lost(lease: RedisLease): void;
  ended(item: SettleItem, letter: string, neverStarted: boolean): void;
  revive(shard: number): Promise<void>;
  shut(): Promise<boolean>;
}

/** A read ends by itself after so long, ms: servers forget neither the reader nor the subscription meanwhile. */
const blockMs = 5_000;

/** One consumer in one shard: its reads, what it holds, and its settlements. */
export class ShardLine {
  readonly upkeep: Upkeep;
  readonly held: Holdings = new Holdings();
  readonly settling: SettleLine;
  readonly #owner: ShardLineOwner;
  readonly #streamOf: (key: string) => LeaseStream;
  #reader: Reader | undefined = undefined;
  /** Of the last comparison, as `stream id`. */
  #unknown: ReadonlySet<string> = new Set();
  readonly #inherited: Set<string> = new Set();
  /** Entries of an answer that was not seen, handed back; should it come after all, they are not ours. */
  readonly #givenBack: Set<string> = new Set();
  /** Answers may have been lost: whatever is held unknown is to be given back before the next read. */
  #isSuspect = false;

  constructor(owner: ShardLineOwner, upkeep: Upkeep) {
    this.#owner = owner;
    this.upkeep = upkeep;
    const { keys, own } = upkeep;
    this.#streamOf = (key) => (key === own.retry ? 'retry' : key === own.solo ? 'solo' : key === keys.topic ? 'main' : 'main');
    this.settling = new SettleLine({
      context: owner.context,
      consumerId: owner.consumerId,
      upkeep,
      ended: (item, letter, neverStarted) => {
        if (this.held.remove(item.lease)) owner.lost(item.lease);
        owner.ended(item, letter, neverStarted);
      },
      storeLost: () => owner.revive(upkeep.keys.shard),
      shut: () => owner.shut(),
    });
  }

  /** What is there now, at most so many; what came back first. */
  async take(max: number): Promise<RedisLease[]> {
    const { keys, own } = this.upkeep;
    if (this.#canScript) return this.#takeNow([own.retry, keys.topic], max);
    const leases = await this.#takeNow([own.retry], max);
    if (leases.length < max) leases.push(...(await this.#takeNow([keys.topic], max - leases.length)));
    return leases;
  }

  /** One last attempt, for a consumer that holds nothing. */
  async takeSolo(): Promise<RedisLease | undefined> {
    const [lease] = await this.#takeNow([this.upkeep.own.solo], 1);
    this.upkeep.soloUnread = lease === undefined ? 0 : Math.max(0, this.upkeep.soloUnread - 1);
    return lease;
  }

  /** Waits for deliveries; answers none when the time is up or it was asked to stop. */
  async wait(max: number, withSolo: boolean): Promise<RedisLease[]> {
    if (this.#isSuspect) await this.giveBackUnknown();
    const { keys, own } = this.upkeep;
    const names = withSolo ? [own.solo, own.retry, keys.topic, own.open] : [own.retry, keys.topic, own.open];
    const sentAt = this.#owner.context.runtime.now();
    const reply = await this.#read(['GROUP', own.group, this.#owner.consumerId, 'COUNT', max, 'BLOCK', blockMs, 'STREAMS', ...names, ...names.map(() => '>')], blockMs);
    const leases = await this.#takeIn(reply, sentAt, max, names);
    if (leases[0]?.isolated === true) this.upkeep.soloUnread = Math.max(0, this.upkeep.soloUnread - 1);
    return leases;
  }

  unblock(): void {
    this.#reader?.unblock();
  }

  close(): void {
    this.#reader?.close();
    this.#reader = undefined;
  }

  /** Hands leases back as if they had never been read. */
  async giveBack(leases: readonly RedisLease[]): Promise<void> {
    await this.#refuse(leases.map((lease) => ({ lease, letter: 'f', note: '', reason: '' })));
  }

  /**
   * Compares what the server says this consumer holds with what it knows. What is unknown twice in a row came with an answer that was lost, and is given
   * back; what is known and not there any more was taken. `sure`: no read is under way, so once is enough.
   */
  async audit(sure = false): Promise<void> {
    const unknown = await this.#unknownNow();
    const ghosts = unknown.filter((name) => !this.#inherited.has(name) && (sure || this.#unknown.has(name)));
    this.#unknown = new Set(unknown.filter((name) => !ghosts.includes(name)));
    if (ghosts.length === 0) return;
    if (!sure) for (const name of ghosts) this.#givenBack.add(name);
    await this.giveBack(ghosts.map((name) => this.#ghost(name)));
  }

  /** What the consumer held before this line was there, under an order of its subscription: it is known elsewhere, and settled here. */
  async inherit(): Promise<void> {
    for (const name of await this.#unknownNow()) this.#inherited.add(name);
  }

  async giveBackUnknown(): Promise<void> {
    await this.audit(true);
    this.#isSuspect = false;
  }

  /** A lease that somebody else ended. */
  drop(lease: RedisLease): void {
    if (lease.end !== 'live') return;
    lease.end = 'taken';
    lease.outcome = undefined;
    if (this.held.remove(lease)) this.#owner.lost(lease);
  }

  get #canScript(): boolean {
    return this.#owner.context.connection.probes.readInScript;
  }

  async #takeNow(keys: readonly string[], max: number): Promise<RedisLease[]> {
    if (this.#isSuspect) await this.giveBackUnknown();
    const { connection, runtime } = this.#owner.context;
    const { group, open } = this.upkeep.own;
    const sentAt = runtime.now();
    const reply = this.#canScript
      ? await connection.run(takeScript, [open, ...keys], [group, this.#owner.consumerId, max])
      : await this.#read(['GROUP', group, this.#owner.consumerId, 'COUNT', max, 'STREAMS', ...keys, open, ...keys.map(() => '>'), '>'], 0);
    // Sent twice, it took twice.
    if ((connection.healthyForMs() ?? 0) < runtime.now() - sentAt) this.#isSuspect = true;
    return this.#takeIn(reply, sentAt, max, keys);
  }

  async #read(args: readonly Argument[], waitMs: number): Promise<Reply> {
    this.#reader ??= this.#owner.context.connection.reader(this.upkeep.keys.topic);
    try {
      return await this.#reader.read('xreadgroup', args, waitMs);
    } catch (error) {
      if (isChronowError(error, 'LINK_LOST')) this.#isSuspect = true;
      throw error;
    }
  }

  async #takeIn(reply: Reply, sentAt: number, max: number, keys: readonly string[]): Promise<RedisLease[]> {
    if (keys.includes(this.upkeep.own.retry)) this.upkeep.retryLikely = false;
    if (reply === null) {
      this.#givenBack.clear();
      return [];
    }
    const { policy, serverAheadMs, context } = this.#owner;
    const now = context.runtime.now();
    const intake = takeIn(reply, {
      owner: this.#owner.owner,
      shard: this.upkeep.keys.shard,
      policy,
      serverNow: now + serverAheadMs,
      leaseUntil: this.#beganAt(reply, sentAt, now) + policy.visibilityTimeoutMs,
      streamOf: this.#streamOf,
      isStale: (stream, entryId) => this.#givenBack.size > 0 && this.#givenBack.delete(`${stream} ${entryId}`),
    });
    for (const lease of intake.leases) this.#gain(lease);
    for (const { lease } of intake.refused) this.#gain(lease);
    if (intake.fromRetry > 0) this.upkeep.retryLikely = true;
    const surplus = this.#surplus(intake, max);
    if (intake.refused.length + surplus.length > 0) await this.#refuse([...intake.refused, ...surplus]);
    return intake.leases;
  }

  /**
   * When the leases of a reply began, by our clock and never too late. A read that waited was answered in the instant in which its newest entry was stored; one that found
   * entries, after it was sent.
   */
  #beganAt(reply: Reply, sentAt: number, now: number): number {
    const newest = newestId(reply);
    if (newest === undefined) return sentAt;
    return Math.min(now, Math.max(sentAt, storedAt(newest) - this.#owner.serverAheadMs));
  }

  /** What is more than was asked for, or came beside a last attempt. */
  #surplus(intake: Intake, max: number): Refused[] {
    const { leases } = intake;
    const alone = leases.find(({ isolated }) => isolated);
    const kept = alone === undefined ? leases.slice(0, max) : [alone];
    const surplus = alone === undefined ? leases.slice(max) : leases.filter((lease) => lease !== alone);
    leases.length = 0;
    leases.push(...kept);
    return surplus.map((lease) => ({ lease, letter: 'f', note: '', reason: '' }));
  }

  #gain(lease: RedisLease): void {
    this.held.add(lease);
    this.#owner.gained(lease);
  }

  async #refuse(refused: readonly Refused[]): Promise<void> {
    for (const { lease, letter, note, reason } of refused) {
      if (lease.end === 'live' && lease.settling === undefined) this.settling.add({ lease, letter, action: letter === 'f' ? 'release' : 'dead-letter', delayMs: 0, note, reason, result: undefined, error: undefined });
    }
    // What could not be settled is asked for again by the next call, or lapses: what was read beside it is to be handed out.
    await this.settling.drain().catch(() => undefined);
  }

  /** Compares; ends here what ended there, and answers what is unknown here. */
  async #unknownNow(): Promise<string[]> {
    const { keys, own } = this.upkeep;
    const known = streams.map((stream) => [...this.held.of(stream).values()]);
    const reply = asList(await this.#owner.context.connection.run(auditScript, [keys.topic, own.retry, own.solo], [own.group, this.#owner.consumerId]));
    const unknown: string[] = [];
    streams.forEach((stream, index) => {
      const ids = new Set(asTexts(reply[index]));
      for (const lease of known[index] ?? []) if (!ids.has(lease.entryId) && lease.settling === undefined) this.drop(lease);
      for (const entryId of ids) if (this.held.find(stream, entryId) === undefined) unknown.push(`${stream} ${entryId}`);
    });
    return unknown;
  }

  #ghost(name: string): RedisLease {
    const [place, entryId = ''] = name.split(' ');
    const stream = streams.find((one) => one === place) ?? 'main';
    const message = { id: entryId, body: '', headers: {}, codec: undefined, key: undefined, publishedAt: storedAt(entryId), expiresAt: undefined };
    const lease = new RedisLease(message, { owner: this.#owner.owner, shard: this.upkeep.keys.shard, stream, entryId, count: 1 }, 1, 0, false);
    this.#gain(lease);
    return lease;
  }
}
