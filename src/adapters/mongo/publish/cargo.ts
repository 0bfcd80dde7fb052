import type { OutgoingMessage } from '../../../port/message.js';
import type { PublishReceipt } from '../../../port/publisher.js';
import { dueTime } from '../../common/due-time.js';
import { idempotencyName } from '../../common/idempotency-name.js';
import type { Part } from '../../common/part.js';

/** The messages of several calls that are stored together. */
export class Cargo {
  readonly parts: readonly Part[];
  readonly messages: readonly OutgoingMessage[];
  readonly receipts: (PublishReceipt | undefined)[];
  /** Places of the messages that are to be stored. */
  fresh: readonly number[];
  /** Of each message: the place of the first one of the same idempotency key. */
  readonly #firsts: Map<number, number> = new Map();
  readonly #names: ReadonlyMap<string, number>;

  constructor(parts: readonly Part[]) {
    this.parts = parts;
    const [only] = parts;
    this.messages = parts.length === 1 && only !== undefined ? only.messages : parts.flatMap(({ messages }) => messages);
    this.receipts = [];
    this.#names = parts.every(({ isBodyOnly }) => isBodyOnly) ? new Map() : this.#findNames();
    this.fresh = [];
    this.know(new Map());
  }

  /** Idempotency keys, each once. */
  get names(): readonly string[] {
    return [...this.#names.keys()];
  }

  /** Which names are known: their messages are not stored again. */
  know(known: ReadonlyMap<string, PublishReceipt>): void {
    this.receipts.length = 0;
    for (const [name, place] of this.#names) this.receipts[place] = known.get(name);
    const fresh: number[] = [];
    for (let place = 0; place < this.messages.length; place++) if (this.receipts[place] === undefined && !this.#firsts.has(place)) fresh.push(place);
    this.fresh = fresh;
  }

  /** How much room each part needs: what is due later needs none yet. `now`: the server's time. */
  needs(now: number): readonly number[] {
    if (this.#names.size === 0 && this.parts.every(({ isBodyOnly }) => isBodyOnly)) return this.parts.map(({ messages }) => messages.length);
    const needed = new Set(this.fresh.filter((place) => dueTime(this.messages[place] ?? none, now) === undefined));
    let place = 0;
    return this.parts.map(({ messages }) => {
      let need = 0;
      for (const _message of messages) if (needed.has(place++)) need++;
      return need;
    });
  }

  /** Every message has its receipt: each part gets its own. */
  store(): void {
    for (const [place, first] of this.#firsts) {
      const receipt = this.receipts[first];
      if (receipt !== undefined) this.receipts[place] = { ...receipt, duplicate: true };
    }
    let place = 0;
    for (const part of this.parts) {
      const receipts: PublishReceipt[] = [];
      for (const _message of part.messages) receipts.push(this.receipts[place++] ?? none.receipt);
      part.store(receipts);
    }
  }

  #findNames(): ReadonlyMap<string, number> {
    const names = new Map<string, number>();
    for (let place = 0; place < this.messages.length; place++) {
      const message = this.messages[place];
      const name = message === undefined ? undefined : idempotencyName(message);
      if (name === undefined) continue;
      const first = names.get(name);
      if (first === undefined) names.set(name, place);
      else this.#firsts.set(place, first);
    }
    return names;
  }
}

/** What an array is typed to lack and does not. */
const none = { body: '', headers: {}, receipt: { id: '', duplicate: false, dueAt: undefined } } as const;
