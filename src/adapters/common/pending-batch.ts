import type { Subscriber } from 'rxjs';
import { ChronowError, isChronowError } from '../../errors.js';
import type { OutgoingMessage } from '../../port/message.js';
import type { PublishReceipt } from '../../port/publisher.js';
import type { BatchPart } from './batch-part.js';

type Receipts = readonly PublishReceipt[];

/** A batch as its caller handed it over, until each of its parts has an outcome; and after that, for whoever asks again under its token. */
export class PendingBatch {
  parts: BatchPart[] = [];
  receipts: Receipts | undefined = undefined;
  readonly topic: string;
  #messages: readonly OutgoingMessage[];
  readonly #waiting: Subscriber<Receipts>[] = [];

  constructor(topic: string, messages: readonly OutgoingMessage[]) {
    this.topic = topic;
    this.#messages = messages;
  }

  get messages(): readonly OutgoingMessage[] {
    return this.#messages;
  }

  get weight(): number {
    return this.receipts?.length ?? this.#messages.length;
  }

  /** Nothing of it is stored, or may be: it can be forgotten. */
  get isNothing(): boolean {
    return this.receipts === undefined && this.parts.every(({ state }) => state === 'refused');
  }

  wait(subscriber: Subscriber<Receipts>): void {
    if (this.receipts === undefined) this.#waiting.push(subscriber);
    else answer(subscriber, this.receipts);
  }

  /** One part has an outcome, or has had one before and learned another. */
  heard(): void {
    if (this.receipts !== undefined || this.parts.some(({ state }) => state === 'open')) return;
    const [only] = this.parts;
    if (this.parts.every(({ state }) => state === 'stored')) {
      this.receipts = only !== undefined && this.parts.length === 1 && only.places === undefined ? only.receipts : this.#inOrder();
      this.#messages = [];
      this.parts = [];
      for (const subscriber of this.#waiting.splice(0)) answer(subscriber, this.receipts);
      return;
    }
    const error = this.#error();
    for (const subscriber of this.#waiting.splice(0)) subscriber.error(error);
  }

  #inOrder(): Receipts {
    const receipts: PublishReceipt[] = [];
    for (const { places, receipts: own } of this.parts) own.forEach((receipt, index) => { receipts[places?.[index] ?? index] = receipt; });
    return receipts;
  }

  /** One error where the parts agree, else what became of each message. */
  #error(): unknown {
    const failed = this.parts.filter(({ state }) => state !== 'stored');
    const [first] = failed;
    const code = (part: BatchPart): unknown => (isChronowError(part.error) ? part.error.code : part.error);
    if (first !== undefined && failed.length === this.parts.length && failed.every((part) => part.state === first.state && code(part) === code(first))) return first.error;
    const items: ('stored' | 'not-stored' | 'unknown')[] = [];
    const ids: (string | undefined)[] = [];
    for (const { messages, places, state, receipts } of this.parts) {
      messages.forEach((_message, index) => {
        const place = places?.[index] ?? index;
        items[place] = state === 'stored' ? 'stored' : state === 'refused' ? 'not-stored' : 'unknown';
        ids[place] = receipts[index]?.id;
      });
    }
    const count = (of: string): number => items.filter((item) => item === of).length;
    return new ChronowError(
      'PARTIAL_PUBLISH',
      `of ${items.length} messages for topic "${this.topic}" ${count('stored')} are stored, ${count('not-stored')} are not and of ${count('unknown')} it is unknown; publish the same batch again under the same token to complete it without doubles.`,
      { details: { topic: this.topic, items, ids }, retryable: true, cause: first?.error },
    );
  }
}

function answer(subscriber: Subscriber<Receipts>, receipts: Receipts): void {
  subscriber.next(receipts);
  subscriber.complete();
}
