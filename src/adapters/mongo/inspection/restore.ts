import type { AnyBulkWriteOperation, Document } from 'mongodb';
import { createHash } from 'node:crypto';
import type { StoredMessage } from '../../../port/message.js';
import type { Context } from '../context.js';
import { pointerId, seqOf, strangerId } from '../layout/ids.js';
import { headersToList } from '../layout/message-codec.js';
import { pointerState, type PointerDocument } from '../layout/pointer-document.js';
import type { SubscriptionRecord } from '../topics/records.js';
import { inChunks } from './pages.js';
import { revive, wake } from './revive.js';

/** Messages of one write: each brings its body. */
const chunkSize = 200;

/** Puts messages that come from elsewhere into one subscription; one that is unsettled there is not doubled. The pointers bring the messages with them, as those of dead letters do. */
export async function restore(context: Context, record: SubscriptionRecord, messages: readonly StoredMessage[]): Promise<void> {
  const byId = new Map(messages.map((message) => [message.id, message]));
  for (const chunk of inChunks([...byId.values()], chunkSize)) await putBack(context, record, chunk);
  if (byId.size > 0) await wake(context, { ref: record.ref, id: record.topicId });
}

async function putBack(context: Context, record: SubscriptionRecord, messages: readonly StoredMessage[]): Promise<void> {
  const { store } = context;
  const pointers = messages.map((message) => pointer(record, message));
  const all = store.collection<PointerDocument>('cw_deliv');
  const writes = pointers.map((fields): AnyBulkWriteOperation<PointerDocument> => ({ updateOne: { filter: { _id: fields._id }, update: [unlessThere(fields)], upsert: true } }));
  // In their order: what comes first has the lower place, and all have the time of the server at which they came.
  await store.attempt('restoring of messages', () => all.bulkWrite(writes, { ordered: false, writeConcern: { w: 'majority' } }));
  await revive(context, record, pointers.map(({ _id }) => _id));
}

type Fields = Omit<PointerDocument, 'at'>;

/** In one step with the look: whoever settles it meanwhile has settled it. */
function unlessThere(fields: Fields): Document {
  const isThere = { $ne: [{ $type: '$s' }, 'missing'] };
  return { $replaceWith: { $cond: [isThere, '$$ROOT', { $mergeObjects: [{ $literal: fields }, { at: '$$NOW' }] }] } };
}

function pointer({ id, topicId }: SubscriptionRecord, message: StoredMessage): Fields {
  const { body, headers, codec, key, publishedAt, expiresAt } = message;
  const seq = seqOf(topicId, message.id);
  const fields: { -readonly [K in keyof Fields]: Fields[K] } = {
    _id: seq === undefined ? strangerId(id, publishedAt, digest(message.id)) : pointerId(id, seq),
    s: id,
    t: topicId,
    m: message.id,
    // Below all that is in the log.
    q: seq ?? publishedAt - Number.MAX_SAFE_INTEGER,
    st: pointerState.live,
    n: 0,
    b: body,
    ts: new Date(publishedAt),
  };
  const list = headersToList(headers);
  if (list.length > 0) fields.h = list;
  if (codec !== undefined) fields.c = codec;
  if (key !== undefined) fields.k = key;
  if (expiresAt !== undefined) fields.x = new Date(expiresAt);
  return fields;
}

function digest(id: string): string {
  return createHash('sha256').update(id).digest('hex').slice(0, 24);
}
