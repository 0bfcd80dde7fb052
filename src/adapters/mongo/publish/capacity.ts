import { ChronowError } from '../../../errors.js';
import type { TopicRef } from '../../../port/names.js';
import type { Context } from '../context.js';
import type { TopicDocument } from '../layout/topic-document.js';
import type { Directory } from '../topics/directory.js';
import type { TopicOverview } from '../topics/records.js';
import { DropOldest } from './drop-oldest.js';
import { fillingAt, measure, type Measured } from './measure.js';
import type { Retention } from './retention.js';

/** Whether messages fit, or how many would. */
export type Room = { readonly fits: true } | { readonly fits: false; readonly room: number; readonly error: ChronowError };

const rounds = 30;
/** Others publish in between: after so many rounds what was found is written all the same. */
const politeRounds = 3;

/** Finds out how much room a topic has, where the cheap count ran out. */
export class Capacity {
  readonly #context: Context;
  readonly #directory: Directory;
  readonly #retention: Retention;
  readonly #oldest: DropOldest;

  constructor(context: Context, directory: Directory, retention: Retention) {
    this.#context = context;
    this.#directory = directory;
    this.#retention = retention;
    this.#oldest = new DropOldest(context);
  }

  /** Where nobody waits for them the oldest settled messages go first; what waits goes where the topic is to drop it. Events: `topic-filling`, `dropped`. */
  async ask(ref: TopicRef, need: number): Promise<Room> {
    for (let round = 0; ; round++) {
      const overview = await this.#directory.overview(ref);
      // The publish finds that out for itself.
      if (overview === undefined) return { fits: true };
      const { maxStreamLen: bound, onFull } = overview.topic.limits;
      const measured = await measure(this.#context.store, overview, need);
      const excess = measured.held + need - bound;
      const mayDrop = measured.fullest !== undefined && onFull === 'dropOldest' && excess > 0;
      if (mayDrop && round < rounds && (await this.#oldest.drop(overview, excess)) > 0) continue;
      const fits = measured.fullest === undefined || mayDrop || excess <= 0;
      const room = await this.#roomOf(overview, measured, need, fits);
      if (!(await this.#write(overview, room, measured, need, round >= politeRounds))) continue;
      return fits ? { fits } : { fits, room: Math.max(0, bound - measured.held), error: topicFull(ref, measured, bound, need) };
    }
  }

  /** Drops what is over the bound, where a topic is to drop it: after a batch that is larger than that. */
  async trimToBound(ref: TopicRef): Promise<void> {
    await this.ask(ref, 0);
  }

  /** How many messages may be added before it is measured again. */
  async #roomOf(overview: TopicOverview, { total, held, scheduled, fullest }: Measured, need: number, fits: boolean): Promise<number> {
    const bound = overview.topic.limits.maxStreamLen;
    if (fullest === undefined) {
      const gone = total + need > bound ? await this.#retention.removeOldest(overview, total + need - bound) : 0;
      // A tenth above the bound, so that a large topic is not measured for every message.
      return Math.max(need, Math.floor(bound / 10), bound - total + gone);
    }
    if (!fits) return Math.max(0, bound - held);
    const mark = fillingAt(bound);
    const left = held + need >= mark ? bound - held : mark - 1 - held;
    // What is scheduled will need its room without asking.
    return Math.max(need, left - scheduled);
  }

  /** false: somebody published in between. */
  async #write({ topic }: TopicOverview, room: number, { held, fullest }: Measured, need: number, force: boolean): Promise<boolean> {
    const { store, keys, report } = this.#context;
    const { maxStreamLen } = topic.limits;
    const topics = store.collection<TopicDocument>('cw_topics');
    const own = { _id: keys.topicKey(topic.ref), id: topic.id };
    const isFilling = fullest !== undefined && held + need >= fillingAt(maxStreamLen) && held + need <= maxStreamLen;
    const isCalm = held < maxStreamLen * 0.7;
    const full = isFilling ? { full: true } : isCalm ? { full: false } : {};
    const before = await store.attempt('publish to cw_topics', () =>
      topics.findOneAndUpdate(force ? own : { ...own, seq: topic.seq }, { $set: { room, ...full } }, { returnDocument: 'before', projection: { full: 1 } }));
    if (before === null) return force;
    if (isFilling && before.full !== true) report({ type: 'topic-filling', topic: topic.ref, subscription: fullest.name, unsettled: fullest.unsettled + need, maxStreamLen });
    return true;
  }
}

function topicFull({ topic }: TopicRef, { held, fullest }: Measured, bound: number, need: number): ChronowError {
  const { name: subscription, unsettled } = fullest ?? { name: '', unsettled: 0 };
  return new ChronowError(
    'TOPIC_FULL',
    `topic "${topic}" holds ${held} of at most ${bound} unsettled messages, and ${need} more do not fit; most are left by subscription "${subscription}" (${unsettled}). Let it catch up, delete it, or raise maxStreamLen.`,
    { details: { topic, maxStreamLen: bound, subscription, unsettled }, retryable: true },
  );
}
