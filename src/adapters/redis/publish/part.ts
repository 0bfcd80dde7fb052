import type { OutgoingMessage } from '../../../port/message.js';
import type { PublishReceipt } from '../../../port/publisher.js';
import type { PendingBatch } from './pending-batch.js';
import { isBodyOnly } from './publish-arguments.js';

/**
 * `open`: waits, or is under way, and somebody waits for it. `stored`, `refused` (nothing of it is stored): for good. `unknown`: nobody waits any more,
 * and its outcome is being found out.
 */
export type PartState = 'open' | 'stored' | 'refused' | 'unknown';

/** What one batch sends to one shard: stored as a whole or not at all. */
export class Part {
  readonly batch: PendingBatch;
  readonly messages: readonly OutgoingMessage[];
  /** Of each message in its batch; undefined: all of them, in order. */
  readonly places: readonly number[] | undefined;
  readonly isBodyOnly: boolean;
  readonly size: number;
  /** By our clock. */
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
