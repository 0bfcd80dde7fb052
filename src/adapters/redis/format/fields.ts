/**
 * The fields of an entry, format 1: flat pairs, `b` first, then `k`, then the others, each only where there is something to say.
 * A copy (retry, solo, delayed, dead letter, scheduled) has the same fields and those of {@link copyField} behind them, so that one
 * reader does for all, and a script moves a message without looking inside. Scripts use the same letters (scripts/prelude.ts).
 */
export const field = {
  body: 'b',
  key: 'k',
  /** JSON, text to text. */
  headers: 'h',
  codec: 'c',
  /** When it expires, ms. */
  expiresAt: 'x',
  /** `1`: the body is base64 of bytes. */
  bytes: 'e',
  /** The message's id, where it is not the entry's: scheduled messages and copies. */
  id: 'i',
  /** Of a scheduled message: ms that it lives once it is due. */
  ttl: 't',
} as const;

/** What a copy has besides. */
export const copyField = {
  /** Deliveries so far. */
  attempts: 'a',
  /** When the message was published, ms. */
  publishedAt: 'p',
  /** `1`: an earlier delivery ended by a lapse or a leak. */
  lapsed: 'l',
  /** Earlier deaths: JSON objects, joined by commas. */
  deaths: 'd',
  /** Its place in an order, where its id says nothing of that: the id of its entry in the topic's stream, or one beside those. */
  place: 'o',
} as const;
