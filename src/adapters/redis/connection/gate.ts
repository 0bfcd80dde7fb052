import type { ChronowError } from '../../../errors.js';
import type { Call } from './call.js';
import type { CallBook } from './call-book.js';

/** Keeps calls back until the server was found safe, and refuses them where it was not. Their deadlines run meanwhile. */
export class Gate {
  readonly #book: CallBook;
  #isOpen = false;
  #refusal: ChronowError | undefined = undefined;
  #waiting: (() => void)[] = [];

  constructor(book: CallBook) {
    this.#book = book;
  }

  pass(call: Call, send: (call: Call) => void): void {
    if (this.#isOpen) send(call);
    else if (this.#refusal === undefined) this.#waiting.push(() => { if (!call.done) this.pass(call, send); });
    else this.#book.fail(call, this.#refusal);
  }

  open(): void {
    if (this.#refusal !== undefined) return;
    this.#isOpen = true;
    this.#flush();
  }

  refuse(error: ChronowError): void {
    this.#isOpen = false;
    this.#refusal = error;
    this.#flush();
  }

  #flush(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const go of waiting) go();
  }
}
