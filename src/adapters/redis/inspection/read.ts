import type { ReadRange } from '../../../port/inspection.js';
import type { StoredMessage } from '../../../port/message.js';
import type { Context } from '../context.js';
import { placeOf } from '../layout/message-id.js';
import { shardKeys } from '../layout/shard-keys.js';
import type { TopicRecord } from '../topics/records.js';
import type { Entry } from './entries.js';
import { readRange } from './entries.js';
import { findScheduled, isScheduledId } from './find-scheduled.js';
import { following, halvesOf, timeIn } from './stream-id.js';

/** A place in the order of all shards: by time, then by shard, then by number. */
interface Position {
  readonly ms: number;
  readonly shard: number;
  readonly id: string;
}

/** Messages that a topic retains, settled or not, by the time at which they were stored. */
export async function read(context: Context, { shardCount }: TopicRecord, { topic: ref, from, to, after, max }: ReadRange): Promise<readonly StoredMessage[]> {
  if (!(max > 0 && to >= 0 && from <= to)) return [];
  const last = after === undefined ? undefined : await positionOf(context, ref, after);
  const end = to < Number.MAX_SAFE_INTEGER ? String(Math.floor(to)) : '+';
  const first = Math.min(Number.MAX_SAFE_INTEGER, Math.max(0, Math.ceil(from)));
  const found = await Promise.all(Array.from({ length: shardCount }, async (_, shard) => {
    const start = startIn(shard, first, last);
    const isBeyond = end !== '+' && halvesOf(start).ms > Number(end);
    const entries = isBeyond ? [] : await readRange(context.connection, shardKeys(context.keys, ref, shard), start, end, max);
    return entries.map((entry) => ({ ...entry, shard }));
  }));
  return found.flat().sort(inOrder).slice(0, max).map(({ entry }) => entry.message);
}

async function positionOf({ connection, keys }: Context, ref: ReadRange['topic'], after: string): Promise<Position | undefined> {
  const { shard, local } = placeOf(after);
  if (/^\d+-\d+$/.test(local)) return { ms: halvesOf(local).ms, shard, id: local };
  if (!isScheduledId(local)) return undefined;
  const id = (await findScheduled(connection, shardKeys(keys, ref, shard), [local])).get(local) ?? `${String(timeIn(local))}-0`;
  return { ms: halvesOf(id).ms, shard, id };
}

function startIn(shard: number, from: number, last: Position | undefined): string {
  if (last === undefined || last.ms < from) return String(from);
  if (shard === last.shard) return following(last.id);
  return String(shard < last.shard ? last.ms + 1 : last.ms);
}

function inOrder(left: Entry & { readonly shard: number }, right: Entry & { readonly shard: number }): number {
  const [one, other] = [halvesOf(left.id), halvesOf(right.id)];
  return one.ms - other.ms || left.shard - right.shard || one.seq - other.seq;
}
