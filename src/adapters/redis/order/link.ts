import { ChronowError } from '../../../errors.js';
import type { ClaimAnswer, ConsumerIdentity, RenewAnswer } from '../../../port/delivery-store.js';
import type { LeaseToken, SettleDeviation, Settlement } from '../../../port/lease.js';
import type { SubscriptionRef } from '../../../port/names.js';
import type { SubscriptionPolicy } from '../../../port/policy.js';
import type { Context } from '../context.js';
import type { InnerLink } from '../delivery/inner-link.js';
import type { Stop } from '../delivery/stop.js';
import type { Directory } from '../topics/directory.js';
import type { SubscriptionRecord } from '../topics/records.js';
import { subscriptionDeleted } from '../topics/refusals.js';
import { renew } from './renew.js';
import { answerCall, type SettleCall } from './settle-calls.js';
import { TurnLoop, type WaitingClaim } from './turn-loop.js';

const nothing: ClaimAnswer = Object.freeze({ deliveries: Object.freeze([]), makeRoom: false });

/**
 * One consumer of an ordered subscription. Settlements and claims become turns (turn-loop.ts): one at a time, each one script. Where the order of the
 * subscription is switched off under it, claims answer nothing and settlements are `LINK_LOST`, to be tried again; {@link policy}
 * says so by then, and whoever attached replaces the link.
 */
export class OrderedLink implements InnerLink {
  readonly #context: Context;
  readonly #consumer: ConsumerIdentity;
  readonly #loop: TurnLoop;
  readonly #owner: object;
  #claim: WaitingClaim | undefined = undefined;
  #left = false;

  constructor(context: Context, directory: Directory, record: SubscriptionRecord, consumer: ConsumerIdentity, owner?: object) {
    this.#context = context;
    this.#consumer = consumer;
    this.#owner = owner ?? this;
    this.#loop = new TurnLoop(context, directory, record, consumer, this.#owner);
  }

  get policy(): SubscriptionPolicy {
    return this.#loop.policy;
  }

  changed(record: SubscriptionRecord | undefined): void {
    this.#loop.changed(record);
  }

  /** To be seen from the beginning: an ephemeral subscription ends with the last that is. */
  enter(): Promise<void> {
    return this.#loop.enter();
  }

  async claim(max: number, stop: Stop): Promise<ClaimAnswer> {
    this.#check(max);
    return new Promise((resolve, reject) => { this.#begin(max, stop, resolve, reject); });
  }

  settle(settlements: readonly Settlement[]): Promise<readonly SettleDeviation[]> {
    return new Promise((answer, fail) => {
      const call: SettleCall = { settlements: [...settlements], answer, fail, sent: [] };
      if (settlements.length === 0) answerCall(call, this.#owner, new Map());
      else this.#loop.settle(call);
    });
  }

  renew(tokens: readonly LeaseToken[]): Promise<RenewAnswer> {
    return renew(this.#context, this.#loop.ref, this.#consumer, this.policy, tokens, this.#owner);
  }

  async detach(): Promise<void> {
    this.#left = true;
    this.#claim?.stop();
    await this.#loop.leave();
  }

  #check(max: number): void {
    const { consumerId } = this.#consumer;
    if (this.#left) throw new ChronowError('CLOSED', `consumer ${consumerId} has left subscription "${this.#loop.ref.subscription}"; attach again to claim.`);
    if (!Number.isInteger(max) || max < 1) throw new ChronowError('OPTION_INVALID', `claim max must be a whole number of 1 or more, received ${String(max)}.`);
    if (this.#claim !== undefined) throw new ChronowError('OPTION_INVALID', `a claim of consumer ${consumerId} is already under way; wait for its answer before the next.`);
    if (this.#loop.isDeleted) throw subscriptionDeleted(this.#loop.ref);
  }

  #begin(max: number, stop: Stop, resolve: (answer: ClaimAnswer) => void, reject: (error: unknown) => void): void {
    let unwatch = (): void => undefined;
    const end = (): void => {
      this.#claim = undefined;
      unwatch();
    };
    const claim: WaitingClaim = {
      max,
      isStopped: false,
      answer: (deliveries, makeRoom) => {
        end();
        resolve(deliveries.length === 0 && !makeRoom ? nothing : { deliveries, makeRoom });
      },
      fail: (error) => {
        end();
        reject(error);
      },
      stop: () => {
        claim.isStopped = true;
        this.#loop.wake();
      },
    };
    this.#claim = claim;
    this.#loop.claim(claim);
    unwatch = stop.then(claim.stop);
  }
}

/** A line to a subscription that keeps an order. `owner`: who the leases belong to, where links take each other's place. */
export async function orderedLink(context: Context, directory: Directory, _ref: SubscriptionRef, record: SubscriptionRecord, consumer: ConsumerIdentity, owner?: object): Promise<InnerLink> {
  const link = new OrderedLink(context, directory, record, consumer, owner);
  await link.enter();
  return link;
}
