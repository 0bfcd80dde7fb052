import type { SubscriptionStats, TopicStats } from '../../../port/inspection.js';
import type { TopicRef } from '../../../port/names.js';
import type { Reply } from '../connection/reply.js';
import { asList, asNumber, asText } from '../connection/reply.js';
import type { Script } from '../connection/script.js';
import type { Context } from '../context.js';
import { shardKeys } from '../layout/shard-keys.js';
import type { Directory } from '../topics/directory.js';
import type { SubscriptionRecord, TopicOverview } from '../topics/records.js';
import { pages, sum, sumKnown } from './pages.js';
import type { Place } from './place.js';
import { placesOf } from './place.js';
import { countBehindScript, countLapsedScript, oldestCopyScript, oldestMemberScript, subscriptionCountsScript, topicCountsScript } from './stats-scripts.js';

/** Pages of a thousand that are counted at most; what is longer is unknown. */
const mostPages = 200;

/** Counts of a subscription in one shard; null: too much to count. */
interface Counts {
  readonly waiting: number | null;
  readonly delayed: number;
  readonly leased: number | null;
  readonly dead: number;
  /** When the oldest one was published, ms; undefined: there is none, null: unknown. */
  readonly oldest: number | null | undefined;
  readonly now: number;
}

export async function topicStats(context: Context, directory: Directory, ref: TopicRef, overview: TopicOverview): Promise<TopicStats> {
  const { topic, subscriptions } = overview;
  const shards = Array.from({ length: topic.shardCount }, (_, shard) => topicCounts(context, ref, shard));
  const own = subscriptions.map((record) => subscriptionStats(context, directory, record));
  const [counts, stats] = await Promise.all([Promise.all(shards), Promise.all(own)]);
  return {
    topic: ref.topic,
    length: sum(counts.map(({ length }) => length)),
    scheduled: sum(counts.map(({ scheduled }) => scheduled)),
    subscriptions: stats.filter((one) => one !== undefined),
  };
}

/** undefined: it was deleted in between. */
export async function subscriptionStats(context: Context, directory: Directory, record: SubscriptionRecord): Promise<SubscriptionStats | undefined> {
  const found = await Promise.all(placesOf(context, record).map((place) => countsIn(context, directory, place)));
  const counts = found.filter((one) => one !== undefined);
  if (counts.length < found.length) return undefined;
  return {
    name: record.ref.subscription,
    waiting: sumKnown(counts.map(({ waiting }) => waiting)),
    delayed: sum(counts.map(({ delayed }) => delayed)),
    leased: sumKnown(counts.map(({ leased }) => leased)),
    dead: sum(counts.map(({ dead }) => dead)),
    oldestAgeMs: oldestAge(counts),
  };
}

async function topicCounts({ connection, keys }: Context, ref: TopicRef, shard: number): Promise<{ readonly length: number; readonly scheduled: number }> {
  const { topic, scheduled } = shardKeys(keys, ref, shard);
  const [length, waiting] = asList(await connection.run(topicCountsScript, [topic, scheduled], []));
  return { length: asNumber(length), scheduled: asNumber(waiting) };
}

async function countsIn(context: Context, directory: Directory, place: Place): Promise<Counts | undefined> {
  const reply = (await firstLook(context, place)) ?? ((await directory.revive(place.ref, place.shard)) ? await firstLook(context, place) : null);
  if (reply === null) return undefined;
  const [now, undelivered, behind, pending, lapsed, more, pendingRetry, lapsedRetry, moreRetry, pendingSolo, lapsedSolo, moreSolo, copies, delayed, due, dead, oldest, isHidden] = asList(reply);
  const { topic, own } = place;
  const later = await Promise.all([
    countOn(context, countBehindScript, topic.topic, behind, (from) => [from]),
    ...[[topic.topic, more], [own.retry, moreRetry], [own.solo, moreSolo]].map(([key, from]) =>
      countOn(context, countLapsedScript, asText(key), from, (at) => [own.group, at, place.record.policy.visibilityTimeoutMs])),
  ]);
  const [fresh, ...expired] = later;
  const overdue = sumKnown([asNumber(lapsed), asNumber(lapsedRetry), asNumber(lapsedSolo), ...expired]);
  const leases = asNumber(pending) + asNumber(pendingRetry) + asNumber(pendingSolo);
  return {
    now: asNumber(now),
    waiting: sumKnown([asNumber(undelivered), fresh, overdue, asNumber(copies), asNumber(due)]),
    delayed: Math.max(0, asNumber(delayed) - asNumber(due)),
    leased: overdue === null ? null : Math.max(0, leases - overdue),
    dead: asNumber(dead),
    oldest: await oldestOf(context, place, asText(oldest), asText(isHidden) === '1'),
  };
}

function firstLook({ connection }: Context, { topic, own, order, record }: Place): Promise<Reply> {
  const ordered = order === undefined ? [] : [own.held, order.parked, order.due, order.floor];
  return connection.run(subscriptionCountsScript, [topic.topic, own.retry, own.solo, own.delayed, own.dead, ...ordered], [own.group, record.policy.visibilityTimeoutMs]);
}

/** What a first page left uncounted. */
async function countOn({ connection }: Context, script: Script, key: string, from: Reply | undefined, args: (from: string) => readonly (string | number)[]): Promise<number | null> {
  const { all, isWhole } = await pages(asText(from), mostPages, async (at) => {
    const [count, next] = asList(await connection.run(script, [key], args(at)));
    return { found: asNumber(count), next: asText(next) };
  });
  return isWhole ? sum(all) : null;
}

async function oldestOf(context: Context, { own, order }: Place, known: string, isHidden: boolean): Promise<number | null | undefined> {
  const looks = [
    oldestOn(context, oldestCopyScript, own.retry, '-'),
    oldestOn(context, oldestCopyScript, own.solo, '-'),
    oldestOn(context, oldestMemberScript, own.delayed, '0', 'delayed'),
    ...(order === undefined || !isHidden ? [] : [oldestOn(context, oldestMemberScript, order.parked, '0', 'parked'), oldestOn(context, oldestMemberScript, order.due, '0', 'due')]),
  ];
  const found = [...(await Promise.all(looks)), known === '' ? undefined : Number(known)];
  return found.includes(null) ? null : earliest(found);
}

async function oldestOn({ connection }: Context, script: Script, key: string, first: string, kind = ''): Promise<number | null | undefined> {
  const { all, isWhole } = await pages(first, mostPages, async (from) => {
    const [oldest, next] = asList(await connection.run(script, [key], [from, kind]));
    return { found: asText(oldest), next: asText(next) };
  });
  return isWhole ? earliest(all.map((text) => (text === '' ? undefined : Number(text)))) : null;
}

function earliest(times: readonly (number | null | undefined)[]): number | undefined {
  const known = times.filter((time) => typeof time === 'number');
  return known.length === 0 ? undefined : Math.min(...known);
}

function oldestAge(counts: readonly Counts[]): number | null {
  if (counts.some(({ oldest }) => oldest === null)) return null;
  const ages = counts.flatMap(({ oldest, now }) => (typeof oldest === 'number' ? [now - oldest] : []));
  return ages.length === 0 ? null : Math.max(0, ...ages);
}
