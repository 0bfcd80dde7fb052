import type { Claimed, SettleAction, SettleDeviation } from '../../port/lease.js';
import type { Entry } from './entry.js';
import { entryOf, Held } from './held.js';
import type { Item } from './held.js';
import type { Lane } from './lanes.js';
import type { Consumer } from './waiting.js';

/** How a lease ended: by a settlement, or taken away. */
export type LeaseEnd = 'live' | 'taken' | SettleAction;

/**
 * One hand-over, and its own token: who shows the object holds the lease, and what became of it stands in it. So no
 * table of tokens is kept, and a repeated settlement is answered for as long as somebody remembers the token.
 */
export class Lease implements Claimed {
  declare readonly message: Entry;
  declare readonly deliveryCount: number;
  declare readonly isolated: boolean;
  declare readonly consumer: Consumer;
  /** The past of the message, if it has one. */
  declare readonly held: Held | undefined;
  declare leaseUntil: number;
  declare lane: Lane | undefined;
  declare end: LeaseEnd;
  /** What the settlement that ended it answered. */
  declare outcome: SettleDeviation['result'] | undefined;
  declare prev: Lease | undefined;
  declare next: Lease | undefined;

  constructor(item: Item, consumer: Consumer, leaseUntil: number, lane: Lane | undefined, isolated: boolean) {
    const held = item instanceof Held ? item : undefined;
    this.message = entryOf(item);
    this.deliveryCount = held === undefined ? 1 : held.deliveries + 1;
    this.isolated = isolated;
    this.consumer = consumer;
    this.held = held;
    this.leaseUntil = leaseUntil;
    this.lane = lane;
    this.end = 'live';
    this.outcome = undefined;
    this.prev = undefined;
    this.next = undefined;
  }

  get token(): this {
    return this;
  }
}
