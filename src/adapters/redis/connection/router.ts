import type { ChronowError } from '../../../errors.js';
import type { Call } from './call.js';
import type { CallBook } from './call-book.js';
import type { Argument } from './connection.js';
import type { LineSettings, NodeLine } from './node-line.js';
import type { Reply } from './reply.js';

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
  /** Something said that the owner of a key is another one, or no master any more. */
  doubt(): void;
  close(): void;
}

/** What routers work with, and whom they tell. */
export interface RouterParts {
  readonly book: CallBook;
  readonly lines: LineSettings;
  /** One command to one server. */
  ask(line: NodeLine, name: string, args: readonly Argument[], deadlineMs: number): Promise<Reply>;
  changed(line: NodeLine): void;
  idle(line: NodeLine): void;
  mastersChanged(): void;
  /** These servers will never do. */
  fatal(error: ChronowError): void;
}
