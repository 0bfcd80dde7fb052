import type { Binary } from 'mongodb';

/** A body as the driver takes and returns it. */
export type StoredBody = string | Uint8Array | Binary;

/** `cw_log`: a message. Its insert is the commit point of a publish; until then pointers to it mean nothing. */
export interface LogDocument {
  /** The message's id: `messageId(t, q)`. */
  readonly _id: string;
  /** Format. */
  readonly f: number;
  /** The topic's incarnation. */
  readonly t: string;
  /** Sequence number. */
  readonly q: number;
  /** When it was published; of a scheduled one: when it is due. */
  readonly ts: Date;
  /** Body. */
  readonly b: StoredBody;
  /** Headers: name, value, name, value. Not a document: names may be anything. */
  readonly h?: readonly string[] | undefined;
  /** Codec. */
  readonly c?: string | undefined;
  /** Key. */
  readonly k?: string | undefined;
  /** When it expires. */
  readonly x?: Date | undefined;
  /** Idempotency key with the key it belongs to; unique in the topic, taken away when the window is over. */
  readonly ik?: string | undefined;
  /** Of a scheduled one: when it was published. */
  readonly p?: Date | undefined;
}
