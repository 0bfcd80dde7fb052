import { isChronowError } from '../../../errors.js';
import type { KeySpace } from '../../../keys/key-space.js';
import type { SubscriptionRef } from '../../../port/names.js';
import type { Connection } from '../connection/connection.js';
import { shardKeys, subscriptionKeys } from '../layout/shard-keys.js';
import { shutScript } from './scripts/gate.js';

/**
 * Ends reading and settling without order in one shard, in every process; to be called when the record says that an order is kept, before the messages are laid out
 * for it. Links without order open it again, as long as the record lets them.
 */
export async function shutUnordered(connection: Connection, keys: KeySpace, ref: SubscriptionRef, shard: number): Promise<void> {
  const { open, group } = subscriptionKeys(keys, shardKeys(keys, ref, shard), ref.subscription);
  await connection.run(shutScript, [open], [group]);
}

/** Whether a script found it shut. */
export function isShut(error: unknown): boolean {
  return isChronowError(error, 'LINK_LOST') && error.details['text'] === 'order';
}
