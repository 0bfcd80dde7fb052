import { createHash } from 'node:crypto';
import type { StoredMessage } from '../../../port/message.js';
import type { Context } from '../context.js';
import { copyField, field } from '../format/fields.js';
import { messageFields } from '../format/message-fields.js';
import { placeOf } from '../layout/message-id.js';
import type { Directory } from '../topics/directory.js';
import type { SubscriptionRecord } from '../topics/records.js';
import { isScheduledId } from './find-scheduled.js';
import { placesOf } from './place.js';
import { putBackIn, type Wanted } from './redeliver.js';
import { isStreamId } from './stream-id.js';

/** Messages of one script call: each brings its body. */
const pageSize = 50;

/** No stream has so many entries of one millisecond: places of what is not in it are above. */
const above = 2 ** 40;

/** Puts messages that come from elsewhere into one subscription; one that is unsettled there is not doubled. */
export async function restore(context: Context, directory: Directory, record: SubscriptionRecord, messages: readonly StoredMessage[]): Promise<void> {
  const byId = new Map(messages.map((message) => [message.id, message]));
  const wanted = [...byId.values()].map((message) => wantedOf(message, record.shardCount));
  await Promise.all(placesOf(context, record).map((place) => putBackIn(context, directory, place, wanted.filter(({ shard }) => shard === place.shard), pageSize)));
}

function wantedOf(message: StoredMessage, shardCount: number): Wanted & { readonly shard: number } {
  const { id, publishedAt, expiresAt } = message;
  const own = placeOf(id);
  const isOurs = own.shard < shardCount && (isStreamId(own.local) || isScheduledId(own.local));
  // An id that another topic or backend gave says nothing of a shard; in the first one ids stay as they are.
  const { shard, local } = isOurs ? own : { shard: 0, local: id };
  const place = isStreamId(local) ? local : `${String(Math.max(0, Math.floor(publishedAt)))}-${String(above + numberOf(local))}`;
  const fields = [...messageFields(message), ...(expiresAt === undefined ? [] : [field.expiresAt, String(expiresAt)]), field.id, local, copyField.publishedAt, String(publishedAt), ...(place === local ? [] : [copyField.place, place])];
  return { shard, id: local, copy: { place, fields } };
}

/** The same id gets the same number. */
function numberOf(id: string): number {
  return createHash('sha256').update(id).digest().readUIntBE(0, 5);
}
