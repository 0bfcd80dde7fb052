import { Observable } from 'rxjs';
import { isChronowError } from '../../../errors.js';
import type { ClaimAnswer, ClaimRequest, ConsumerLink, RenewAnswer } from '../../../port/delivery-store.js';
import type { LeaseToken, SettleDeviation, Settlement } from '../../../port/lease.js';
import type { SubscriptionRef } from '../../../port/names.js';
import type { SubscriptionPolicy } from '../../../port/policy.js';
import type { SubscriptionRecord } from '../topics/records.js';
import { subscriptionDeleted } from '../topics/refusals.js';
import { once } from '../../common/once.js';
import type { InnerLink, RecordReader } from './inner-link.js';
import { UnorderedLink } from './link.js';
import { Stop } from './stop.js';

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
export class SwitchingLink implements ConsumerLink, RecordReader {
  readonly #parts: SwitchingLinkParts;
  #inner: InnerLink | undefined = undefined;
  #record: SubscriptionRecord | undefined = undefined;
  #isOrdered = false;
  #isEnded = false;
  #claiming: { readonly stop: Stop; readonly answer: Promise<unknown> } | undefined = undefined;
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
      // The next line of this claim is to know that it was stopped.
      const stop = new Stop();
      const now = (): void => { stop.now(); };
      const until = until$.subscribe({ next: now, error: now });
      const answer = this.#claim(max, stop);
      this.#claiming = { stop, answer };
      answer.then(
        (found) => {
          until.unsubscribe();
          // Nobody will ever know of these.
          if (subscriber.closed) this.#giveBack(found);
          subscriber.next(found);
          subscriber.complete();
        },
        (error: unknown) => {
          until.unsubscribe();
          subscriber.error(error);
        },
      );
      return now;
    });
  }

  settle(settlements: readonly Settlement[]): Observable<readonly SettleDeviation[]> {
    return once(() => this.#settle(settlements));
  }

  renew(tokens: readonly LeaseToken[]): Observable<RenewAnswer> {
    return once(async () => (this.#present ?? await this.#switched()).renew(tokens));
  }

  detach(): Observable<void> {
    return once(async () => {
      if (this.#isEnded) return;
      this.abandon();
      await this.stop();
      await this.#inner?.detach();
    });
  }

  /** A claim under way answers with what it has; resolves when it did. */
  async stop(): Promise<void> {
    const claiming = this.#claiming;
    claiming?.stop.now();
    await claiming?.answer.catch(() => undefined);
  }

  /** The consumer is no more. */
  abandon(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#parts.release();
    this.#parts.ended();
  }

  async #claim(max: number, stop: Stop): Promise<ClaimAnswer> {
    for (;;) {
      this.#parts.check();
      const link = this.#present ?? await this.#switched();
      try {
        const answer = await link.claim(max, stop);
        if (answer.deliveries.length + Number(answer.makeRoom) > 0) return answer;
        if (!this.#mustSwitch() || this.#isEnded) return answer;
      } catch (error) {
        if (!this.#mustSwitch() || !isChronowError(error, 'LINK_LOST')) throw error;
      }
    }
  }

  async #settle(settlements: readonly Settlement[]): Promise<readonly SettleDeviation[]> {
    for (;;) {
      const link = this.#present ?? await this.#switched();
      try {
        return await link.settle(settlements);
      } catch (error) {
        if (!isChronowError(error, 'LINK_LOST') || !this.#mustSwitch()) throw error;
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

  /** The line that is there, as long as it is of the right kind. */
  get #present(): InnerLink | undefined {
    return this.#mustSwitch() ? undefined : this.#inner;
  }

  #switched(): Promise<InnerLink> {
    this.#switching ??= this.#switch().finally(() => { this.#switching = undefined; });
    return this.#switching;
  }

  async #switch(): Promise<InnerLink> {
    const before = this.#inner;
    const record = await this.#parts.find();
    if (record === undefined) throw subscriptionDeleted(this.#parts.ref);
    // The old line is not left for good: the consumer stays, with what it holds.
    if (before instanceof UnorderedLink) before.retire();
    else if (before !== undefined && !record.ephemeral) await before.detach().catch(() => undefined);
    return this.open(record, true);
  }
}
