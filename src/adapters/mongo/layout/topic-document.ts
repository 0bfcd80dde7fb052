/** Limits as they are stored. */
export interface LimitsDocument {
  /** maxStreamLen */
  readonly ml: number;
  /** onFull */
  readonly of: 'reject' | 'dropOldest';
  /** retentionMs */
  readonly rt: number;
  /** idempotencyWindowMs */
  readonly iw: number;
  /** shardCount: it is kept for whoever asks, there is one log. */
  readonly sc: number;
}

/** A policy as it is stored. */
export interface PolicyDocument {
  /** visibilityTimeoutMs */
  readonly vt: number;
  /** maxDeliveries */
  readonly md: number;
  /** retryBackoffMs */
  readonly rb: readonly number[];
  /** deadLetterEnabled */
  readonly dl: boolean;
  /** order */
  readonly or: 'none' | 'key' | 'strict';
  /** expired */
  readonly ex: 'dead-letter' | 'drop';
}

/** A consumer of an ephemeral subscription, and when it was last seen. */
export interface SeenDocument {
  readonly c: string;
  readonly at: Date;
}

/** What was first in line when somebody looked, since when, and when it was told that nobody takes it. */
export interface IdleDocument {
  readonly m: string;
  readonly at: Date;
  readonly told?: Date | undefined;
}

/** A subscription, within its topic. */
export interface SubscriptionDocument {
  /** Short, random: a subscription that is made again has another. */
  readonly id: string;
  readonly name: string;
  readonly p: PolicyDocument;
  /** Grows with every change of the policy. */
  readonly v: number;
  /** Ephemeral. */
  readonly eph: boolean;
  readonly at: Date;
  /** The topic's `seq` when it was made: what came later has pointers by its publish. */
  readonly born: number;
  /** Pointers to earlier messages are still being made, from this publish time on (null: only what is scheduled); nobody may claim before that is done. */
  readonly fill?: { readonly from: Date | null; readonly at: Date } | undefined;
  /** Of an ephemeral one. */
  readonly in?: readonly SeenDocument[] | undefined;
  /** Of a durable one: how to notice that nobody reads it. */
  readonly idle?: IdleDocument | undefined;
}

/** `cw_topics`. `_id` is the topic's key. */
export interface TopicDocument {
  readonly _id: string;
  /** Format. */
  readonly f: number;
  readonly tn: string;
  readonly ns: string;
  readonly name: string;
  /** The incarnation: a topic that is made again has another. */
  readonly id: string;
  readonly limits: LimitsDocument;
  /** Somebody named the number of shards, which fixes it. */
  readonly nm: boolean;
  readonly at: Date;
  /** The sequence number that was given last. */
  readonly seq: number;
  /** In which election a number was given last. */
  readonly e?: string | undefined;
  /** The server's time at the latest publish; never goes back. */
  readonly clk: Date;
  /** How many messages may be added before capacity is measured again. */
  readonly room: number;
  /** How many sequence numbers the latest publish took; 0 where there was no room. */
  readonly took: number;
  /** It was told that the topic is filling up. */
  readonly full?: boolean | undefined;
  readonly subs: readonly SubscriptionDocument[];
  /** Changes to wake consumers (connection/hints.ts). */
  readonly poke?: string | undefined;
}
