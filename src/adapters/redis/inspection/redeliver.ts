import type { Context } from '../context.js';
import { placeOf } from '../layout/message-id.js';
import type { Directory } from '../topics/directory.js';
import type { SubscriptionRecord } from '../topics/records.js';
import { findScheduled, isScheduledId } from './find-scheduled.js';
import { listCopies, source } from './listing.js';
import { inChunks, sum } from './pages.js';
import type { Place } from './place.js';
import { placesOf } from './place.js';
import { isStreamId } from './stream-id.js';
import type { Retained } from './put-back.js';
import { putBack } from './put-back.js';

/** Messages that one script call puts back. */
const pageSize = 200;

/** A message that is to be there again. */
export interface Wanted {
  /** Its id in the shard. */
  readonly id: string;
  /** For where the topic has it no more. */
  readonly copy?: Retained['copy'];
}

/** Puts messages that the topic retains, or dead letters, into one subscription again; one that is unsettled there is not doubled. Answers how many are still there. */
export async function redeliver(context: Context, directory: Directory, record: SubscriptionRecord, ids: readonly string[]): Promise<number> {
  const wanted = [...new Set(ids)].map(placeOf);
  return sum(await Promise.all(placesOf(context, record).map((place) => putBackIn(context, directory, place, wanted.filter(({ shard }) => shard === place.shard).map(({ local }) => ({ id: local })), pageSize))));
}

/** The same in one shard; of each the topic's own entry counts, where there is one. */
export async function putBackIn(context: Context, directory: Directory, place: Place, wanted: readonly Wanted[], size: number): Promise<number> {
  if (wanted.length === 0) return 0;
  const ids = wanted.map(({ id }) => id);
  const [copies, scheduled] = await Promise.all([
    Promise.all([listCopies(context, place, source.retry), listCopies(context, place, source.solo)]),
    findScheduled(context.connection, place.topic, ids),
  ]);
  const onTheirWay = new Set(copies.flat().map(({ messageId }) => messageId));
  const messages = wanted.map(({ id, copy }): Retained => ({ id, entryId: isScheduledId(id) ? scheduled.get(id) ?? '' : entryIdIn(id), isOnItsWay: onTheirWay.has(id), copy }));
  let count = 0;
  for (const chunk of inChunks(messages, size)) count += await putBack(context, directory, place.record, place.shard, { kind: 'redeliver', messages: chunk });
  return count;
}

/** '' for what is no id of ours: the server would refuse it. */
function entryIdIn(id: string): string {
  return isStreamId(id) ? id : '';
}
