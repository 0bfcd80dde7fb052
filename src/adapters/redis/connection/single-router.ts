import type { Runtime } from '../../../port/runtime.js';
import type { Call } from './call.js';
import type { CallBook } from './call-book.js';
import { chronowError } from './errors.js';
import { NodeLine, type LineOwner, type LineSettings } from './node-line.js';
import type { Reply } from './reply.js';
import type { Router } from './router.js';
import type { Failure } from './server-error.js';

/** Replies after which the same call is made again until its deadline. */
export const passingWords: ReadonlySet<string> = new Set(['READONLY', 'LOADING', 'MASTERDOWN', 'BUSY', 'CLUSTERDOWN', 'TRYAGAIN', 'NOREPLICAS']);

/** What every router does with what its lines tell. */
export interface RouterParts {
  readonly book: CallBook;
  readonly lines: LineSettings;
  changed(line: NodeLine): void;
  idle(line: NodeLine): void;
}

/** One server, or the one that the sentinels name. */
export class SingleRouter implements Router, LineOwner {
  readonly #parts: RouterParts;
  readonly #line: NodeLine;

  constructor(parts: RouterParts) {
    this.#parts = parts;
    this.#line = new NodeLine(undefined, this, parts.lines);
  }

  open(): void {
    this.#line.open();
  }

  send(call: Call): void {
    this.#line.send(call);
  }

  masters(): readonly NodeLine[] {
    return [this.#line];
  }

  ownerOf(): NodeLine {
    return this.#line;
  }

  doubt(): void {
    this.#line.lose({ kind: 'reply', word: 'READONLY', text: 'the server is no master any more' });
  }

  close(): void {
    this.#line.close();
  }

  answered(call: Call, reply: Reply): void {
    this.#parts.book.answer(call, reply);
  }

  refused(call: Call, failure: Failure, line: NodeLine): void {
    if (sendWhole(call, failure, line)) return;
    if (!passingWords.has(failure.word)) {
      this.#parts.book.fail(call, chronowError(failure, call));
      return;
    }
    // Sentinels know the new master, and a name may resolve to it.
    if (failure.word === 'READONLY') line.lose(failure);
    sendLater(this.#parts.lines.runtime, call, () => { this.send(call); });
  }

  changed(line: NodeLine): void {
    this.#parts.changed(line);
  }

  idle(line: NodeLine): void {
    this.#parts.idle(line);
  }
}

/** A server that does not know a script gets its text. True where that was it. */
export function sendWhole(call: Call, failure: Failure, line: NodeLine): boolean {
  if (failure.word !== 'NOSCRIPT' || call.text === undefined || call.name === 'eval') return false;
  call.name = 'eval';
  call.args[0] = call.text;
  line.send(call);
  return true;
}

/** Again after a while, unless its deadline came first. */
export function sendLater(runtime: Runtime, call: Call, send: () => void): void {
  const delayMs = 20 + Math.floor(80 * runtime.random());
  runtime.at(runtime.now() + delayMs, () => { if (!call.done) send(); });
}
