import type { StoredBody } from './log-document.js';

/** A write at an expected revision that was carried out, so that it is carried out once however often it is sent. */
export interface DoneWrite {
  /** Token. */
  readonly w: string;
  /** Client. */
  readonly c: string;
  /** The revision it made. */
  readonly v: number;
}

/**
 * `cw_kv`: a shared value. `_id` is the key's key. The document outlives the value, so that a revision does not go back: `exp` is when it may go. A value
 * that has ended (`x` is over) needs no write: it is absent from then on, at the revision that follows from `v` and `x`; its body goes with the document, minutes later.
 */
export interface KeyDocument {
  readonly _id: string;
  /** Format. */
  readonly f: number;
  /** Revision. */
  readonly v: number;
  /** The revision of which this one is the next; missing where it follows something that others did. */
  readonly p?: number | undefined;
  /** The value; missing: deleted. */
  readonly b?: StoredBody | undefined;
  /** Codec. */
  readonly c?: string | undefined;
  /** When it expires. */
  readonly x?: Date | undefined;
  /** Mark; missing: none. */
  readonly m?: 'tombstone' | 'closed' | undefined;
  /** When it was written. */
  readonly ts: Date;
  /** When the document may go (index with TTL); missing: never. */
  readonly exp?: Date | undefined;
  /** The token of the latest write. */
  readonly w?: string | undefined;
  /** The latest writes at an expected revision, newest first. */
  readonly t?: readonly DoneWrite[] | undefined;
  /** How many replaced values are kept; missing: none. */
  readonly hk?: number | undefined;
  /** Kept values are above this revision, and below `v`. */
  readonly hf?: number | undefined;
  /** There are documents in `cw_kv_versions` that nobody will be shown any more. */
  readonly hd?: boolean | undefined;
}

/** `cw_kv_versions`: a value that was replaced, or is about to be: those between `hf` and `v` of the key's document count. */
export interface KeyVersionDocument {
  /** `versionId(k, v)` */
  readonly _id: string;
  /** The key's key. */
  readonly k: string;
  /** Revision. */
  readonly v: number;
  readonly b: StoredBody;
  readonly c?: string | undefined;
  /** When it was written. */
  readonly at: Date;
  /** As in the key's document. */
  readonly exp?: Date | undefined;
}

export function versionId(key: string, revision: number): string {
  return `${key}|${String(revision)}`;
}
