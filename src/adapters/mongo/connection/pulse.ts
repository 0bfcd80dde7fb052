import type { Document } from 'mongodb';
import type { CancelTimer, Runtime } from '../../../port/runtime.js';
import { failureOf, type Failure } from './server-error.js';

export interface PulseParts {
  readonly runtime: Runtime;
  /** Asks the primary: `hello`. */
  readonly ask: () => Promise<Document>;
  readonly answered: (hello: Document, afterMs: number) => void;
  /** No answer in time (`STALLED`), or an error. */
  readonly missed: (failure: Failure) => void;
}

const everyMs = 1_000;

/** How late an answer may be. With {@link everyMs}: a frozen primary is noticed within 3 s. */
const limitMs = 2_000;

/** Asks the primary every second whether it lives: a frozen host keeps its sockets open and says nothing. */
export class Pulse {
  readonly #parts: PulseParts;
  #cancel: CancelTimer | undefined = undefined;
  #askedAt: number | undefined = undefined;
  #beat = 0;

  constructor(parts: PulseParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#next(0);
  }

  stop(): void {
    this.#beat += 1;
    this.#cancel?.();
    this.#cancel = undefined;
    this.#askedAt = undefined;
  }

  /** Another server is the primary: what the one before still owes is no news. */
  again(): void {
    if (this.#cancel === undefined) return;
    this.stop();
    this.start();
  }

  /** For how long an answer has been owed, ms. */
  waitingMs(): number {
    return this.#askedAt === undefined ? 0 : this.#parts.runtime.now() - this.#askedAt;
  }

  #next(inMs: number): void {
    const { runtime } = this.#parts;
    this.#cancel = runtime.at(runtime.now() + inMs, () => { this.#ask(); });
  }

  #ask(): void {
    const { runtime, ask, answered, missed } = this.#parts;
    const beat = (this.#beat += 1);
    const askedAt = runtime.now();
    this.#askedAt = askedAt;
    const done = (tell: () => void, inMs: number): void => {
      if (beat !== this.#beat) return;
      this.stop();
      // Whoever is told may stop or start us.
      this.#next(inMs);
      tell();
    };
    this.#cancel = runtime.at(askedAt + limitMs, () => { done(() => { missed({ kind: 'link', code: undefined, word: 'STALLED', text: `no answer within ${limitMs} ms` }); }, 0); });
    ask().then(
      (hello) => {
        const afterMs = runtime.now() - askedAt;
        done(() => { answered(hello, afterMs); }, Math.max(0, everyMs - afterMs));
      },
      (error: unknown) => { done(() => { missed(failureOf(error)); }, everyMs / 4); },
    );
  }
}
