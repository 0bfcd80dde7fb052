import type { Filter } from 'mongodb';
import type { SubscriptionStats, TopicStats } from '../../../port/inspection.js';
import type { Context } from '../context.js';
import { pointerIds } from '../layout/ids.js';
import type { LogDocument } from '../layout/log-document.js';
import { besideNow } from '../layout/now-filter.js';
import { pointerState, type PointerDocument } from '../layout/pointer-document.js';
import type { SubscriptionRecord, TopicOverview } from '../topics/records.js';
import { due, notYet, seen } from './state.js';

/** More than so many of an index are not counted: then it is unknown. */
export const mostCounted = 1_000_000;
/** More than so many documents are not read to tell what they are. */
export const mostRead = 50_000;

/** Limits of counting; tests have lower ones. */
export interface Bounds {
  readonly counted: number;
  readonly read: number;
}

const bounds: Bounds = { counted: mostCounted, read: mostRead };

export async function topicStats(context: Context, { topic, subscriptions }: TopicOverview, bound: Bounds = bounds): Promise<TopicStats> {
  const { store } = context;
  const count = (filter: Filter<LogDocument>, hint: string): Promise<number | null> => counted(bound, (limit) => store.attempt('count of messages', () => store.collection<LogDocument>('cw_log').countDocuments(filter, { hint, limit })));
  const [all, scheduled, ...stats] = await Promise.all([
    // What was purged and is only remembered for its idempotency key has the number 0.
    count({ t: topic.id, q: { $gt: 0 } }, 'cw_order'),
    count({ t: topic.id, ...besideNow<LogDocument>(store, 'ts', '$gt') }, 'cw_time'),
    ...subscriptions.map((record) => subscriptionStats(context, record, bound)),
  ]);
  return { topic: topic.ref.topic, length: all === null || scheduled === null ? null : Math.max(0, all - scheduled), scheduled, subscriptions: stats };
}

async function subscriptionStats(context: Context, record: SubscriptionRecord, bound: Bounds): Promise<SubscriptionStats> {
  const { store } = context;
  const count = (filter: Filter<PointerDocument>): Promise<number | null> => counted(bound, (limit) =>
    store.attempt('count of messages', () => store.collection<PointerDocument>('cw_deliv').countDocuments({ s: record.id, ...filter }, { hint: 'cw_claim', limit })));
  const [ready, parked, dead, later, oldestAgeMs] = await Promise.all([
    count({ st: pointerState.live, ...besideNow<PointerDocument>(store, 'at', '$lte') }),
    count({ st: pointerState.parked }),
    count({ st: pointerState.dead }),
    countLater(context, record, bound),
    oldestAge(context, record, bound),
  ]);
  return { name: record.ref.subscription, waiting: ready === null || parked === null ? null : ready + parked, delayed: later.delayed, leased: later.leased, dead, oldestAgeMs };
}

async function counted({ counted: most }: Bounds, count: (limit: number) => Promise<number>): Promise<number | null> {
  const found = await count(most + 1);
  return found > most ? null : found;
}

/** What may not be taken yet: the index has only the time, so that they are read. */
async function countLater({ store }: Context, { id }: SubscriptionRecord, { read }: Bounds): Promise<{ readonly delayed: number | null; readonly leased: number | null }> {
  const pipeline = [
    { $match: { s: id, st: pointerState.live, ...besideNow<PointerDocument>(store, 'at', '$gt') } },
    { $limit: read + 1 },
    { $group: { _id: notYet, count: { $sum: 1 } } },
  ];
  const groups = await store.attempt('count of messages', () => store.collection('cw_deliv').aggregate<{ readonly _id: string; readonly count: number }>(pipeline, { hint: 'cw_claim' }).toArray());
  if (groups.reduce((sum, { count }) => sum + count, 0) > read) return { delayed: null, leased: null };
  const of = (kind: string): number => groups.find(({ _id }) => _id === kind)?.count ?? 0;
  return { delayed: of('delayed'), leased: of('leased') };
}

interface Oldest {
  readonly now: Date;
  readonly ts: Date;
}

/** Of the oldest that is neither settled nor dead. Pointers sort by the order of messages, but for scheduled ones; so many of them are looked at. */
async function oldestAge({ store }: Context, { id }: SubscriptionRecord, { read }: Bounds): Promise<number | null> {
  const all = store.collection('cw_deliv');
  // Not by localField: a pipeline beside it is known from 5.0 on.
  const message = { $lookup: { from: 'cw_log', let: { m: '$m' }, pipeline: [{ $match: { $expr: { $eq: ['$_id', '$$m'] } } }, { $project: { _id: 1 } }], as: 'log' } };
  // Not that of a publish that is under way.
  const isStored = { $or: [{ b: { $exists: true } }, { 'log.0': { $exists: true } }] };
  const shown = [message, { $match: isStored }, { $project: { _id: 0, ts: 1, now: '$$NOW' } }];
  const published = [{ $match: { _id: pointerIds(id) } }, { $sort: { _id: 1 } }, { $limit: read }, { $match: { sch: { $ne: true }, ...seen } }, { $limit: 10 }, ...shown];
  const later = [{ $match: { s: id, ...due(store) } }, { $sort: { ts: 1, q: 1 } }, { $limit: 10 }, ...shown];
  const found = await Promise.all([
    store.attempt('look at messages', () => all.aggregate<Oldest>(published).toArray()),
    store.attempt('look at messages', () => all.aggregate<Oldest>(later, { hint: 'cw_scheduled' }).toArray()),
  ]);
  const ages = found.flat().map(({ now, ts }) => now.getTime() - ts.getTime());
  return ages.length === 0 ? null : Math.max(0, ...ages);
}
