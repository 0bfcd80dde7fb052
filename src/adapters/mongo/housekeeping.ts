import type { TopicRef } from '../../port/names.js';
import type { CancelTimer } from '../../port/runtime.js';
import type { Context } from './context.js';
import type { Retention } from './publish/retention.js';
import type { Directory } from './topics/directory.js';
import { Janitor } from './topics/janitor.js';

const upkeepMs = 30_000;
/** Looking for remains reads whole indexes. */
const remainsMs = 3_600_000;

interface Watched {
  readonly ref: TopicRef;
  consumers: number;
  cancel: CancelTimer;
}

/** Looks after the topics that have consumers in this process, now and then. */
export class Housekeeping {
  readonly #context: Context;
  readonly #directory: Directory;
  readonly #retention: Retention;
  readonly #janitor: Janitor;
  readonly #watched: Map<string, Watched> = new Map();
  #remainsAt: number;

  constructor(context: Context, directory: Directory, retention: Retention) {
    this.#context = context;
    this.#directory = directory;
    this.#retention = retention;
    this.#janitor = new Janitor(context, directory);
    this.#remainsAt = context.runtime.now() + this.#soon(remainsMs);
  }

  /** From now on this process looks after a topic: it has consumers here. The returned function ends that. */
  watch(ref: TopicRef): () => void {
    const key = this.#context.keys.topicKey(ref);
    const watched = this.#watched.get(key) ?? { ref, consumers: 0, cancel: () => undefined };
    this.#watched.set(key, watched);
    if (watched.consumers++ === 0) this.#arm(watched);
    let isWatching = true;
    return () => {
      if (!isWatching) return;
      isWatching = false;
      if (--watched.consumers > 0) return;
      watched.cancel();
      this.#watched.delete(key);
    };
  }

  close(): void {
    for (const { cancel } of this.#watched.values()) cancel();
    this.#watched.clear();
  }

  #arm(watched: Watched): void {
    const { runtime } = this.#context;
    watched.cancel = runtime.at(runtime.now() + this.#soon(upkeepMs), () => {
      this.#arm(watched);
      // The next turn does what this one could not.
      this.#keep(watched.ref).catch(() => undefined);
    });
  }

  async #keep(ref: TopicRef): Promise<void> {
    const overview = await this.#directory.overview(ref);
    if (overview !== undefined) this.#retention.touch(ref, overview.topic.limits);
    await this.#janitor.sweep(ref);
    const now = this.#context.runtime.now();
    if (now < this.#remainsAt) return;
    this.#remainsAt = now + this.#soon(remainsMs);
    await this.#janitor.sweepRemains();
  }

  /** Not all processes at once. */
  #soon(ms: number): number {
    return Math.round(ms * (0.75 + this.#context.runtime.random() / 2));
  }
}
