import type { Observable } from 'rxjs';
import type { Claimed, LeaseToken, SettleDeviation, Settlement } from './lease.js';
import type { SubscriptionRef } from './names.js';
import type { SubscriptionPolicy } from './policy.js';

/** One claim. It waits until there is something to answer. */
export interface ClaimRequest {
  /** The most deliveries to hand over, 1 or more. */
  readonly max: number;
  /** Its first value asks the backend to stop waiting: the claim then answers with what it has, perhaps nothing. */
  readonly until$: Observable<unknown>;
}

/** The one answer to a claim. */
export interface ClaimAnswer {
  readonly deliveries: readonly Claimed[];
  /**
   * A last attempt waits that only a consumer with empty hands may have, and this consumer was asked to make room: it
   * claims again once it holds nothing.
   */
  readonly makeRoom: boolean;
}

/**
 * One consumer's line to a subscription. All its methods are cold and one-shot: the work starts with subscribe, the
 * answer is one value. None of them is cancelled by unsubscribing; a claim that was asked to stop still answers.
 */
export interface ConsumerLink {
  /** The stored policy as last seen; changes when somebody updates it. */
  readonly policy: SubscriptionPolicy;
  /**
   * Waits for deliveries. At most one claim of a link is under way at a time. An answer that was lost on the way leaves leases that
   * the consumer knows nothing of: they lapse, and where the subscription keeps an order they are released before the next claim of
   * the link is served, or it would get the successors of what it does not know it holds. Errors: `SUBSCRIPTION_DELETED`, `LINK_LOST`.
   */
  claim(request: ClaimRequest): Observable<ClaimAnswer>;
  /**
   * Ends leases, each one for itself, in the order given, fenced by token. A repeat of the same action with the same
   * token answers as the first did, for one lease; another action on a settled token is `lost`.
   */
  settle(settlements: readonly Settlement[]): Observable<readonly SettleDeviation[]>;
  /** Prolongs leases by the visibility timeout from now; answers those that are lost, and the new end for the others. */
  renew(tokens: readonly LeaseToken[]): Observable<RenewAnswer>;
  /** Leaves. Leases still held lapse by themselves. */
  detach(): Observable<void>;
}

export interface RenewAnswer {
  /** End of the renewed leases, by the clock of this process. */
  readonly leaseUntil: number;
  /** Indexes of the tokens that had been taken by somebody else. */
  readonly lost: readonly number[];
}

/** Who claims. */
export interface ConsumerIdentity {
  /** Unique per subscribe(). */
  readonly consumerId: string;
  /** The name the user gave, for logs and inspection. */
  readonly consumerName: string;
}

export interface DeliveryStore {
  /** Opens a consumer's line to a subscription that exists. Errors: `SUBSCRIPTION_NOT_FOUND`. */
  attach(ref: SubscriptionRef, consumer: ConsumerIdentity): Observable<ConsumerLink>;
}
