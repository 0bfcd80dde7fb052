import { Observable, Subscription } from 'rxjs';
import { ChronowError } from '../../../errors.js';
import type { ClaimAnswer, ClaimRequest, ConsumerIdentity, ConsumerLink, RenewAnswer } from '../../../port/delivery-store.js';
import type { LeaseToken, SettleDeviation, Settlement } from '../../../port/lease.js';
import type { SubscriptionPolicy } from '../../../port/policy.js';
import { once } from '../../common/once.js';
import { subscriptionDeleted } from '../../common/refusals.js';
import type { Desk } from './desk.js';
import { MongoLease } from './lease.js';
import { nothing, type DeskLink, type Want } from './want.js';

/** One consumer of a subscription. */
export class MongoLink implements ConsumerLink, DeskLink {
  readonly desk: Desk;
  readonly consumerId: string;
  readonly leases: Set<MongoLease> = new Set();
  widest = 0;
  want: Want | undefined = undefined;
  #alone = 0;
  #hasLeft = false;
  readonly #check: () => void;
  readonly #ended: () => void;
  #answered: (() => void) | undefined = undefined;

  /** `check` throws where the broker is closed; `ended` is called when the consumer left. */
  constructor(desk: Desk, { consumerId }: ConsumerIdentity, check: () => void, ended: () => void) {
    this.desk = desk;
    this.consumerId = consumerId;
    this.#check = check;
    this.#ended = ended;
    desk.enter(this);
  }

  get policy(): SubscriptionPolicy {
    return this.desk.policy;
  }

  get holding(): number {
    return this.leases.size;
  }

  get runsAlone(): boolean {
    return this.#alone > 0;
  }

  claim({ max, until$ }: ClaimRequest): Observable<ClaimAnswer> {
    return new Observable((subscriber) => {
      try {
        this.#admit(max);
      } catch (error) {
        subscriber.error(error);
        return undefined;
      }
      const listening = new Subscription();
      const end = (): void => {
        this.want = undefined;
        listening.unsubscribe();
        this.#answered?.();
      };
      const want: Want = {
        link: this,
        max: this.#atOnce(max),
        isStopped: false,
        isServed: false,
        answer: (answer) => {
          end();
          // Nobody will ever know of these.
          if (subscriber.closed) this.#giveBack(answer);
          subscriber.next(answer);
          subscriber.complete();
        },
        fail: (error) => {
          end();
          subscriber.error(error);
        },
      };
      this.want = want;
      const stop = (): void => { if (this.want === want) this.#stop(want); };
      listening.add(until$.subscribe({ next: stop, error: stop }));
      this.desk.rounds.ring();
      return stop;
    });
  }

  settle(settlements: readonly Settlement[]): Observable<readonly SettleDeviation[]> {
    return once(() => this.desk.settling.settle(settlements));
  }

  renew(tokens: readonly LeaseToken[]): Observable<RenewAnswer> {
    return once(() => this.#renew(tokens));
  }

  detach(): Observable<void> {
    return once(() => this.#leave());
  }

  /** A claim under way answers with what it has; resolves when it did. */
  async stop(): Promise<void> {
    const { want } = this;
    if (want === undefined) return;
    this.#stop(want);
    if (this.want === want) await new Promise<void>((resolve) => { this.#answered = resolve; });
  }

  gained(lease: MongoLease): void {
    if (this.leases.has(lease)) return;
    this.leases.add(lease);
    if (lease.isolated) this.#alone += 1;
  }

  lost(lease: MongoLease): void {
    if (this.leases.delete(lease) && lease.isolated) this.#alone -= 1;
  }

  #admit(max: number): void {
    const { desk, consumerId } = this;
    this.#check();
    if (desk.isDeleted) throw subscriptionDeleted(desk.ref);
    if (this.#hasLeft) throw new ChronowError('CLOSED', `consumer ${consumerId} has left subscription "${desk.ref.subscription}"; attach again to claim.`);
    if (!Number.isInteger(max) || max < 1) throw new ChronowError('OPTION_INVALID', `claim max must be a whole number of 1 or more, received ${String(max)}.`);
    if (this.want !== undefined) throw new ChronowError('OPTION_INVALID', `a claim of consumer ${consumerId} is already under way; wait for its answer before the next.`);
  }

  /** Of a large window half is enough: while it is worked on and settled, the other half is fetched. A small one would only be filled more often. */
  #atOnce(max: number): number {
    if (max > this.widest) this.widest = max;
    return this.widest >= 64 ? Math.min(max, Math.ceil(this.widest / 2)) : max;
  }

  #stop(want: Want): void {
    want.isStopped = true;
    // What is being taken for it comes with the answer.
    if (!want.isServed) want.answer(nothing);
  }

  #giveBack({ deliveries }: ClaimAnswer): void {
    if (deliveries.length > 0) this.desk.settling.settle(deliveries.map(({ token }) => ({ token, action: 'release' }))).catch(() => undefined);
  }

  async #renew(tokens: readonly LeaseToken[]): Promise<RenewAnswer> {
    const { desk } = this;
    const leaseUntil = desk.context.runtime.now() + this.policy.visibilityTimeoutMs;
    const live = tokens.map((token) => (token instanceof MongoLease && token.place.subscription === desk.id && token.end === 'live' ? token : undefined));
    const leases = live.filter((lease) => lease !== undefined);
    const renewed = await desk.renew(leases);
    for (const lease of leases) {
      if (renewed.has(lease.place.pointer)) {
        lease.leaseUntil = leaseUntil;
        // It may have been overdue.
        if (lease.end === 'live') this.gained(lease);
      } else if (lease.end === 'live') desk.lapsed(lease.place.pointer);
    }
    const lost = live.flatMap((lease, index) => (lease !== undefined && renewed.has(lease.place.pointer) && lease.end === 'live' ? [] : [index]));
    return { leaseUntil, lost };
  }

  async #leave(): Promise<void> {
    if (this.#hasLeft) return;
    this.#hasLeft = true;
    await this.stop();
    this.desk.leave(this);
    this.#ended();
    await this.desk.records.left(this.desk.record, this.consumerId);
  }
}
