import type { Body } from '../port/message.js';

/**
 * How payloads become bodies and back. Both throw on what they cannot do: `encode` before anything is sent, `decode` to send
 * a message to the dead letters as `Undecodable`.
 */
export interface Codec<T = unknown> {
  /** Stored with every message, 1-40 characters of `[a-z0-9.+-]`; readers choose their codec by it. */
  readonly name: string;
  /** A media type, for tools that show bodies. */
  readonly contentType: string;
  encode(value: T): Body;
  decode(body: Body): T;
}
