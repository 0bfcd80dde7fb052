import type { Body, Headers, OutgoingMessage, StoredMessage } from '../../port/message.js';

/** How many messages one chunk of a log holds. A power of two: the log finds a slot with a mask. */
export const chunkSize = 1_024;

/** A stretch of a log: what its messages have in common is kept once. */
export class Chunk {
  readonly idPrefix: string;
  /** Time from which the entries count. */
  readonly since: number;
  readonly slots: (Entry | undefined)[] = [];
  live = 0;

  constructor(idPrefix: string, since: number) {
    this.idPrefix = idPrefix;
    this.since = since;
  }
}

/** What few messages have. */
export interface Rare {
  readonly codec: string | undefined;
  readonly expiresAt: number | undefined;
  /** Number of a message that was scheduled: its id is older than its place in the log. 0: the id follows from the place. */
  readonly scheduledAs: number;
  /** Of a message that never was in the log: the id it came with. */
  readonly restoredAs?: string | undefined;
}

/** The `pending` of an entry that is in no log any more. */
export const removed = -1;

/**
 * A message in the log, and at the same time the {@link StoredMessage} that consumers see. There are up to a million of
 * them, so id, time and the rare fields are worked out when they are read; fields are declared only, because a
 * defined field costs V8 its narrow representation.
 */
export class Entry implements StoredMessage {
  declare readonly seq: number;
  declare readonly body: Body;
  declare readonly headers: Headers;
  declare readonly key: string | undefined;
  /** How many durable subscriptions have not settled it; {@link removed} once it left the log. */
  declare pending: number;
  declare private readonly chunk: Chunk;
  declare private readonly offsetMs: number;
  declare private readonly rare: Rare | undefined;

  constructor(chunk: Chunk, seq: number, message: OutgoingMessage, publishedAt: number, pending: number, rare: Rare | undefined) {
    this.seq = seq;
    this.body = message.body;
    this.headers = message.headers;
    this.key = message.key;
    this.pending = pending;
    this.chunk = chunk;
    const offsetMs = publishedAt - chunk.since;
    // Otherwise V8 keeps the difference of two large numbers as a boxed double, 16 bytes a message.
    this.offsetMs = offsetMs < 0x8000_0000 ? offsetMs | 0 : offsetMs;
    this.rare = rare;
  }

  get id(): string {
    const restoredAs = this.rare === undefined ? undefined : this.rare.restoredAs;
    if (restoredAs !== undefined) return restoredAs;
    const number = this.scheduledAs;
    return number === 0 ? this.chunk.idPrefix + this.seq : scheduledId(this.chunk.idPrefix, number);
  }

  get codec(): string | undefined {
    return this.rare === undefined ? undefined : this.rare.codec;
  }

  get publishedAt(): number {
    return this.chunk.since + this.offsetMs;
  }

  get expiresAt(): number | undefined {
    return this.rare === undefined ? undefined : this.rare.expiresAt;
  }

  get scheduledAs(): number {
    return this.rare === undefined ? 0 : this.rare.scheduledAs;
  }

  isExpired(now: number): boolean {
    const expiresAt = this.expiresAt;
    return expiresAt !== undefined && expiresAt <= now;
  }

  /** Getters do not survive a spread or a serializer by themselves. */
  toJSON(): StoredMessage {
    return snapshot(this);
  }
}

/** The id of a message that was scheduled. */
export function scheduledId(idPrefix: string, number: number): string {
  return `${idPrefix}s${number}`;
}

/** A plain copy, for answers that outlive the call. */
export function snapshot(entry: StoredMessage): StoredMessage {
  return {
    id: entry.id,
    body: entry.body,
    headers: entry.headers,
    codec: entry.codec,
    key: entry.key,
    publishedAt: entry.publishedAt,
    expiresAt: entry.expiresAt,
  };
}
