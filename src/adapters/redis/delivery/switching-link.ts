import { merge, Observable, ReplaySubject, Subject } from 'rxjs';
import { isChronowError } from '../../../errors.js';
import type { ClaimAnswer, ClaimRequest, RenewAnswer } from '../../../port/delivery-store.js';
import type { LeaseToken, SettleDeviation, Settlement } from '../../../port/lease.js';
import type { SubscriptionRef } from '../../../port/names.js';
import type { SubscriptionPolicy } from '../../../port/policy.js';
import type { SubscriptionRecord } from '../topics/records.js';
import { subscriptionDeleted } from '../topics/refusals.js';
import type { InnerLink } from './inner-link.js';
import { UnorderedLink } from './link.js';
import { firstOf, once } from '../../common/once.js';

/** What the link needs of the broker. */
export interface SwitchingLinkParts {
  readonly ref: SubscriptionRef;
  /** A line of the kind that the policy asks for. */
  open(record: SubscriptionRecord, owner: object, isSwitch: boolean): Promise<InnerLink>;
  find(): Promise<SubscriptionRecord | undefined>;
  release(): void;
  ended(): void;
  /** Throws where the broker is closed. */
  check(): void;
}

/**
 * A consumer's line for as long as it lives: where the subscription begins or ceases to keep an order, another kind of line takes the place of the old one, and leases of either
 * are settled by whichever is there.
 */
export class SwitchingLink implements InnerLink {
  readonly #parts: SwitchingLinkParts;
  readonly #stopped$: Subject<void> = new Subject();
  #inner: InnerLink | undefined = undefined;
  #record: SubscriptionRecord | undefined = undefined;
  #isOrdered = false;
  #isEnded = false;
  #underWay: Promise<unknown> = Promise.resolve();
  #switching: Promise<InnerLink> | undefined = undefined;

  constructor(parts: SwitchingLinkParts) {
    this.#parts = parts;
  }

  get policy(): SubscriptionPolicy {
    const policy = this.#inner?.policy ?? this.#record?.policy;
    if (policy === undefined) throw new TypeError('the link is not open yet');
    return policy;
  }

  async open(record: SubscriptionRecord, isSwitch = false): Promise<InnerLink> {
    this.#record = record;
    const inner = await this.#parts.open(record, this, isSwitch);
    this.#isOrdered = record.policy.order !== 'none';
    this.#inner = inner;
    return inner;
  }

  changed(record: SubscriptionRecord | undefined): void {
    this.#inner?.changed(record);
  }

  claim({ max, until$ }: ClaimRequest): Observable<ClaimAnswer> {
    return new Observable((subscriber) => {
      // Replays: the next line of this claim is to know that it was stopped.
      const stop$ = new ReplaySubject<void>(1);
      const stop = (): void => { stop$.next(); };
      const until = merge(until$, this.#stopped$).subscribe({ next: stop, error: stop });
      const claim = this.#claim({ max, until$: stop$ });
      this.#underWay = claim.catch(() => undefined);
      claim.then(
        (answer) => {
          until.unsubscribe();
          // Nobody will ever know of these.
          if (subscriber.closed) this.#giveBack(answer);
          subscriber.next(answer);
          subscriber.complete();
        },
        (error: unknown) => {
          until.unsubscribe();
          subscriber.error(error);
        },
      );
      return stop;
    });
  }

  settle(settlements: readonly Settlement[]): Observable<readonly SettleDeviation[]> {
    return once(async () => {
      for (;;) {
        try {
          return await firstOf((await this.#current()).settle(settlements));
        } catch (error) {
          if (!isChronowError(error, 'LINK_LOST') || !this.#mustSwitch()) throw error;
        }
      }
    });
  }

  renew(tokens: readonly LeaseToken[]): Observable<RenewAnswer> {
    return once(async () => firstOf((await this.#current()).renew(tokens)));
  }

  detach(): Observable<void> {
    return once(async () => {
      if (this.#isEnded) return;
      this.abandon();
      await this.stop();
      if (this.#inner !== undefined) await firstOf(this.#inner.detach());
    });
  }

  /** A claim under way answers with what it has; resolves when it did. */
  async stop(): Promise<void> {
    this.#stopped$.next();
    await this.#underWay;
  }

  /** The consumer is no more. */
  abandon(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#parts.release();
    this.#parts.ended();
  }

  async #claim(request: ClaimRequest): Promise<ClaimAnswer> {
    for (;;) {
      this.#parts.check();
      const link = await this.#current();
      try {
        const answer = await firstOf(link.claim(request));
        if (answer.deliveries.length + Number(answer.makeRoom) > 0) return answer;
        if (!this.#mustSwitch() || this.#isEnded) return answer;
      } catch (error) {
        if (!this.#mustSwitch() || !isChronowError(error, 'LINK_LOST')) throw error;
      }
    }
  }

  #giveBack({ deliveries }: ClaimAnswer): void {
    if (deliveries.length > 0) this.settle(deliveries.map(({ token }) => ({ token, action: 'release' }))).subscribe({ error: () => undefined });
  }

  #mustSwitch(): boolean {
    const inner = this.#inner;
    return inner !== undefined && ((inner.policy.order !== 'none') !== this.#isOrdered || (inner instanceof UnorderedLink && inner.isOutdated));
  }

  async #current(): Promise<InnerLink> {
    if (this.#inner !== undefined && !this.#mustSwitch()) return this.#inner;
    this.#switching ??= this.#switch().finally(() => { this.#switching = undefined; });
    return this.#switching;
  }

  async #switch(): Promise<InnerLink> {
    const before = this.#inner;
    const record = await this.#parts.find();
    if (record === undefined) throw subscriptionDeleted(this.#parts.ref);
    // The old line is not left for good: the consumer stays, with what it holds.
    if (before instanceof UnorderedLink) before.retire();
    else if (before !== undefined && !record.ephemeral) await firstOf(before.detach()).catch(() => undefined);
    return this.open(record, true);
  }
}
