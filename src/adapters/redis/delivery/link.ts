import { ChronowError, isChronowError } from '../../../errors.js';
import type { ClaimAnswer, ConsumerIdentity, RenewAnswer } from '../../../port/delivery-store.js';
import type { LeaseToken, SettleDeviation, Settlement } from '../../../port/lease.js';
import type { SubscriptionPolicy } from '../../../port/policy.js';
import type { Context } from '../context.js';
import { RedisLease } from '../lease/lease.js';
import type { SubscriptionRecord } from '../topics/records.js';
import { subscriptionDeleted } from '../topics/refusals.js';
import { Claiming, type ClaimingOwner } from './claiming.js';
import type { Desk } from './desk.js';
import type { InnerLink } from './inner-link.js';
import { renewIn } from './renewal.js';
import { leaveScript } from './scripts/consumer.js';
import { ShardLine, type ShardLineOwner } from './shard-line.js';
import type { SettleItem } from './settle-batch.js';
import { settleAll } from './settling.js';
import type { Stop } from './stop.js';
import type { Lapse } from './upkeep.js';

/** One consumer of a subscription without order. */
export class UnorderedLink implements InnerLink, ClaimingOwner, ShardLineOwner {
  readonly desk: Desk;
  readonly context: Context;
  readonly consumerId: string;
  readonly owner: object;
  readonly lines: readonly ShardLine[];
  holding = 0;
  wanted = 0;
  #alone = 0;
  #stop: Stop | undefined = undefined;
  #whenClaimed: () => void = () => undefined;
  #hasLeft = false;
  #auditAt: number;
  readonly #claiming: Claiming;

  constructor(desk: Desk, { consumerId }: ConsumerIdentity, owner: object) {
    this.desk = desk;
    this.context = desk.context;
    this.consumerId = consumerId;
    this.owner = owner;
    this.lines = desk.upkeeps.map((upkeep) => new ShardLine(this, upkeep));
    this.#claiming = new Claiming(this);
    this.#auditAt = this.context.runtime.now();
    desk.links.add(this);
  }

  get policy(): SubscriptionPolicy {
    return this.desk.policy;
  }

  get serverAheadMs(): number {
    return this.desk.serverAheadMs;
  }

  get runsAlone(): boolean {
    return this.#alone > 0;
  }

  /** The topic has got more shards than this line reads. */
  get isOutdated(): boolean {
    return this.desk.isOutdated;
  }

  async claim(max: number, stop: Stop): Promise<ClaimAnswer> {
    this.check();
    if (!Number.isInteger(max) || max < 1) throw new ChronowError('OPTION_INVALID', `claim max must be a whole number of 1 or more, received ${String(max)}.`);
    if (this.wanted > 0) throw new ChronowError('OPTION_INVALID', `a claim of consumer ${this.consumerId} is already under way; wait for its answer before the next.`);
    this.wanted = max;
    this.#stop = stop;
    this.desk.claimsChanged();
    try {
      return await this.#claiming.claim(max, stop);
    } finally {
      this.wanted = 0;
      this.#stop = undefined;
      this.desk.claimsChanged();
      this.#whenClaimed();
    }
  }

  settle(settlements: readonly Settlement[]): Promise<readonly SettleDeviation[]> {
    return settleAll(this, settlements);
  }

  async renew(tokens: readonly LeaseToken[]): Promise<RenewAnswer> {
    const { runtime } = this.context;
    const leaseUntil = runtime.now() + this.policy.visibilityTimeoutMs;
    const live = tokens.map((token) => (token instanceof RedisLease && token.owner === this.owner && token.end === 'live' ? token : undefined));
    await Promise.all(this.lines.map(async (line) => {
      const own = live.filter((lease) => lease !== undefined && lease.shard === line.upkeep.keys.shard).filter((lease) => lease !== undefined);
      if (own.length === 0) return;
      const lost = await renewIn(this.context, line, this.consumerId, own, !this.#hasLeft);
      for (const lease of lost) if (lease.settling === undefined) line.drop(lease);
      for (const lease of own) lease.leaseUntil = leaseUntil;
    }));
    const lost: number[] = [];
    live.forEach((lease, index) => {
      if (lease === undefined || lease.end !== 'live') lost.push(index);
    });
    return { leaseUntil, lost };
  }

  async detach(): Promise<void> {
    if (this.#hasLeft) return;
    this.#hasLeft = true;
    // What the answer still brings is for whoever claimed.
    await this.#claimOver();
    this.desk.leave(this);
    for (const line of this.lines) line.close();
    await this.#forget();
    await this.desk.records.left(this.desk.ref);
  }

  check(): void {
    const { desk } = this;
    if (desk.isDeleted) throw subscriptionDeleted(desk.ref);
    if (this.#hasLeft) throw new ChronowError('CLOSED', `consumer ${this.consumerId} has left subscription "${desk.ref.subscription}"; attach again to claim.`);
    if (desk.order !== 'none' || desk.isOutdated) throw this.#layout();
  }

  changed(record: SubscriptionRecord | undefined): void {
    this.desk.changed(record);
  }

  reconsider(): void {
    this.#claiming.reconsider();
  }

  lapsed(shard: number, { stream, entryId }: Lapse): void {
    const line = this.lines[shard];
    const lease = line?.held.find(stream, entryId);
    if (lease !== undefined) line?.drop(lease);
  }

  /** Now and then: does the server account for us as we do? */
  ticked(shard: number): void {
    const now = this.context.runtime.now();
    if (shard !== 0 || now < this.#auditAt) return;
    this.#auditAt = now + Math.min(10_000, Math.max(1_000, this.policy.visibilityTimeoutMs / 3));
    for (const line of this.lines) line.audit().catch(() => undefined);
  }

  gained(lease: RedisLease): void {
    this.holding += 1;
    if (lease.isolated) this.#alone += 1;
  }

  ended({ lease, letter, reason }: SettleItem, result: string, neverStarted: boolean): void {
    const before = letter === 'x' || letter === 's' || letter === 'u' ? 1 : 0;
    const why = letter === 'r' || letter === 'l' ? (neverStarted ? 'NeverStarted' : 'MaxDeliveries') : reason;
    this.desk.ended(lease, result, why, lease.deliveryCount - before);
    if (this.#hasLeft && this.holding === 0) this.#forget().catch(() => undefined);
  }

  lost(lease: RedisLease): void {
    this.holding -= 1;
    if (lease.isolated) this.#alone -= 1;
    if (lease.isolated || this.holding === 0) this.#claiming.reconsider();
  }

  async shut(): Promise<boolean> {
    const { desk } = this;
    await desk.refresh();
    if (!desk.isDeleted && desk.order === 'none') await desk.restore();
    return desk.isDeleted;
  }

  revive(shard: number): Promise<void> {
    return this.desk.revive(shard);
  }

  /** The first upkeep tells what is due, and that this consumer is here. */
  async enter(isSwitch: boolean): Promise<void> {
    await Promise.all(this.lines.map(async (line) => {
      await line.upkeep.runAnew();
      if (isSwitch) await line.inherit();
    }));
  }

  /** Another line takes its place. */
  retire(): void {
    this.#hasLeft = true;
    this.desk.leave(this);
    for (const line of this.lines) {
      line.close();
      line.settling.abandon(this.#layout());
    }
  }

  #layout(): ChronowError {
    return new ChronowError('LINK_LOST', `subscription "${this.desk.ref.subscription}" was laid out anew; try again.`, { retryable: true, details: { reason: 'LAYOUT' } });
  }

  /** Stops the claim under way, and resolves when it is answered. */
  async #claimOver(): Promise<void> {
    if (this.#stop === undefined) return;
    const over = new Promise<void>((resolve) => { this.#whenClaimed = resolve; });
    this.#stop.now();
    await over;
  }

  async #forget(): Promise<void> {
    await Promise.all(this.lines.map(async ({ upkeep: { keys, own } }) => {
      try {
        await this.context.connection.run(leaveScript, [own.state, own.seen, keys.topic, own.retry, own.solo], [own.group, this.consumerId]);
      } catch (error) {
        // The groups are gone, and the consumer with them.
        if (!isChronowError(error, 'LINK_LOST') || error.details['reason'] !== 'NOGROUP') throw error;
      }
    }));
  }
}
