import type { Filter } from 'mongodb';
import type { ReadRange } from '../../../port/inspection.js';
import type { StoredMessage } from '../../../port/message.js';
import type { Context } from '../context.js';
import { seqOf } from '../layout/ids.js';
import type { LogDocument } from '../layout/log-document.js';
import { readMessage } from '../layout/message-codec.js';
import { besideNow } from '../layout/now-filter.js';
import type { TopicRecord } from '../topics/records.js';
import { pages } from './pages.js';

/** Where reading goes on. */
type Position = Pick<LogDocument, 'ts' | 'q'>;

/** What the topic retains, settled or not, by the time at which it was published or due. */
export async function read(context: Context, topic: TopicRecord, { from, to, after, max }: ReadRange): Promise<readonly StoredMessage[]> {
  const { store } = context;
  const start = after === undefined ? undefined : await positionOf(context, topic, after);
  const look = (last: Position | undefined, size: number): Promise<readonly LogDocument[]> =>
    store.attempt('read of messages', () =>
      store.collection<LogDocument>('cw_log').find({ t: topic.id, $and: [within(from, to, last ?? start), besideNow<LogDocument>(store, 'ts', '$lte')] }, { sort: { ts: 1, q: 1 }, limit: size, batchSize: size + 1, hint: 'cw_time' }).toArray());
  const found: StoredMessage[] = [];
  if (max < 1) return found;
  for await (const page of pages<LogDocument>(look, Math.min(500, max))) {
    for (const document of page) {
      const message = readMessage(document._id, document);
      if (message !== undefined) found.push(message);
      if (found.length >= max) return found;
    }
  }
  return found;
}

function within(from: number, to: number, last: Position | undefined): Filter<LogDocument> {
  const first = new Date(clamped(from));
  const range = { $gte: last === undefined || last.ts < first ? first : last.ts, $lte: new Date(clamped(to)) };
  // What was purged and is only remembered for its idempotency key has the number 0.
  return last === undefined ? { ts: range, q: { $gt: 0 } } : { ts: range, q: { $gt: 0 }, $or: [{ ts: { $gt: last.ts } }, { q: { $gt: last.q } }] };
}

/** Dates end somewhere, and so do the numbers that callers give. */
function clamped(ms: number): number {
  return Math.min(8.64e15, Math.max(-8.64e15, Number.isNaN(ms) ? 0 : ms));
}

/** Of the message, or where it is gone right before the one that came next. */
async function positionOf({ store }: Context, { id: topicId }: TopicRecord, id: string): Promise<Position | undefined> {
  const seq = seqOf(topicId, id);
  if (seq === undefined) return undefined;
  const next = await store.attempt('read of messages', () =>
    store.collection<LogDocument>('cw_log').findOne({ t: topicId, q: { $gte: seq } }, { projection: { ts: 1, q: 1 }, sort: { q: 1 }, hint: 'cw_order' }));
  if (next === null) return { ts: new Date(8.64e15), q: seq };
  return next.q === seq ? next : { ts: next.ts, q: next.q - 1 };
}
