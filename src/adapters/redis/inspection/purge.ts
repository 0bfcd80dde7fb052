import type { Reply } from '../connection/reply.js';
import { asList, asNumber, asText, asTexts } from '../connection/reply.js';
import type { Context } from '../context.js';
import { shardKeys } from '../layout/shard-keys.js';
import { orderPlace } from '../order/order-keys.js';
import type { Directory } from '../topics/directory.js';
import type { SubscriptionRecord, TopicOverview } from '../topics/records.js';
import { findScheduled, isScheduledId } from './find-scheduled.js';
import { listCopies, source } from './listing.js';
import { inChunks, sum } from './pages.js';
import type { Place } from './place.js';
import { placeIn } from './place.js';
import { dropEntriesScript, purgeCopiesScript, purgeDelayedScript, purgeLanesScript, skipScript, sweepSkippedScript } from './purge-scripts.js';

/** What one subscription had not seen of the stream: behind one id, up to another. */
interface Skipped {
  readonly place: Place;
  readonly from: string;
  readonly to: string;
}

/** Message ids and entry ids (either may be '') of what was removed. */
interface Removed {
  readonly messageId: string;
  readonly entryId: string;
}

/** More than so many leases elsewhere are not looked up one by one: then every entry stays until retention takes it. */
const mostStaying = 5_000;

/** Removes what waits or is delayed, for every subscription; what is leased or dead stays. Answers how many messages left a subscription. */
export async function purge(context: Context, directory: Directory, { topic, subscriptions }: TopicOverview): Promise<number> {
  const token = context.runtime.newId();
  const shards = Array.from({ length: topic.shardCount }, (_, shard) => purgeShard(context, directory, topic.ref, subscriptions, shard, token));
  return sum(await Promise.all(shards));
}

async function purgeShard(context: Context, directory: Directory, ref: TopicOverview['topic']['ref'], subscriptions: readonly SubscriptionRecord[], shard: number, token: string): Promise<number> {
  const places = subscriptions.map((record) => placeIn(context, record, shard));
  const skipped = (await Promise.all(places.map((place) => skip(context, directory, place, token)))).filter((one) => one !== undefined);
  const removed = (await Promise.all(places.map((place) => removeReturned(context, place)))).flat();
  const { topic } = shardKeys(context.keys, ref, shard);
  const isKept = subscriptions.some(({ ephemeral }) => !ephemeral);
  if (subscriptions.length === 0) {
    await clear(context, topic);
    return 0;
  }
  const stays = await staying(context, places);
  const count = await sweepSkipped(context, topic, skipped, stays, isKept ? undefined : '0-0');
  await dropEntries(context, ref, shard, skipped, removed, stays);
  return count + removed.length;
}

async function skip(context: Context, directory: Directory, place: Place, token: string): Promise<Skipped | undefined> {
  const reply = (await skipOnce(context, place, token)) ?? ((await directory.revive(place.ref, place.shard)) ? await skipOnce(context, place, token) : null);
  if (reply === null) return undefined;
  const [from = '', to = ''] = asTexts(reply);
  return { place, from, to };
}

function skipOnce({ connection }: Context, { topic, own, order }: Place, token: string): Promise<Reply> {
  return connection.run(skipScript, [topic.topic, own.state, ...(order === undefined ? [] : [order.cursor])], [own.group, token]);
}

async function removeReturned(context: Context, place: Place): Promise<readonly Removed[]> {
  const { connection, keys } = context;
  const { own, order, ref, shard } = place;
  const copies = async (key: string): Promise<readonly Removed[]> => removePages('-', (from) => connection.run(purgeCopiesScript, [key], [own.group, from]));
  const lanes = (): Promise<Reply> => connection.run(purgeLanesScript, orderPlace(keys, ref, shard).all, [ref.subscription, own.group]);
  const parts = await Promise.all([
    copies(own.retry),
    copies(own.solo),
    removePages('1', () => connection.run(purgeDelayedScript, [own.delayed, own.held], [])),
    order === undefined ? [] : removePages('1', lanes),
  ]);
  return parts.flat();
}

/** Calls as long as there is more. */
async function removePages(first: string, call: (from: string) => Promise<Reply>): Promise<readonly Removed[]> {
  const removed: Removed[] = [];
  for (let from = first; from !== '';) {
    const [next = '', ...flat] = asTexts((asList(await call(from))));
    if (next === 'gone' || next === 'mode') return removed;
    for (let at = 0; at + 1 < flat.length; at += 2) removed.push({ messageId: flat[at] ?? '', entryId: flat[at + 1] ?? '' });
    from = next;
  }
  return removed;
}

/** Message ids of leased copies: their entries stay. undefined: too many to say. */
async function staying(context: Context, places: readonly Place[]): Promise<ReadonlySet<string> | undefined> {
  const copies = await Promise.all(places.flatMap((place) => [listCopies(context, place, source.retry), listCopies(context, place, source.solo)]));
  const ids = copies.flat().flatMap(({ messageId, entryId }) => [messageId, entryId]).filter((id) => id !== undefined);
  return ids.length > mostStaying ? undefined : new Set(ids);
}

async function sweepSkipped({ connection }: Context, topic: string, skipped: readonly Skipped[], stays: ReadonlySet<string> | undefined, start: string | undefined): Promise<number> {
  const ids = skipped.flatMap(({ from }) => from);
  const first = start ?? ids.reduce((left, right) => (isBefore(right, left) ? right : left), ids[0] ?? '0-0');
  const last = skipped.reduce((latest, { to }) => (isBefore(latest, to) ? to : latest), '0-0');
  if (!isBefore(first, last)) return 0;
  const groups = skipped.flatMap(({ place, from, to }) => [place.own.group, from, to]);
  let count = 0;
  for (let at = first; at !== '';) {
    const [next, number] = asList(await connection.run(sweepSkippedScript, [topic], [at, last, skipped.length, ...groups, ...(stays ?? [])]));
    count += asNumber(number);
    at = asText(next);
  }
  return count;
}

/** What was removed as a copy must not come back to a subscription that begins at the earliest. */
async function dropEntries({ connection, keys }: Context, ref: TopicOverview['topic']['ref'], shard: number, skipped: readonly Skipped[], removed: readonly Removed[], stays: ReadonlySet<string> | undefined): Promise<void> {
  if (stays === undefined) return;
  const place = shardKeys(keys, ref, shard);
  const scheduled = await findScheduled(connection, place, removed.filter(({ entryId }) => entryId === '').map(({ messageId }) => messageId));
  const entries = removed.map(({ messageId, entryId }) => (stays.has(messageId) ? '' : entryId !== '' ? entryId : isScheduledId(messageId) ? scheduled.get(messageId) ?? '' : messageId));
  const groups = skipped.map(({ place: { own } }) => own.group);
  for (const chunk of inChunks([...new Set(entries)].filter((id) => id !== '' && !stays.has(id)), 200)) {
    await connection.run(dropEntriesScript, [place.topic], [groups.length, ...groups, ...chunk]);
  }
}

/** In steps: whole nodes go at once, but a million entries would still take a while. */
async function clear({ connection }: Context, topic: string): Promise<void> {
  for (let length = asNumber(await connection.command('xlen', topic)); length > 0;) {
    length = Math.max(0, length - 10_000);
    await connection.command('xtrim', topic, 'MAXLEN', length);
  }
}

function isBefore(left: string, right: string): boolean {
  const [[ms = '0', seq = '0'], [otherMs = '0', otherSeq = '0']] = [left.split('-'), right.split('-')];
  return ms === otherMs ? BigInt(seq) < BigInt(otherSeq) : Number(ms) < Number(otherMs);
}
