/** What a codec made of a payload. No backend looks inside. */
export type Body = string | Uint8Array;

/** User headers: text to text. */
export type Headers = Readonly<Record<string, string>>;

/** A message as a publisher hands it to a backend. Times are the backend's clock. */
export interface OutgoingMessage {
  readonly body: Body;
  readonly headers: Headers;
  /** How the body was encoded, when not by the default codec. */
  readonly codec?: string | undefined;
  /** Messages of one key keep their order where a subscription asks for it, and share a shard. */
  readonly key?: string | undefined;
  /** Within the idempotency window a second message of the same (topic, key, id) is not stored. */
  readonly idempotencyKey?: string | undefined;
  /** Not handed to any subscription before this many milliseconds have passed. */
  readonly delayMs?: number | undefined;
  /** Not handed to any subscription before this time (ms since the epoch). */
  readonly deliverAt?: number | undefined;
  /** Not handed out later than this many milliseconds after it became due. */
  readonly ttlMs?: number | undefined;
}

/** A message as a backend stores and returns it. */
export interface StoredMessage {
  /** Unique in its topic; the same in every subscription, through retries, dead letters and redrive. */
  readonly id: string;
  readonly body: Body;
  readonly headers: Headers;
  readonly codec: string | undefined;
  readonly key: string | undefined;
  /** When the backend stored it (for a scheduled message: when it became due). */
  readonly publishedAt: number;
  /** When it expires, or undefined. */
  readonly expiresAt: number | undefined;
}
