import { ChronowError } from '../../../errors.js';
import type { ConsumerIdentity } from '../../../port/delivery-store.js';
import type { Claimed } from '../../../port/lease.js';
import type { SubscriptionRef } from '../../../port/names.js';
import type { SubscriptionPolicy } from '../../../port/policy.js';
import type { CancelTimer } from '../../../port/runtime.js';
import type { Script } from '../connection/script.js';
import type { Context } from '../context.js';
import { RedisLease } from '../lease/lease.js';
import type { Directory } from '../topics/directory.js';
import type { SubscriptionRecord } from '../topics/records.js';
import { subscriptionDeleted } from '../topics/refusals.js';
import { leaveScript } from './leave-script.js';
import { answerCall, conclude, leaveOpen, pick, type SettleCall } from './settle-calls.js';
import { ShardLine } from './shard-line.js';
import { enterScript } from './sweep-script.js';
import type { TurnOutcome } from './shard-turns.js';
import type { Item } from './turn-arguments.js';
import type { TurnAnswer } from './turn-reply.js';

/** A claim that waits for its answer. */
export interface WaitingClaim {
  readonly max: number;
  isStopped: boolean;
  readonly answer: (deliveries: readonly Claimed[], makeRoom: boolean) => void;
  readonly fail: (error: unknown) => void;
  readonly stop: () => void;
}

/**
 * What a consumer asks becomes turns, one at a time: all settlements that wait, and the claim with them if there may be something for it. A claim
 * that found nothing waits for a bell: the stream, the wake stream, a retry that falls due or a lease that may run out.
 */
export class TurnLoop {
  readonly ref: SubscriptionRef;
  readonly #context: Context;
  readonly #directory: Directory;
  readonly #consumer: ConsumerIdentity;
  readonly #owner: object;
  readonly #lines: readonly ShardLine[];
  #record: SubscriptionRecord;
  #calls: SettleCall[] = [];
  #claim: WaitingClaim | undefined = undefined;
  #isolated: RedisLease | undefined = undefined;
  #widest = 0;
  #busy = false;
  #scheduled = false;
  #deleted = false;
  #timer: CancelTimer | undefined = undefined;
  #first = 0;
  #left = false;
  readonly #whenIdle: (() => void)[] = [];

  constructor(context: Context, directory: Directory, record: SubscriptionRecord, consumer: ConsumerIdentity, owner: object) {
    this.#context = context;
    this.#directory = directory;
    this.#record = record;
    this.#consumer = consumer;
    this.#owner = owner;
    this.ref = record.ref;
    this.#lines = Array.from({ length: record.shardCount }, (_, shard) => new ShardLine(context, directory, record, shard, consumer, this.wake));
  }

  get policy(): SubscriptionPolicy {
    return this.#record.policy;
  }

  get isDeleted(): boolean {
    return this.#deleted;
  }

  settle(call: SettleCall): void {
    this.#calls.push(call);
    this.wake();
  }

  /** What was just read, or written. A claim that waits takes a turn, and learns there if the subscription is gone or has another order. */
  changed(record: SubscriptionRecord | undefined): void {
    if (record?.createdAt === this.#record.createdAt && record.version > this.#record.version) this.#adopt(record);
    for (const line of this.#lines) line.isRung = true;
    this.wake();
  }

  claim(claim: WaitingClaim): void {
    this.#claim = claim;
    if (claim.max > this.#widest) this.#widest = claim.max;
    for (const line of this.#lines) line.isRung = true;
    this.wake();
  }

  /** Looks for work once the stack is empty, so that a settlement and a claim of one moment become one turn. */
  readonly wake = (): void => {
    if (this.#scheduled || this.#busy) return;
    this.#scheduled = true;
    this.#context.runtime.soon(() => {
      this.#scheduled = false;
      if (!this.#busy) void this.#work();
    });
  };

  async enter(): Promise<void> {
    await this.#everywhere(enterScript);
  }

  /** Ends what listens; settlements may still come. */
  async leave(): Promise<void> {
    this.#left = true;
    this.#timer?.();
    for (const line of this.#lines) line.close();
    // A turn under way may still hand out something, which its claim then has.
    if (this.#busy || this.#calls.length > 0) await new Promise<void>((resolve) => { this.#whenIdle.push(resolve); });
    await this.#everywhere(leaveScript);
    await this.#directory.left(this.ref);
  }

  /** A script about this consumer, in every shard. */
  async #everywhere(script: Script): Promise<void> {
    await Promise.all(this.#lines.map(({ place }) => this.#context.connection.run(script, place.all, [this.ref.subscription, place.group, this.#consumer.consumerId])));
  }

  async #work(): Promise<void> {
    this.#busy = true;
    try {
      while (await this.#step());
    } finally {
      this.#busy = false;
    }
    // Something came while the last step ended.
    if (this.#calls.length > 0 || this.#claim?.isStopped === true || (this.#claim !== undefined && this.#lines.some(({ isRung }) => isRung))) this.wake();
    else for (const resolve of this.#whenIdle.splice(0)) resolve();
  }

  /** One round of turns; false when there is nothing to do. */
  async #step(): Promise<boolean> {
    const claim = this.#claim;
    if (claim?.isStopped === true) {
      this.#endClaim()?.answer([], false);
      return true;
    }
    const calls = this.#calls;
    // Settlements may free what the claim waits for: they go together.
    const wants = claim !== undefined && (calls.length > 0 || this.#lines.some(({ isRung }) => isRung));
    if (!wants && calls.length === 0) {
      if (claim !== undefined) this.#listen();
      return false;
    }
    this.#calls = [];
    const taken: Claimed[] = [];
    const failed = new Map<RedisLease, string>();
    let makeRoom = false;
    try {
      for (const line of this.#lines) if (line.turns.isOpen) await line.turns.resolve(this.#learn);
      const items = calls.flatMap((call) => pick(call, this.#owner));
      for (const line of this.#rotation()) {
        const own = this.#lines.length === 1 ? items : items.filter(({ lease }) => lease.shard === line.place.shard);
        const credit: number = wants && (line.isRung || own.length > 0) && !makeRoom ? claim.max - taken.length : 0;
        if (own.length === 0 && credit <= 0) continue;
        makeRoom = (await this.#turn(line, own, credit, taken, failed)) || makeRoom;
      }
      for (const call of calls) answerCall(call, this.#owner, failed);
    } catch (error) {
      this.#fail(calls, error, taken);
      return true;
    }
    if (this.#deleted) this.#endClaim()?.fail(subscriptionDeleted(this.ref));
    else if (wants && (taken.length > 0 || makeRoom)) this.#endClaim()?.answer(taken, makeRoom);
    if (this.#left && calls.length > 0) await this.#everywhere(leaveScript).catch(() => undefined);
    return true;
  }

  /** One turn of one shard; answers whether room is to be made. */
  async #turn(line: ShardLine, items: readonly Item[], credit: number, taken: Claimed[], failed: Map<RedisLease, string>): Promise<boolean> {
    const { policy } = this;
    if (credit > 0) {
      line.isRung = false;
      await line.sweeper.sweep(policy.visibilityTimeoutMs);
    }
    const sentAt = this.#context.runtime.now();
    const run = policy.order === 'strict' ? 1_000_000 : Math.max(1, Math.floor(this.#widest / 4));
    const isolated = this.#isolated?.end === 'live' ? this.#isolated : undefined;
    const outcome = await line.turns.run({ items, credit, run, isolated });
    if (outcome.kind === 'deleted' || (outcome.kind === 'ok' && outcome.createdAt !== this.#record.createdAt)) {
      this.#deleted = true;
      for (const item of items) conclude(item, 'lost');
      return false;
    }
    if (outcome.kind === 'unordered') {
      await this.#refresh();
      throw new ChronowError('LINK_LOST', `subscription "${this.ref.subscription}" keeps no order any more; try again`, { retryable: true, details: { reason: 'order' } });
    }
    this.#conclude(items, outcome, failed);
    if (outcome.version !== this.#record.version) await this.#refresh();
    line.heard(outcome, sentAt);
    if (outcome.isMore && outcome.taken.length < credit) line.isRung = true;
    const foreign: Item[] = [];
    for (const one of outcome.taken) {
      const { stream, entryId, count, deliveryCount, entry } = one;
      const lease = new RedisLease(entry.message, { owner: this.#owner, shard: line.place.shard, stream, entryId, count }, deliveryCount, sentAt + policy.visibilityTimeoutMs, one.isolated);
      if (one.isolated) this.#isolated = lease;
      if (entry.isForeign) foreign.push({ lease, action: 'dead-letter', failure: { reason: 'Undecodable', description: 'not written by Chronow, or damaged' } });
      else taken.push(lease);
    }
    if (foreign.length > 0) {
      line.isRung = true;
      await this.#turn(line, foreign, 0, taken, failed);
    }
    return outcome.makeRoom;
  }

  /** What a turn did to settlements, into their leases and into events. */
  #conclude(items: readonly Item[], outcome: TurnAnswer, failed: Map<RedisLease, string>): void {
    const { results } = outcome;
    items.forEach((item, index) => {
      const result = results.get(index);
      if (result?.startsWith('failed:') === true) failed.set(item.lease, result);
      conclude(item, result);
    });
  }

  readonly #learn = (items: readonly Item[], outcome: TurnOutcome): void => {
    if (outcome.kind === 'ok') this.#conclude(items, outcome, new Map());
    else if (outcome.kind === 'deleted') for (const item of items) conclude(item, 'lost');
  };

  #fail(calls: readonly SettleCall[], error: unknown, taken: readonly Claimed[]): void {
    for (const call of calls) {
      leaveOpen(call.sent);
      call.fail(error);
    }
    const claim = this.#endClaim();
    if (taken.length > 0) claim?.answer(taken, false);
    // Whoever attached sees by the policy that the order is no more.
    else if (this.policy.order === 'none') claim?.answer([], false);
    else claim?.fail(error);
  }

  #gone(): ChronowError {
    this.#deleted = true;
    return subscriptionDeleted(this.ref);
  }

  async #refresh(): Promise<void> {
    const record = await this.#directory.subscription(this.ref);
    if (record === undefined) throw this.#gone();
    this.#adopt(record);
  }

  #adopt(record: SubscriptionRecord): void {
    this.#record = record;
    for (const line of this.#lines) line.sweeper.reset();
  }

  #endClaim(): WaitingClaim | undefined {
    const claim = this.#claim;
    this.#claim = undefined;
    this.#timer?.();
    this.#timer = undefined;
    for (const line of this.#lines) line.bell.rest();
    return claim;
  }

  /** Each shard is first in its turn. */
  *#rotation(): Generator<ShardLine> {
    const count = this.#lines.length;
    const first = this.#first++;
    for (let at = 0; at < count; at++) {
      const line = this.#lines[(first + at) % count];
      if (line !== undefined) yield line;
    }
  }

  #listen(): void {
    if (this.#left) return;
    let next = Infinity;
    for (const line of this.#lines) next = Math.min(next, line.listen());
    this.#timer?.();
    this.#timer = this.#context.runtime.at(next, () => {
      this.#timer = undefined;
      const now = this.#context.runtime.now();
      for (const line of this.#lines) if (line.nextAt <= now) line.isRung = true;
      this.wake();
    });
  }
}
