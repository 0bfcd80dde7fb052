import type { Call } from './call.js';
import type { CallBook } from './call-book.js';
import { chronowError } from './errors.js';
import { NodeLine, type LineOwner, type LineSettings } from './node-line.js';
import type { Reply } from './reply.js';
import type { Router } from './router.js';
import { passingWords, sendLater, sendWhole } from './single-router.js';
import type { Failure } from './server-error.js';

/** Lines for calls with a WAIT behind them, one per master: a WAIT stops everything that comes after it on its connection. */
export class ConfirmingLines implements LineOwner {
  readonly #book: CallBook;
  readonly #router: Router;
  readonly #settings: LineSettings;
  readonly #lines = new Map<string, NodeLine>();

  constructor(book: CallBook, router: Router, settings: LineSettings) {
    this.#book = book;
    this.#router = router;
    this.#settings = settings;
  }

  lineFor(key: string): NodeLine {
    const owner = this.#router.ownerOf(key);
    const name = owner?.name ?? '';
    const found = this.#lines.get(name) ?? new NodeLine(owner?.address, this, this.#settings);
    this.#lines.set(name, found);
    return found;
  }

  close(): void {
    for (const line of this.#lines.values()) line.close();
    this.#lines.clear();
  }

  answered(call: Call, reply: Reply): void {
    this.#book.answer(call, reply);
  }

  refused(call: Call, failure: Failure, line: NodeLine): void {
    if (sendWhole(call, failure, line)) return;
    const moved = failure.word === 'MOVED' || failure.word === 'READONLY' || failure.word === 'ASK';
    if (!moved && !passingWords.has(failure.word)) {
      this.#book.fail(call, chronowError(failure, call));
      return;
    }
    if (moved) this.#router.doubt();
    sendLater(this.#settings.runtime, call, () => { this.lineFor(call.key ?? '').send(call); });
  }

  changed(): void {
    // The state of the link is the state of the lines that everything else goes over.
  }

  idle(): void {
    // Found dead by the next call's deadline.
  }
}
