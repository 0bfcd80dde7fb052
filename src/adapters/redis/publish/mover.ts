import type { TopicRef } from '../../../port/names.js';
import { asList, asNumber } from '../connection/reply.js';
import type { Context } from '../context.js';
import { shardKeys } from '../layout/shard-keys.js';
import type { Directory } from '../topics/directory.js';
import { Janitor } from '../topics/janitor.js';
import { moveScheduledScript } from './publish-scripts.js';
import type { Retention } from './retention.js';

const page = 500;
/** How soon a process with consumers sees what another one has scheduled, and had no time to move. */
const lookMs = 5_000;
/** After a failure. */
const againMs = 1_000;
const upkeepMs = 30_000;

/** A topic that this process looks after. */
interface Watched {
  readonly ref: TopicRef;
  consumers: number;
  /** When it is looked at next, by our clock; Infinity: not at all. */
  at: number;
  upkeepAt: number;
  cancel: () => void;
}

/** Puts scheduled messages into their topics when they fall due. One timer a topic in this process. */
export class ScheduledMover {
  readonly #context: Context;
  readonly #directory: Directory;
  readonly #retention: Retention;
  readonly #janitor: Janitor;
  readonly #watched: Map<string, Watched> = new Map();
  #closed = false;

  constructor(context: Context, directory: Directory, retention: Retention) {
    this.#context = context;
    this.#directory = directory;
    this.#retention = retention;
    this.#janitor = new Janitor(context, directory);
  }

  /** From now on this process looks after a topic: it has consumers here. The returned function ends that. */
  watch(ref: TopicRef): () => void {
    const watched = this.#of(ref);
    watched.consumers++;
    this.#arm(watched, 0);
    let isWatching = true;
    return () => {
      if (isWatching) watched.consumers--;
      isWatching = false;
    };
  }

  /** A message of this process falls due in `inMs`. */
  expect(ref: TopicRef, inMs: number): void {
    this.#arm(this.#of(ref), inMs);
  }

  /** Moves what is due in one shard; answers the ms until the next one, or undefined. */
  async run(ref: TopicRef, shard: number): Promise<number | undefined> {
    const { topic, meta, scheduled, scheduledBody } = shardKeys(this.#context.keys, ref, shard);
    for (;;) {
      const reply = await this.#context.connection.run(moveScheduledScript, [topic, meta, scheduled, scheduledBody], [page]);
      const [moved = 0, next = -1] = asList(reply).map(asNumber);
      if (moved < page) return next < 0 ? undefined : next;
    }
  }

  close(): void {
    this.#closed = true;
    for (const watched of this.#watched.values()) watched.cancel();
    this.#watched.clear();
  }

  #of(ref: TopicRef): Watched {
    const key = this.#context.keys.topicKey(ref);
    const known = this.#watched.get(key);
    if (known !== undefined) return known;
    const watched: Watched = { ref, consumers: 0, at: Infinity, upkeepAt: this.#context.runtime.now() + upkeepMs, cancel: () => undefined };
    this.#watched.set(key, watched);
    return watched;
  }

  #arm(watched: Watched, inMs: number): void {
    const at = this.#context.runtime.now() + Math.max(0, Math.ceil(inMs));
    if (this.#closed || at >= watched.at) return;
    watched.cancel();
    watched.at = at;
    watched.cancel = this.#context.runtime.at(at, () => {
      watched.at = Infinity;
      this.#look(watched).then(
        (next) => { this.#again(watched, next); },
        () => { this.#arm(watched, againMs); },
      );
    });
  }

  #again(watched: Watched, next: number | undefined): void {
    if (watched.consumers > 0) this.#arm(watched, Math.min(next ?? lookMs, lookMs));
    else if (next !== undefined) this.#arm(watched, next);
    else if (watched.at === Infinity) this.#watched.delete(this.#context.keys.topicKey(watched.ref));
  }

  async #look(watched: Watched): Promise<number | undefined> {
    const topic = await this.#directory.topic(watched.ref);
    if (topic === undefined) return undefined;
    let next: number | undefined;
    for (let shard = 0; shard < topic.shardCount; shard++) {
      const due = await this.run(watched.ref, shard);
      if (due !== undefined && (next === undefined || due < next)) next = due;
      if (watched.consumers > 0) this.#retention.touch(watched.ref, shard, topic.limits.retentionMs);
    }
    if (watched.consumers > 0 && this.#context.runtime.now() >= watched.upkeepAt) {
      watched.upkeepAt = this.#context.runtime.now() + upkeepMs;
      await this.#janitor.sweep(watched.ref);
      for (let shard = 0; shard < topic.shardCount; shard++) await this.#retention.forgetSlots(watched.ref, shard);
    }
    return next;
  }
}
