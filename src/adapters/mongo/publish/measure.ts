import type { Document } from 'mongodb';
import type { MongoStore } from '../connection/store.js';
import type { LogDocument } from '../layout/log-document.js';
import { pointerState, type PointerDocument } from '../layout/pointer-document.js';
import type { TopicOverview } from '../topics/records.js';

/** What a topic holds. */
export interface Measured {
  /** Messages in the log, without those that are scheduled. */
  readonly total: number;
  readonly scheduled: number;
  /** Of the total, how many some durable subscription has not settled. */
  readonly held: number;
  /** The durable subscription that has most unsettled; undefined where there is none. */
  readonly fullest: { readonly name: string; readonly unsettled: number } | undefined;
}

/** Up to so many pointers are looked at to see which are to the same message; beyond that the fullest subscription counts for all. */
const mostUnited = 200_000;

const unsettled = { $in: [pointerState.live, pointerState.parked] };

/** Counts, by indexes alone. `need`: where it cannot matter, what is costly is left out. */
export async function measure(store: MongoStore, { topic, subscriptions }: TopicOverview, need: number): Promise<Measured> {
  const durable = subscriptions.filter(({ ephemeral }) => !ephemeral);
  const log = store.collection<LogDocument>('cw_log');
  const pointers = store.collection<PointerDocument>('cw_deliv');
  // What has just been published is not scheduled, however far our notion of the server's clock is behind.
  const now = new Date(Math.max(store.clock.now(), topic.publishedAt));
  const count = <T>(work: () => Promise<T>): Promise<T> => store.attempt('count of unsettled messages', work);
  const [all, scheduled, ...counts] = await Promise.all([
    count(() => log.countDocuments({ t: topic.id }, { hint: 'cw_order' })),
    // By a date of ours: with the server's own it would read the documents.
    count(() => log.countDocuments({ t: topic.id, ts: { $gt: now } }, { hint: 'cw_time' })),
    ...durable.map(({ id }) => count(() => pointers.countDocuments({ s: id, st: unsettled }, { hint: 'cw_claim' }))),
  ]);
  const total = Math.max(0, all - scheduled);
  const own = counts.map((one) => Math.max(0, one - scheduled));
  const most = Math.max(0, ...own);
  const sum = own.reduce((left, right) => left + right, 0);
  const fullest = durable[own.indexOf(most)];
  const isClear = sum === most || sum + need < fillingAt(topic.limits.maxStreamLen) || sum > mostUnited;
  const held = isClear ? most : await count(() => united(store, durable.map(({ id }) => id))) - scheduled;
  return { total, scheduled, held: Math.max(most, held), fullest: fullest === undefined ? undefined : { name: fullest.ref.subscription, unsettled: most } };
}

/** From here on a topic is filling up. */
export function fillingAt(bound: number): number {
  return Math.ceil(bound * 0.8);
}

async function united(store: MongoStore, subscriptionIds: readonly string[]): Promise<number> {
  const pipeline: Document[] = [{ $match: { s: { $in: subscriptionIds }, st: unsettled } }, { $group: { _id: '$q' } }, { $count: 'held' }];
  const [answer] = await store.collection<PointerDocument>('cw_deliv').aggregate<{ readonly held: number }>(pipeline, { hint: 'cw_claim', allowDiskUse: true }).toArray();
  return answer?.held ?? 0;
}
