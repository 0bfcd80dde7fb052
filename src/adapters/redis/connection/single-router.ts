import type { Call } from './call.js';
import { chronowError } from './errors.js';
import { NodeLine, type LineOwner } from './node-line.js';
import type { Reply } from './reply.js';
import { passingWords, sendLater, sendWhole } from './retrying.js';
import type { Router, RouterParts } from './router.js';
import type { Failure } from './server-error.js';

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
