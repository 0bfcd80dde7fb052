import type { CoreEvent } from '../../src/port/core-events.js';
import type { Claimed } from '../../src/port/lease.js';
import type { SubscriptionRef } from '../../src/port/names.js';
import type { SubscriptionPolicy } from '../../src/port/policy.js';
import type { Runtime } from '../../src/port/runtime.js';
import { LeaseCell, type CellOwner, type Custodian, type LostReason, type SettleResult, type SettleWaiter } from '../../src/subscription/lease-cell.js';

/**
 * Several deliveries that share one fate. To the operators behind it is one delivery (`cell`) whose owner is this batch:
 * what they settle is settled for every member. It is custodian of the members, so they are renewed.
 */
export class Batch implements CellOwner, Custodian, SettleWaiter {
  readonly yields: boolean = false;
  readonly handSettles: boolean = false;
  readonly cell: LeaseCell;
  readonly #all: readonly LeaseCell[];
  /** Those that were not lost on the way. */
  readonly #members: LeaseCell[];
  readonly #owner: CellOwner;
  #open: number;
  #result: SettleResult = 'unknown';

  constructor(members: readonly [LeaseCell, ...LeaseCell[]]) {
    this.#all = members;
    this.#members = [...members];
    this.#owner = members[0].owner;
    this.#open = members.length;
    this.cell = new LeaseCell(claimedTogether(members), this, Math.min(...members.map((member) => member.heldSince)));
    this.cell.state = 'offered';
    for (const member of members) member.take(this);
  }

  /** A batch that nobody took is a leak, like any other delivery. */
  get renews(): boolean {
    return this.cell.custodian?.renews === true;
  }
  get subscription(): SubscriptionRef {
    return this.#owner.subscription;
  }
  get consumerName(): string {
    return this.#owner.consumerName;
  }
  get runtime(): Runtime {
    return this.#owner.runtime;
  }
  get window(): number {
    return this.#owner.window;
  }
  get windowFull(): boolean {
    return this.#owner.windowFull;
  }
  get orderScope(): object {
    return this.#owner.orderScope;
  }
  get claimsSent(): number {
    return this.#owner.claimsSent;
  }
  /** Batches of an ordered subscription are worked on one after the other: each may hold messages of every key. */
  get policy(): SubscriptionPolicy {
    const { policy } = this.#owner;
    return policy.order === 'none' ? policy : { ...policy, order: 'strict' };
  }

  // -- owner of the batch's cell -------------------------------------------------------------------------------------

  custodyChanged(): void {
    for (const member of this.#members) this.#owner.custodyChanged(member);
  }

  /** The operators behind settled the batch: every member shares that. */
  send(cell: LeaseCell): void {
    for (const member of [...this.#members]) {
      if (!member.settle(cell.action, this, cell.delayMs, cell.failure)) this.#memberEnded(member.lostReason ?? 'unknown');
    }
  }

  farewell(_cell: LeaseCell, said: () => void): void {
    const lost = this.#all.filter(({ state, lostReason }) => state === 'lost' && lostReason !== 'taken');
    let unsaid = lost.length;
    if (unsaid === 0) said();
    for (const member of lost) this.#owner.farewell(member, () => { if (--unsaid === 0) said(); });
  }

  report(event: CoreEvent): void {
    this.#owner.report(event);
  }

  revokeAll(what: 'unstarted' | 'running'): void {
    this.#owner.revokeAll(what);
  }

  // -- custodian of the members --------------------------------------------------------------------------------------

  lost(member: LeaseCell, reason: LostReason): void {
    const at = this.#members.indexOf(member);
    if (at < 0) return;
    this.#members.splice(at, 1);
    if (this.cell.state === 'settling') this.#memberEnded(reason);
    else if (--this.#open === 0) this.cell.lose(reason);
  }

  leaseLimit(): void {
    this.cell.custodian?.leaseLimit(this.cell);
  }

  revoke(member: LeaseCell, what: 'unstarted' | 'running'): void {
    if (this.cell.custodian !== undefined) this.cell.custodian.revoke(this.cell, what);
    else if (what === 'running') member.settle('release', undefined);
  }

  /** Whatever ends a member but the batch itself takes it out. */
  settling(member: LeaseCell): void {
    if (this.cell.state !== 'settling') this.lost(member, 'lapsed');
  }

  ended(): void {
    // Counted when the settlement is answered.
  }

  // -- answers of the members ----------------------------------------------------------------------------------------

  settled(_member: LeaseCell, result: SettleResult): void {
    this.#memberEnded(result);
  }

  /** The batch ends with its last member: as settled, if any of them was. */
  #memberEnded(result: SettleResult): void {
    if (this.#result === 'unknown' || result === 'settled') this.#result = result;
    this.#open -= 1;
    if (this.#open === 0) this.cell.confirm(this.#result);
  }
}

function claimedTogether(members: readonly [LeaseCell, ...LeaseCell[]]): Claimed {
  const [first] = members;
  return {
    token: first.token,
    message: { ...storedFields(first), key: undefined },
    deliveryCount: Math.max(...members.map((member) => member.claimed.deliveryCount)),
    leaseUntil: Math.min(...members.map((member) => member.leaseUntil)),
    isolated: false,
  };
}

/** A copy by name: a backend's message may keep its fields in getters. */
function storedFields({ claimed: { message } }: LeaseCell): Claimed['message'] {
  const { id, body, headers, codec, key, publishedAt, expiresAt } = message;
  return { id, body, headers, codec, key, publishedAt, expiresAt };
}
