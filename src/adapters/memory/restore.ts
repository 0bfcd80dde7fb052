import type { StoredMessage } from '../../port/message.js';
import { Chunk, Entry, removed } from './entry.js';
import { Held } from './held.js';
import type { SubscriptionState } from './subscription.js';
import { redeliver, touchedEntries } from './upkeep.js';

/** Puts messages into the subscription that came from elsewhere; one that is unsettled there is not doubled. */
export function restore(sub: SubscriptionState, messages: readonly StoredMessage[]): void {
  const present = new Set<string>();
  for (const { id } of touchedEntries(sub)) present.add(id);
  for (const message of messages) {
    const { id } = message;
    if (present.has(id)) continue;
    present.add(id);
    if (redeliver(sub, [id]) === 0) sub.giveBack(new Held(strangerOf(sub, message)));
  }
}

/** An entry that is in no log. Its place is the one that its id had, else one by its publish time. */
function strangerOf({ topic: { log } }: SubscriptionState, message: StoredMessage): Entry {
  const { id, publishedAt, codec, expiresAt } = message;
  const seq = log.placeOf(id) ?? log.placeBeside(publishedAt);
  return new Entry(new Chunk('', publishedAt), seq, message, publishedAt, removed, { codec, expiresAt, scheduledAs: 0, restoredAs: id });
}
