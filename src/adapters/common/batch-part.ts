import type { OutgoingMessage } from '../../port/message.js';
import type { PublishReceipt } from '../../port/publisher.js';

/**
 * `open`: waits, or is under way, and somebody waits for it. `stored`, `refused` (nothing of it is stored): for good. `unknown`: nobody waits any more,
 * and its outcome is being found out.
 */
export type PartState = 'open' | 'stored' | 'refused' | 'unknown';

/** What one batch sends to one shard, as the batch sees it. */
export interface BatchPart {
  readonly messages: readonly OutgoingMessage[];
  /** Of each message in its batch; undefined: all of them, in order. */
  readonly places: readonly number[] | undefined;
  /** By our clock. */
  deadline: number;
  state: PartState;
  readonly receipts: readonly PublishReceipt[];
  readonly error: unknown;
}
