import type { Context } from '../context.js';
import { placeOf } from '../layout/message-id.js';
import type { Directory } from '../topics/directory.js';
import type { SubscriptionRecord } from '../topics/records.js';
import { findScheduled, isScheduledId } from './find-scheduled.js';
import { listCopies, source } from './listing.js';
import { inChunks, sum } from './pages.js';
import type { Place } from './place.js';
import { placesOf } from './place.js';
import type { Retained } from './put-back.js';
import { putBack } from './put-back.js';

/** Messages that one script call puts back. */
const pageSize = 200;

/** Puts messages that the topic retains, or dead letters, into one subscription again; one that is unsettled there is not doubled. Answers how many are still there. */
export async function redeliver(context: Context, directory: Directory, record: SubscriptionRecord, ids: readonly string[]): Promise<number> {
  const wanted = [...new Set(ids)].map(placeOf);
  return sum(await Promise.all(placesOf(context, record).map((place) => redeliverIn(context, directory, place, wanted.filter(({ shard }) => shard === place.shard).map(({ local }) => local)))));
}

async function redeliverIn(context: Context, directory: Directory, place: Place, ids: readonly string[]): Promise<number> {
  if (ids.length === 0) return 0;
  const [copies, scheduled] = await Promise.all([
    Promise.all([listCopies(context, place, source.retry), listCopies(context, place, source.solo)]),
    findScheduled(context.connection, place.topic, ids),
  ]);
  const onTheirWay = new Set(copies.flat().map(({ messageId }) => messageId));
  const messages = ids.map((id): Retained => ({ id, entryId: isScheduledId(id) ? scheduled.get(id) ?? '' : entryIdIn(id), isOnItsWay: onTheirWay.has(id) }));
  let count = 0;
  for (const chunk of inChunks(messages, pageSize)) count += await putBack(context, directory, place.record, place.shard, { kind: 'redeliver', messages: chunk });
  return count;
}

/** '' for what is no id of ours: the server would refuse it. */
function entryIdIn(id: string): string {
  return /^\d{1,19}-\d{1,19}$/.test(id) ? id : '';
}
