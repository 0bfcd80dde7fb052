import type { Filter } from 'mongodb';
import type { TopicRef } from '../../../port/names.js';
import type { IdleWatch } from '../../common/idle-watch.js';
import type { Context } from '../context.js';
import { idleWatch } from '../inspection/idle-look.js';
import { pointerId } from '../layout/ids.js';
import type { LogDocument } from '../layout/log-document.js';
import { besideNow } from '../layout/now-filter.js';
import { pointerState, type PointerDocument } from '../layout/pointer-document.js';
import type { Directory } from '../topics/directory.js';
import type { SubscriptionRecord, TopicOverview } from '../topics/records.js';

/** What one look takes; as much again while it finds nothing but one moment's messages. */
const batch = 500;
const largestBatch = 64_000;
/** The most looks of one turn; what is left is for the next one. */
const looks = 40;
const oftenMs = 1_000;
const seldomMs = 30_000;

type Old = Pick<LogDocument, '_id' | 'q' | 'ts' | 'p' | 'ik'>;

/** Where the last turn stopped: what is before that was unsettled and is looked at again only after everything else. */
interface Position {
  since: Date;
  after: number;
}

/** Removes what no subscription needs any more. Nothing else does: a message has no time after which the server removes it by itself. */
export class Retention {
  readonly #context: Context;
  readonly #directory: Directory;
  readonly #idle: Pick<IdleWatch<SubscriptionRecord>, 'touch'>;
  readonly #positions: Map<string, Position> = new Map();
  readonly #underWay: Map<string, Promise<void>> = new Map();
  readonly #next: Map<string, { at: number; count: number }> = new Map();

  constructor(context: Context, directory: Directory, idle: Pick<IdleWatch<SubscriptionRecord>, 'touch'> = idleWatch(context, directory)) {
    this.#context = context;
    this.#directory = directory;
    this.#idle = idle;
  }

  /** Settled messages beyond the retention time and beyond the bound. Nothing where the topic is unknown. */
  trim(ref: TopicRef): Promise<void> {
    const key = this.#context.keys.topicKey(ref);
    const trimming = this.#underWay.get(key) ?? this.#trim(ref).finally(() => this.#underWay.delete(key));
    this.#underWay.set(key, trimming);
    return trimming;
  }

  /** Trims now and then: whoever publishes or consumes calls this as often as it likes. `count`: messages that were added. */
  touch(ref: TopicRef, { retentionMs, maxStreamLen }: { readonly retentionMs: number; readonly maxStreamLen: number }, count = 0): void {
    this.#idle.touch(ref);
    const key = this.#context.keys.topicKey(ref);
    const now = this.#context.runtime.now();
    const next = this.#next.get(key) ?? { at: 0, count: 0 };
    next.count += count;
    this.#next.set(key, next);
    if (now < next.at && next.count < Math.max(1_000, maxStreamLen / 10)) return;
    next.at = now + Math.min(seldomMs, Math.max(oftenMs, retentionMs / 10));
    next.count = 0;
    // The next turn does what this one could not.
    this.trim(ref).catch(() => undefined);
  }

  /** Removes so many of the oldest settled messages; answers how many there were. */
  async removeOldest(overview: TopicOverview, most: number): Promise<number> {
    const position = this.#position(overview);
    let removed = 0;
    for (let look = 0; look < looks && removed < most; look++) {
      const size = Math.min(batch, most - removed);
      const found = await this.#find({ t: overview.topic.id, q: { $gt: position.after } }, { q: 1 }, size, 'cw_order');
      removed += await this.#remove(overview, found);
      position.after = found.length < size ? 0 : found.at(-1)?.q ?? 0;
      if (found.length < size) return removed;
    }
    return removed;
  }

  async #trim(ref: TopicRef): Promise<void> {
    const overview = await this.#directory.overview(ref);
    if (overview === undefined) return;
    await this.#removeOld(overview);
    const { id, limits } = overview.topic;
    const { store } = this.#context;
    const total = await store.attempt('count of messages', () => store.collection<LogDocument>('cw_log').countDocuments({ t: id }, { hint: 'cw_order' }));
    if (total > limits.maxStreamLen) await this.removeOldest(overview, total - limits.maxStreamLen);
  }

  async #removeOld(overview: TopicOverview): Promise<void> {
    const { id, limits } = overview.topic;
    const position = this.#position(overview);
    let size = batch;
    for (let look = 0; look < looks; look++) {
      const old = besideNow<LogDocument>(this.#context.store, 'ts', '$lte', limits.retentionMs);
      const since: Filter<LogDocument> = { ts: { $gte: position.since } };
      const found = await this.#find({ t: id, $and: [since, old] }, { ts: 1 }, size, 'cw_time');
      await this.#remove(overview, found);
      const last = found.at(-1);
      if (last === undefined || found.length < size) {
        position.since = new Date(0);
        return;
      }
      // A batch of one moment: there may be more of it than one look takes.
      size = last.ts.getTime() === position.since.getTime() ? Math.min(largestBatch, size * 2) : batch;
      position.since = last.ts;
    }
  }

  #find(filter: Filter<LogDocument>, sort: Record<string, 1>, limit: number, hint: string): Promise<readonly Old[]> {
    const { store } = this.#context;
    return store.attempt('look-up of old messages', () =>
      store.collection<LogDocument>('cw_log').find(filter, { projection: { q: 1, ts: 1, p: 1, ik: 1 }, sort, limit, batchSize: limit + 1, hint }).toArray());
  }

  /** Of these, those that nobody has unsettled; answers how many. */
  async #remove({ topic, subscriptions }: TopicOverview, found: readonly Old[]): Promise<number> {
    const { store } = this.#context;
    const now = store.clock.now();
    const { idempotencyWindowMs } = topic.limits;
    // Idempotency keys are remembered with their messages.
    const over = found.filter(({ ik, p, ts }) => ts.getTime() <= now && (ik === undefined || (p ?? ts).getTime() + idempotencyWindowMs <= now));
    const unsettled = await this.#unsettled(subscriptions.filter(({ ephemeral }) => !ephemeral), over);
    const gone = over.filter(({ q }) => !unsettled.has(q));
    if (gone.length === 0) return 0;
    await store.attempt('removal of old messages', () => store.collection<LogDocument>('cw_log').deleteMany({ _id: { $in: gone.map(({ _id }) => _id) } }));
    for (const record of subscriptions) if (record.ephemeral) await this.#forget(record, gone);
    return gone.length;
  }

  async #unsettled(durable: readonly SubscriptionRecord[], messages: readonly Old[]): Promise<ReadonlySet<number>> {
    if (durable.length === 0 || messages.length === 0) return new Set();
    const { store } = this.#context;
    const ids = durable.flatMap(({ id }) => messages.map(({ q }) => pointerId(id, q)));
    const found = await store.attempt('look-up of old messages', () =>
      store.collection<PointerDocument>('cw_deliv').find({ _id: { $in: ids }, st: { $ne: pointerState.dead } }, { projection: { _id: 0, q: 1 }, batchSize: ids.length + 1 }).toArray());
    return new Set(found.map(({ q }) => q));
  }

  /** An ephemeral subscription holds nothing back, and is told how much it missed. What it has in hand it keeps. */
  async #forget({ id, ref }: SubscriptionRecord, gone: readonly Old[]): Promise<void> {
    const { store, report } = this.#context;
    const waiting: Filter<PointerDocument> = { _id: { $in: gone.map(({ q }) => pointerId(id, q)) }, st: { $ne: pointerState.dead }, $expr: { $or: [{ $eq: [{ $type: '$tok' }, 'missing'] }, { $lte: ['$at', '$$NOW'] }] } };
    const missed = await store.attempt('removal of old messages', async () => (await store.collection<PointerDocument>('cw_deliv').deleteMany(waiting)).deletedCount);
    if (missed > 0) report({ type: 'gap', subscription: ref, missed });
  }

  #position({ topic, subscriptions }: TopicOverview): Position {
    const position = this.#positions.get(topic.id) ?? { since: new Date(0), after: 0 };
    // Where nobody waits there is nothing to pass over.
    if (subscriptions.every(({ ephemeral }) => ephemeral)) Object.assign(position, { since: new Date(0), after: 0 });
    this.#positions.set(topic.id, position);
    return position;
  }
}
