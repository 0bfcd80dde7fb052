import type { Db } from 'mongodb';
import type { CancelTimer, Runtime } from '../../../port/runtime.js';
import { backoffDelay, type Backoff } from '../../../retry/backoff.js';
import type { Feed, FeedEvents } from './feed.js';
import type { KeyFilter } from './hints.js';
import { rangeOf, type StreamFilter } from './stream-filter.js';

export interface PollParts {
  readonly runtime: Runtime;
  readonly db: () => Db;
  readonly pollMs: number;
  readonly wanted: () => StreamFilter;
  readonly keyFilters: () => readonly KeyFilter[];
  readonly events: FeedEvents;
}

/** What was seen of a topic. */
interface Looked {
  readonly seq: number;
  readonly poke: string;
}

/**
 * Hints where there is no change stream: looks from time to time, soon again where something moved. Every look is a hint for every topic (what is due is known
 * only to who claims); keys are told by their revisions.
 */
export class PollLoop implements Feed {
  readonly #parts: PollParts;
  readonly #backoff: Backoff;
  readonly #revisions = new Map<string, number>();
  readonly #topics = new Map<string, Looked>();
  #isLive = false;
  #quiet = 0;
  #isStopped = false;
  #cancel: CancelTimer | undefined = undefined;
  #looking: Promise<void> = Promise.resolve();
  #covered = '';

  constructor(parts: PollParts) {
    this.#parts = parts;
    this.#backoff = { initialMs: 50, maxMs: parts.pollMs, factor: 2, jitter: 'none' };
    this.#soon(0);
  }

  widen(): void {
    this.#quiet = 0;
    this.#soon(0);
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancel?.();
    await this.#looking;
  }

  #soon(ms: number): void {
    const { runtime } = this.#parts;
    this.#cancel?.();
    this.#cancel = runtime.at(runtime.now() + ms, () => { this.#looking = this.#looking.then(() => this.#look()); });
  }

  async #look(): Promise<void> {
    if (this.#isStopped) return;
    const { events, wanted, keyFilters } = this.#parts;
    const filter = wanted();
    const keys = keyFilters();
    try {
      const { moved: topicsMoved, changed } = await this.#lookAtTopics(filter);
      const moved = [topicsMoved, await this.#lookAtKeys(keys)];
      if (this.#stopped()) return;
      // Whoever came since the last look is told with this one.
      const covered = JSON.stringify([[...filter.topics], keys]);
      if (!this.#isLive || covered !== this.#covered) events.live(undefined, !this.#isLive, filter);
      this.#isLive = true;
      this.#covered = covered;
      for (const id of filter.topics) events.event({ kind: 'topic', id, isChange: changed.has(id) });
      this.#quiet = moved.includes(true) ? 0 : this.#quiet + 1;
    } catch {
      if (this.#isLive) events.stale();
      this.#isLive = false;
      this.#quiet += 1;
    }
    if (!this.#stopped()) this.#soon(this.#quiet === 0 ? 50 : backoffDelay(this.#backoff, this.#quiet, () => 0));
  }

  /** A poke may hide an earlier one: any of them may mean that a record changed. */
  async #lookAtTopics({ topics }: StreamFilter): Promise<{ readonly moved: boolean; readonly changed: ReadonlySet<string> }> {
    const changed = new Set<string>();
    if (topics.size === 0) return { moved: false, changed };
    const found = await this.#parts.db().collection('cw_topics').find({ id: { $in: [...topics] } }, { projection: { _id: 0, id: 1, seq: 1, poke: 1 } }).toArray();
    let moved = false;
    for (const topic of found) {
      const id = String(topic['id']);
      const seen: Looked = { seq: Number(topic['seq']), poke: String(topic['poke']) };
      const before = this.#topics.get(id);
      if (before?.seq !== seen.seq || before.poke !== seen.poke) moved = true;
      if (before !== undefined && before.poke !== seen.poke) changed.add(id);
      this.#topics.set(id, seen);
    }
    return { moved, changed };
  }

  async #lookAtKeys(filters: readonly KeyFilter[]): Promise<boolean> {
    const kv = this.#parts.db().collection<{ readonly _id: string; readonly v: number }>('cw_kv');
    const ids = filters.flatMap((filter) => ('id' in filter ? [filter.id] : []));
    const ranges = filters.flatMap((filter) => ('prefix' in filter ? [{ _id: rangeOf(filter.prefix) }] : []));
    const queries = [...(ids.length === 0 ? [] : [{ _id: { $in: ids } }]), ...ranges];
    const found = new Map<string, number>();
    for (const query of queries) for (const { _id, v } of await kv.find(query, { projection: { v: 1 }, readConcern: 'majority' }).toArray()) found.set(_id, v);
    return this.#tell(found);
  }

  #tell(found: ReadonlyMap<string, number>): boolean {
    const { events } = this.#parts;
    const before = this.#isLive ? [...this.#revisions] : [];
    const gone = before.filter(([id]) => !found.has(id));
    const changed = this.#isLive ? [...found].filter(([id, revision]) => this.#revisions.get(id) !== revision) : [];
    this.#revisions.clear();
    for (const [id, revision] of found) this.#revisions.set(id, revision);
    for (const [id] of gone) events.event({ kind: 'delete', id, at: undefined });
    for (const [id] of changed) events.event({ kind: 'change', id, at: undefined });
    return gone.length + changed.length > 0;
  }

  #stopped(): boolean {
    return this.#isStopped;
  }
}
