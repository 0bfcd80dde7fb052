import type { Collection, Filter } from 'mongodb';
import type { StoredMessage } from '../../../port/message.js';
import type { WarmRange } from '../../../port/warm-store.js';
import { warmTopic } from '../../common/warm-topic.js';
import { isDuplicateKey } from '../connection/server-error.js';
import type { DeadLetterDocument, MessageDocument } from './documents.js';
import { insertedBefore } from './inserted-before.js';
import { messageOf } from './message-documents.js';

type Messages = Collection<MessageDocument>;

/** The latest time that a Date can have. */
const maxTime = 8.64e15;

/** The first copy of each stays, until it has ended. */
export async function saveMessages(messages: Messages, documents: readonly MessageDocument[], now: number): Promise<void> {
  const known = await insertedBefore(documents, (all, options) => messages.insertMany(all, options));
  if (known.length === 0) return;
  await messages.bulkWrite(known.map(({ _id, ...replacement }) => ({
    replaceOne: { filter: { tenantId: replacement.tenantId, topic: replacement.topic, msgId: replacement.msgId, expiresAt: { $lte: new Date(now) } }, replacement },
  })), { ordered: false });
}

/** The first record stays, until it has ended. */
export async function saveDeadLetter(letters: Collection<DeadLetterDocument>, document: DeadLetterDocument, now: number): Promise<void> {
  const { _id, ...replacement } = document;
  try {
    await letters.insertOne(document);
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
    await letters.replaceOne({ _id, expiresAt: { $lte: new Date(now) } }, replacement);
  }
}

/** Oldest first, those of one instant by id: in two steps, each along the index, so that a page does not sort all that is to come. */
export async function readMessages(messages: Messages, { topic, from, to, after, max }: WarmRange, now: number): Promise<readonly StoredMessage[]> {
  const { tenantId } = topic;
  const name = warmTopic(topic);
  const start = after === undefined ? null : await messages.findOne({ tenantId, topic: name, msgId: after }, { projection: { firstSeenAt: 1 } });
  const since = start?.firstSeenAt ?? dateOf(from);
  const rest: Filter<MessageDocument>[] = [{ $or: [{ expiresAt: { $exists: false } }, { expiresAt: { $gt: new Date(now) } }] }];
  if (start !== null && after !== undefined) rest.push({ $or: [{ firstSeenAt: { $gt: since } }, { msgId: { $gt: after } }] });
  const page = (until: Date): Filter<MessageDocument> => ({ tenantId, topic: name, firstSeenAt: { $gte: since, $lte: until }, $and: rest });
  const times = await messages.find(page(dateOf(to)), { sort: { firstSeenAt: 1 }, limit: max, projection: { _id: 0, firstSeenAt: 1 } }).toArray();
  const last = times.at(-1)?.firstSeenAt;
  if (last === undefined) return [];
  return (await messages.find(page(last), { sort: { firstSeenAt: 1, msgId: 1 }, limit: max }).toArray()).map(messageOf);
}

function dateOf(time: number): Date {
  return new Date(Math.min(maxTime, Math.max(-maxTime, time)));
}
