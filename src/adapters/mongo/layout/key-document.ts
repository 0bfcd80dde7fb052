import type { StoredBody } from './log-document.js';

/** `cw_kv`: a shared value. `_id` is the key's key. */
export interface KeyDocument {
  readonly _id: string;
  /** Format. */
  readonly f: number;
  /** Revision. */
  readonly v: number;
  /** The value; missing: deleted. */
  readonly b?: StoredBody | undefined;
  /** Codec. */
  readonly c?: string | undefined;
  /** When it expires. */
  readonly x?: Date | undefined;
  /** Mark. */
  readonly m?: 'none' | 'tombstone' | 'closed' | undefined;
  /** When it was written. */
  readonly ts: Date;
}
