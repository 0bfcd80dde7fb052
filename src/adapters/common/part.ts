import type { OutgoingMessage } from '../../port/message.js';
import type { PublishReceipt } from '../../port/publisher.js';
import type { BatchPart, PartState } from './batch-part.js';
import type { PendingBatch } from './pending-batch.js';
import { isBodyOnly } from './body-only.js';

/** What one batch sends to one shard: stored as a whole or not at all. */
export class Part implements BatchPart {
  readonly batch: PendingBatch;
  readonly messages: readonly OutgoingMessage[];
  readonly places: readonly number[] | undefined;
  readonly isBodyOnly: boolean;
  readonly size: number;
  deadline: number;
  state: PartState = 'open';
  receipts: readonly PublishReceipt[] = [];
  error: unknown = undefined;

  constructor(batch: PendingBatch, messages: readonly OutgoingMessage[], places: readonly number[] | undefined, deadline: number) {
    this.batch = batch;
    this.messages = messages;
    this.places = places;
    this.deadline = deadline;
    let size = 0;
    let plain = true;
    for (const message of messages) {
      size += message.body.length;
      plain &&= isBodyOnly(message);
    }
    this.size = size;
    this.isBodyOnly = plain;
  }

  store(receipts: readonly PublishReceipt[]): void {
    this.receipts = receipts;
    this.#become('stored', undefined);
  }

  /** Nothing of it is stored. */
  refuse(error: unknown): void {
    this.#become('refused', error);
  }

  /** Whether it is stored is not known, and nobody waits longer. */
  expire(error: unknown): void {
    if (this.state === 'open') this.#become('unknown', error);
  }

  #become(state: PartState, error: unknown): void {
    this.state = state;
    this.error = error;
    this.batch.heard();
  }
}
