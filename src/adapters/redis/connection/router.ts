import type { Call } from './call.js';
import type { NodeLine } from './node-line.js';

/** Finds the server for a call. */
export interface Router {
  /** Connects. */
  open(): void;
  /** To the master that owns the call's key. */
  send(call: Call): void;
  /** The lines to the present masters. */
  masters(): readonly NodeLine[];
  /** The line to the owner of a key; undefined while that is not known. */
  ownerOf(key: string): NodeLine | undefined;
  /** A reply said that the owner of a key is another one, or no master any more. */
  doubt(): void;
  close(): void;
}
