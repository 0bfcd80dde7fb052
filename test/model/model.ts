import assert from 'node:assert/strict';
import { isChronowError } from '../../src/errors.js';
import type { BrokerEvent } from '../../src/port/events.js';
import type { Scope } from '../../src/port/names.js';
import type { Entry } from './journal.js';
import { checkOverflow } from './rules/capacity.js';
import { checkTold, hearDeath, hearLapse } from './rules/endings.js';
import type { DeathEvent } from './rules/endings.js';
import { checkAnswer } from './rules/hand-out.js';
import { owedTo } from './rules/owed.js';
import { checkShown, checkSignal } from './rules/watching.js';
import type { Now } from './span.js';
import type { Consumer } from './state/consumer.js';
import type { Hold } from './state/fate.js';
import { KeyModel } from './state/key-model.js';
import type { SubscriptionModel } from './state/subscription-model.js';
import type { TopicModel } from './state/topic-model.js';
import type { Watching } from './state/watching.js';

/** What is known of the whole system from outside, and the judge of what it does. */
export class Model {
  readonly scope: Scope;
  topic: TopicModel | undefined = undefined;
  readonly keys: Map<string, KeyModel> = new Map();
  readonly watchings: Set<Watching> = new Set();
  /** Every hand-over there was, for tokens of any age. */
  readonly holds: Hold[] = [];
  /** How many changes of policy were told. */
  policyChanges = 0;
  /** Deaths that were told before the answer that explains them. */
  unexplained: readonly { readonly sub: SubscriptionModel; readonly event: DeathEvent }[] = [];

  constructor(scope: Scope) {
    this.scope = scope;
  }

  key(name: string): KeyModel {
    let key = this.keys.get(name);
    if (key === undefined) this.keys.set(name, (key = new KeyModel(name)));
    return key;
  }

  subscriptions(): readonly SubscriptionModel[] {
    return [...(this.topic?.subscriptions.values() ?? [])];
  }

  subscription(name: string): SubscriptionModel | undefined {
    return this.topic?.subscriptions.get(name);
  }

  get live(): readonly Hold[] {
    return this.subscriptions().flatMap((sub) => [...sub.holds.values()].filter(({ end }) => end === 'live'));
  }

  /** Takes over what came by itself, in the order in which it came. */
  hear(entries: readonly Entry[]): void {
    for (const entry of entries) {
      this.turn(entry.now);
      this.#hearOne(entry);
    }
    this.topic?.trim();
  }

  /** Time has passed. */
  turn(now: Now): void {
    this.topic?.turnDue(now);
  }

  /** A call is over and nothing moves: everything was told, and nobody waits for what is there. */
  rest(now: Now): void {
    this.turn(now);
    this.topic?.trim();
    this.unexplained = this.unexplained.filter(({ sub, event }) => !hearDeath(sub, event, now));
    for (const { sub, event } of this.unexplained) assert.fail(`${event.type} of ${String(sub.fates.get(event.id))} was told without reason`);
    for (const sub of this.subscriptions()) {
      checkTold(sub);
      for (const consumer of sub.consumers) if (consumer?.claim !== undefined) this.#checkWait(consumer, now);
    }
    for (const key of this.keys.values()) key.runOut(now);
    for (const watching of this.watchings) checkShown(watching, this.keys.values());
  }

  #checkWait(consumer: Consumer, now: Now): void {
    const owed = owedTo(consumer, now);
    assert.ok(owed === undefined, `the claim of ${consumer.name} waits although there is ${String(owed)}`);
  }

  #hearOne(entry: Entry): void {
    switch (entry.kind) {
      case 'event':
        this.#hearEvent(entry.event, entry.now);
        return;
      case 'claim': {
        checkAnswer(entry.consumer, entry.answer, entry.now);
        for (const { token } of entry.answer.deliveries) {
          const hold = entry.consumer.subscription.holds.get(token);
          if (hold !== undefined) this.holds.push(hold);
        }
        return;
      }
      case 'claim failed':
        entry.consumer.claim = undefined;
        if (!entry.consumer.subscription.isDeleted || !isChronowError(entry.error, 'SUBSCRIPTION_DELETED')) throw entry.error;
        return;
      case 'signal':
        checkSignal(entry.watching, entry.signal, (key) => this.key(key), entry.now);
        return;
      case 'watch ended':
        assert.fail(`a watch ended by itself: ${String(entry.error)}`);
    }
  }

  #hearEvent(event: BrokerEvent, now: Now): void {
    if (event.type === 'topic-filling' || !('subscription' in event)) return;
    const sub = this.subscription(event.subscription.subscription);
    if (sub === undefined) return;
    if (event.type === 'lease-lapsed') hearLapse(sub, event, now);
    else if (event.type === 'dead-lettered' || event.type === 'dropped') {
      if (event.reason === 'Overflow' && this.topic !== undefined) checkOverflow(this.topic, now);
      if (!hearDeath(sub, event, now)) this.unexplained = [...this.unexplained, { sub, event }];
    } else if (event.type === 'policy-changed') {
      this.policyChanges += 1;
      sub.change(event.after, now);
    }
  }
}
