import type { Claimed, SettleAction, SettleDeviation } from '../../../port/lease.js';
import type { StoredMessage } from '../../../port/message.js';
import type { Run } from './run.js';

/** How a lease ended: by a settlement, or taken away. */
export type LeaseEnd = 'live' | 'taken' | SettleAction;

/** Who has a lease in hand. */
export interface LeaseHolder {
  gained(lease: MongoLease): void;
  lost(lease: MongoLease): void;
}

/** What a lease is to the server. */
export interface LeasePlace {
  /** The subscription's id: a lease settles nothing elsewhere. */
  readonly subscription: string;
  /** The pointer's id: with the token, the fence. */
  readonly pointer: string;
  /** One for each claim. */
  readonly tok: string;
  /** How many of the deliveries before this one leaked. */
  readonly leaks: number;
  /** Of an ordered subscription. */
  readonly run: Run | undefined;
}

/**
 * One hand-over, and its own token. What became of it stands in it, so that a repeated settlement answers as the first did, without asking
 * and for as long as somebody remembers the token.
 */
export class MongoLease implements Claimed {
  declare readonly message: StoredMessage;
  declare readonly deliveryCount: number;
  declare readonly isolated: boolean;
  declare readonly place: LeasePlace;
  declare readonly holder: LeaseHolder | undefined;
  declare leaseUntil: number;
  declare end: LeaseEnd;
  /** What the settlement that ended it answered. */
  declare outcome: SettleDeviation['result'] | undefined;
  /** The settlement under way. */
  declare settling: SettleAction | undefined;
  /** A settlement got no answer: it may have been carried out. */
  declare isDoubtful: boolean;

  constructor(message: StoredMessage, place: LeasePlace, holder: LeaseHolder | undefined, deliveryCount: number, leaseUntil: number, isolated: boolean) {
    this.message = message;
    this.place = place;
    this.holder = holder;
    this.deliveryCount = deliveryCount;
    this.isolated = isolated;
    this.leaseUntil = leaseUntil;
    this.end = 'live';
    this.outcome = undefined;
    this.settling = undefined;
    this.isDoubtful = false;
  }

  get token(): this {
    return this;
  }
}
