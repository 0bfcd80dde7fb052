import type { Claimed, SettleAction, SettleDeviation } from '../../../port/lease.js';
import type { StoredMessage } from '../../../port/message.js';

/** Where the leased entry lies: in the topic's stream, or as a copy in one of the subscription's (`ordered` is `main` under an order). */
export type LeaseStream = 'main' | 'retry' | 'solo' | 'ordered';

/** How a lease ended: by a settlement, or taken away. */
export type LeaseEnd = 'live' | 'taken' | SettleAction;

/** What the entry of a lease is to the server. */
export interface LeasePlace {
  /** Whoever issued it: a lease settles nothing elsewhere. */
  readonly owner: object;
  readonly shard: number;
  readonly stream: LeaseStream;
  readonly entryId: string;
  /** Deliveries of this entry by the server's count: with the consumer, the fence. */
  readonly count: number;
}

/**
 * One hand-over, and its own token. What became of it stands in it, so that a repeated settlement answers as the first did, without asking
 * and for as long as somebody remembers the token.
 */
export class RedisLease implements Claimed {
  declare readonly message: StoredMessage;
  declare readonly deliveryCount: number;
  declare readonly isolated: boolean;
  declare readonly owner: object;
  declare readonly shard: number;
  declare readonly stream: LeaseStream;
  declare readonly entryId: string;
  declare readonly count: number;
  declare leaseUntil: number;
  declare end: LeaseEnd;
  /** What the settlement that ended it answered. */
  declare outcome: SettleDeviation['result'] | undefined;
  /** The settlement under way. */
  declare settling: SettleAction | undefined;

  constructor(message: StoredMessage, { owner, shard, stream, entryId, count }: LeasePlace, deliveryCount: number, leaseUntil: number, isolated: boolean) {
    this.message = message;
    this.deliveryCount = deliveryCount;
    this.isolated = isolated;
    this.owner = owner;
    this.shard = shard;
    this.stream = stream;
    this.entryId = entryId;
    this.count = count;
    this.leaseUntil = leaseUntil;
    this.end = 'live';
    this.outcome = undefined;
    this.settling = undefined;
  }

  get token(): this {
    return this;
  }
}
