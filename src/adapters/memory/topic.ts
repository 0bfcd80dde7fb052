import type { StartPosition, SubscriptionPolicy, TopicLimits } from '../../port/policy.js';
import type { SubscriptionRef, TopicRef } from '../../port/names.js';
import type { OutgoingMessage } from '../../port/message.js';
import type { Bell } from './bell.js';
import { countUnsettled } from './counts.js';
import { scheduledId } from './entry.js';
import type { Entry, Rare } from './entry.js';
import { handOut } from './hand-out.js';
import type { Home } from './home.js';
import { MessageLog } from './message-log.js';
import type { Outbox } from './outbox.js';
import { subscriptionDeleted } from './refusals.js';
import { Schedule } from './schedule.js';
import { SubscriptionState } from './subscription.js';
import { drop, end } from './upkeep.js';

/** Where a topic begins to count, so that the ids of a deleted one never come again. */
export interface Numbering {
  /** Before every id. */
  readonly idPrefix: string;
  /** Of the topic; no other has it. */
  readonly topic: number;
  readonly firstSeq: number;
  readonly firstScheduled: number;
}

/** A topic: its log, what is scheduled, and its subscriptions. */
export class TopicState implements Home {
  readonly ref: TopicRef;
  readonly number: number;
  limits: TopicLimits;
  /** Whether somebody named the number of shards, which fixes it. */
  shardsNamed: boolean;
  readonly bell: Bell;
  readonly outbox: Outbox;
  readonly log: MessageLog;
  readonly schedule: Schedule;
  readonly idPrefix: string;
  readonly subscriptions: Map<string, SubscriptionState> = new Map();
  /** The same, by kind: messages wait for the durable ones. */
  durable: SubscriptionState[] = [];
  ephemeral: SubscriptionState[] = [];
  /** Below this place nothing waits in any durable subscription. */
  #dropFrom: number;

  constructor(ref: TopicRef, limits: TopicLimits, shardsNamed: boolean, numbering: Numbering, bell: Bell, outbox: Outbox) {
    this.ref = ref;
    this.number = numbering.topic;
    this.limits = limits;
    this.shardsNamed = shardsNamed;
    this.bell = bell;
    this.outbox = outbox;
    this.idPrefix = numbering.idPrefix;
    this.log = new MessageLog(numbering.idPrefix, numbering.firstSeq);
    this.schedule = new Schedule(numbering.firstScheduled);
    this.#dropFrom = numbering.firstSeq;
  }

  advance(now: number): void {
    if (this.schedule.nextDue > now) return;
    for (let scheduled = this.schedule.popDue(now); scheduled !== undefined; scheduled = this.schedule.popDue(now)) {
      const { message, due } = scheduled;
      const expiresAt = message.ttlMs === undefined ? undefined : due + message.ttlMs;
      if (this.limits.onFull === 'dropOldest') this.makeRoom();
      this.log.append(message, due, this.durable.length, { codec: message.codec, expiresAt, scheduledAs: scheduled.seq });
    }
    this.trim(now);
    this.announce();
  }

  append(message: OutgoingMessage, now: number): Entry {
    const { codec, ttlMs } = message;
    const rare: Rare | undefined = codec === undefined && ttlMs === undefined ? undefined : { codec, expiresAt: ttlMs === undefined ? undefined : now + ttlMs, scheduledAs: 0 };
    return this.log.append(message, now, this.durable.length, rare);
  }

  /** Takes back a scheduled message; false when it is unknown or has become due. */
  cancelScheduled(id: string, now: number): boolean {
    this.advance(now);
    const number = Number(id.slice(this.idPrefix.length + 1));
    return id === scheduledId(this.idPrefix, number) && this.schedule.cancel(number);
  }

  /** New messages: whoever waits is served. */
  announce(): void {
    for (const sub of this.durable) sub.stir();
    for (const sub of this.ephemeral) sub.stir();
  }

  reopened(seq: number): void {
    // What is not in the log stands between two places of it.
    if (seq < this.#dropFrom) this.#dropFrom = Math.floor(seq);
  }

  /** Removes settled messages beyond the bound and beyond the retention time, the oldest first. */
  trim(now: number): void {
    const { maxStreamLen, retentionMs } = this.limits;
    const { log } = this;
    const keptFrom = now - retentionMs;
    if (log.total <= maxStreamLen && log.oldestAt >= keptFrom) return;
    for (let entry = log.oldestSettled(); entry !== undefined; entry = log.oldestSettled()) {
      if (log.total <= maxStreamLen && entry.publishedAt >= keptFrom) return;
      log.remove(entry);
      for (const sub of this.ephemeral) if (sub.cursor <= entry.seq) sub.missed++;
    }
  }

  /** Drops the oldest waiting messages until one more has room. What only leases hold stays, so room is not certain. */
  makeRoom(): void {
    const { log } = this;
    if (log.held < this.limits.maxStreamLen) return;
    for (let seq = log.nextLive(this.#dropFrom); seq < log.next && log.held >= this.limits.maxStreamLen; seq = log.nextLive(seq + 1)) {
      const entry = log.at(seq) as Entry;
      this.#dropFrom = seq + 1;
      if (entry.pending <= 0) continue;
      for (const sub of this.durable) {
        const deliveryCount = drop(sub, entry);
        if (deliveryCount === undefined) continue;
        this.outbox.note({ type: 'dropped', subscription: sub.ref, id: entry.id, reason: 'Overflow', deliveryCount });
        log.settle(entry);
      }
    }
  }

  /** The durable subscription that has most unsettled. */
  fullest(): { readonly name: string; readonly unsettled: number } {
    let fullest = { name: '', unsettled: -1 };
    for (const sub of this.durable) {
      const unsettled = countUnsettled(sub);
      if (unsettled > fullest.unsettled) fullest = { name: sub.ref.subscription, unsettled };
    }
    return fullest;
  }

  createSubscription(ref: SubscriptionRef, policy: SubscriptionPolicy, ephemeral: boolean, start: StartPosition, now: number): SubscriptionState {
    this.trim(now);
    const { log } = this;
    const cursor = start === 'earliest' ? log.first : start === 'latest' ? log.next : log.seek(start.from);
    const sub = new SubscriptionState(ref, this, policy, ephemeral, cursor, now, handOut);
    this.subscriptions.set(ref.subscription, sub);
    if (ephemeral) this.ephemeral = [...this.ephemeral, sub];
    else {
      this.durable = [...this.durable, sub];
      for (let seq = log.nextLive(cursor); seq < log.next; seq = log.nextLive(seq + 1)) log.hold(log.at(seq) as Entry);
      this.reopened(cursor);
    }
    return sub;
  }

  deleteSubscription(name: string): boolean {
    const sub = this.subscriptions.get(name);
    if (sub === undefined) return false;
    this.subscriptions.delete(name);
    this.durable = this.durable.filter((other) => other !== sub);
    this.ephemeral = this.ephemeral.filter((other) => other !== sub);
    end(sub);
    const error = subscriptionDeleted(sub.ref);
    for (const link of [...sub.links]) link.fail(error);
    this.bell.settleTimer();
    return true;
  }
}
