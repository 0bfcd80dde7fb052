import { Observable } from 'rxjs';
import type { Subscriber, Unsubscribable } from 'rxjs';
import { ChronowError } from '../../errors.js';
import type { ClaimAnswer, ClaimRequest, ConsumerIdentity, ConsumerLink, RenewAnswer } from '../../port/delivery-store.js';
import type { LeaseToken, SettleDeviation, Settlement } from '../../port/lease.js';
import type { SubscriptionPolicy } from '../../port/policy.js';
import type { Gate } from './gate.js';
import { LaneList } from './lanes.js';
import { Lease } from './lease.js';
import { subscriptionDeleted } from './refusals.js';
import { settle } from './settle.js';
import type { SubscriptionState } from './subscription.js';
import { nothing } from './waiting.js';
import type { Consumer } from './waiting.js';

const asAsked: readonly SettleDeviation[] = Object.freeze([]);
const noneLost: readonly number[] = Object.freeze([]);

/** One consumer of a subscription. */
export class MemoryLink implements ConsumerLink, Consumer {
  readonly sub: SubscriptionState;
  readonly consumer: ConsumerIdentity;
  holding = 0;
  runsAlone = false;
  widest = 0;
  wanted = 0;
  readonly own: LaneList = new LaneList();
  readonly #gate: Gate;
  #waiting: Subscriber<ClaimAnswer> | undefined = undefined;
  #until: Unsubscribable | undefined = undefined;
  #left = false;

  constructor(sub: SubscriptionState, consumer: ConsumerIdentity, gate: Gate) {
    this.sub = sub;
    this.consumer = consumer;
    this.#gate = gate;
  }

  get policy(): SubscriptionPolicy {
    return this.sub.policy;
  }

  claim(request: ClaimRequest): Observable<ClaimAnswer> {
    return new Observable((subscriber) => {
      const now = this.#gate.now();
      let answer: ClaimAnswer;
      try {
        this.#gate.check();
        this.#checkClaim(request.max);
        answer = this.#claimNow(request.max, now);
      } catch (error) {
        subscriber.error(error);
        return undefined;
      }
      this.#gate.outbox.flush();
      if (answer === nothing) return this.#wait(request, subscriber, now);
      subscriber.next(answer);
      subscriber.complete();
      return undefined;
    });
  }

  settle(settlements: readonly Settlement[]): Observable<readonly SettleDeviation[]> {
    return this.#gate.once(() => {
      const now = this.#gate.now();
      let deviations: SettleDeviation[] | undefined;
      for (let index = 0; index < settlements.length; index++) {
        const result = settle(this.sub, settlements[index] as Settlement, now);
        if (result !== undefined) (deviations ??= []).push({ index, result });
      }
      return deviations ?? asAsked;
    });
  }

  renew(tokens: readonly LeaseToken[]): Observable<RenewAnswer> {
    return this.#gate.once(() => {
      const leaseUntil = this.#gate.now() + this.sub.policy.visibilityTimeoutMs;
      let lost: number[] | undefined;
      for (const [index, token] of tokens.entries()) {
        if (token instanceof Lease && token.consumer.sub === this.sub && token.end === 'live') {
          this.sub.leases.remove(token);
          token.leaseUntil = leaseUntil;
          this.sub.leases.add(token);
        } else (lost ??= []).push(index);
      }
      // Earlier than before, where the visibility timeout was shortened.
      if (this.sub.waiters.size > 0) this.sub.topic.bell.expect(leaseUntil);
      return { leaseUntil, lost: lost ?? noneLost };
    });
  }

  detach(): Observable<void> {
    return this.#gate.once(() => {
      this.#leave();
    });
  }

  answer(answer: ClaimAnswer): void {
    const subscriber = this.#takeWaiting();
    subscriber?.next(answer);
    subscriber?.complete();
  }

  stopWaiting(): void {
    const subscriber = this.#takeWaiting();
    this.sub.topic.bell.settleTimer();
    subscriber?.next(nothing);
    subscriber?.complete();
  }

  fail(error: unknown): void {
    this.#takeWaiting()?.error(error);
  }

  #checkClaim(max: number): void {
    if (this.sub.deleted) throw subscriptionDeleted(this.sub.ref);
    if (this.#left) throw new ChronowError('CLOSED', `consumer ${this.consumer.consumerId} has left subscription "${this.sub.ref.subscription}"; attach again to claim.`);
    if (!Number.isInteger(max) || max < 1) throw new ChronowError('OPTION_INVALID', `claim max must be a whole number of 1 or more, received ${String(max)}.`);
    if (this.#waiting !== undefined) throw new ChronowError('OPTION_INVALID', `a claim of consumer ${this.consumer.consumerId} is already under way; wait for its answer before the next.`);
  }

  #claimNow(max: number, now: number): ClaimAnswer {
    const { sub } = this;
    if (max > this.widest) this.widest = max;
    sub.lastClaimAt = now;
    const answer = sub.take(this, max, now);
    // What was just leased may come back by itself to those who wait.
    if (sub.waiters.size > 0) sub.topic.bell.expect(sub.nextDue(now));
    return answer;
  }

  #wait(request: ClaimRequest, subscriber: Subscriber<ClaimAnswer>, now: number): () => void {
    const { sub } = this;
    this.#waiting = subscriber;
    this.wanted = request.max;
    sub.waiters.add(this);
    sub.topic.bell.waits(sub, now);
    const stop = (): void => {
      if (this.#waiting === subscriber) this.stopWaiting();
    };
    const until = request.until$.subscribe({ next: stop, error: stop });
    // It may have fired within subscribe.
    if (this.#waiting === subscriber) this.#until = until;
    else until.unsubscribe();
    return () => {
      if (this.#waiting !== subscriber) return;
      this.#takeWaiting();
      sub.topic.bell.settleTimer();
    };
  }

  #takeWaiting(): Subscriber<ClaimAnswer> | undefined {
    const subscriber = this.#waiting;
    if (subscriber === undefined) return undefined;
    const until = this.#until;
    this.#waiting = undefined;
    this.#until = undefined;
    this.sub.waiters.delete(this);
    this.sub.topic.bell.rests();
    until?.unsubscribe();
    return subscriber;
  }

  #leave(): void {
    if (this.#left) return;
    this.#left = true;
    const { sub } = this;
    sub.links.delete(this);
    this.stopWaiting();
    if (sub.reserved === this) {
      sub.reserved = undefined;
      sub.stir();
    }
    if (sub.ephemeral && sub.links.size === 0 && !sub.deleted) sub.topic.deleteSubscription(sub.ref.subscription);
  }
}
