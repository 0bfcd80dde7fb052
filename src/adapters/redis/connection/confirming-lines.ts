import type { Call } from './call.js';
import type { CallBook } from './call-book.js';
import { chronowError } from './errors.js';
import { NodeLine, type LineOwner, type LineSettings } from './node-line.js';
import type { Reply } from './reply.js';
import { passingWords, sendLater, sendWhole } from './retrying.js';
import type { Router } from './router.js';
import type { Failure } from './server-error.js';

/** Replies that send a call to another server. */
const redirects: ReadonlySet<string> = new Set(['MOVED', 'ASK', 'READONLY']);

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

  send(call: Call): void {
    const owner = this.#router.ownerOf(call.key ?? '');
    if (owner === undefined) {
      this.#router.doubt();
      this.#again(call);
      return;
    }
    const line = this.#lines.get(owner.name) ?? new NodeLine(owner.address, this, this.#settings);
    this.#lines.set(owner.name, line);
    line.send(call);
  }

  /** What a server that is no master had not answered goes to the one that is. */
  mastersChanged(): void {
    const names = new Set(this.#router.masters().map(({ name }) => name));
    for (const [name, line] of this.#lines) {
      if (names.has(name)) continue;
      this.#lines.delete(name);
      const calls = line.takeCalls();
      line.close();
      for (const call of calls) this.send(call);
    }
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
    const moved = redirects.has(failure.word);
    if (!moved && !passingWords.has(failure.word)) {
      this.#book.fail(call, chronowError(failure, call));
      return;
    }
    if (failure.word === 'READONLY') line.lose(failure);
    if (moved) this.#router.doubt();
    this.#again(call);
  }

  changed(): void {
    // The state of the link is that of the lines that everything else goes over.
  }

  idle(): void {
    // One that died is found by the next call's deadline.
  }

  #again(call: Call): void {
    sendLater(this.#settings.runtime, call, () => { this.send(call); });
  }
}
