import type { TopicRef } from '../../../port/names.js';
import type { Context } from '../context.js';
import { documentFormat } from '../layout/message-codec.js';
import type { TopicDocument } from '../layout/topic-document.js';
import type { Directory } from '../topics/directory.js';
import { checkTopic } from '../topics/topic-record.js';
import type { Cargo } from './cargo.js';
import type { Duplicates } from './duplicates.js';

/** Where a cargo is to be stored: the topic with its subscriptions, as they were in the moment in which its sequence numbers were given. */
export interface Place {
  readonly topic: TopicDocument;
  readonly firstSeq: number;
}

/** Gives sequence numbers to messages, in one step with the look at who is to get them. */
export class Placing {
  readonly #context: Context;
  readonly #directory: Directory;
  readonly #duplicates: Duplicates;
  readonly #ref: TopicRef;
  readonly #key: string;
  /** As last seen. */
  #topic: Pick<TopicDocument, 'id' | 'limits'> | undefined = undefined;

  constructor(context: Context, directory: Directory, duplicates: Duplicates, ref: TopicRef) {
    this.#context = context;
    this.#directory = directory;
    this.#duplicates = duplicates;
    this.#ref = ref;
    this.#key = context.keys.topicKey(ref);
  }

  /** undefined: there is no room for certain, or there is nothing to store. Makes the topic where it is missing. */
  async place(cargo: Cargo, deadlineMs: number): Promise<Place | undefined> {
    const { names } = cargo;
    for (;;) {
      const known = names.length === 0 ? undefined : await this.#known(cargo, names, deadlineMs);
      if (cargo.fresh.length === 0) return undefined;
      const topic = await this.#take(cargo, deadlineMs);
      if (topic === undefined) {
        this.#topic = undefined;
        // Unless it is one that is not ours to touch.
        if ((await this.#directory.overview(this.#ref)) === undefined) await this.#directory.openTopic(this.#ref);
        continue;
      }
      this.#topic = topic;
      // It was made anew: what was known of the one before counts for nothing.
      if (known !== undefined && known !== topic.id) continue;
      return topic.took === 0 ? undefined : { topic, firstSeq: topic.seq - topic.took + 1 };
    }
  }

  /** The topic as it is now, for what was placed earlier. */
  async again(place: Place, deadlineMs: number): Promise<Place | undefined> {
    const { store } = this.#context;
    const topic = await store.attempt('publish to cw_topics', () => store.collection<TopicDocument>('cw_topics').findOne({ _id: this.#key, f: documentFormat, id: place.topic.id }), { deadlineMs });
    return topic === null ? undefined : { topic: { ...topic, clk: place.topic.clk }, firstSeq: place.firstSeq };
  }

  async #known(cargo: Cargo, names: readonly string[], deadlineMs: number): Promise<string> {
    const { id, limits } = this.#topic ?? (await this.#look());
    cargo.know(await this.#duplicates.find(id, limits.iw, names, deadlineMs));
    return id;
  }

  async #look(): Promise<Pick<TopicDocument, 'id' | 'limits'>> {
    const { store } = this.#context;
    for (;;) {
      await this.#directory.openTopic(this.#ref);
      const found = await store.attempt('publish to cw_topics', () => store.collection<TopicDocument>('cw_topics').findOne({ _id: this.#key, f: documentFormat }, { projection: { id: 1, limits: 1 } }));
      if (found !== null) return (this.#topic = found);
    }
  }

  async #take(cargo: Cargo, deadlineMs: number): Promise<TopicDocument | undefined> {
    const { store } = this.#context;
    const count = cargo.fresh.length;
    const need = cargo.needs(store.clock.now()).reduce((sum, one) => sum + one, 0);
    const ifFits = (amount: number): object => ({ $cond: [{ $gte: ['$room', need] }, amount, 0] });
    const taken = { seq: { $add: ['$seq', ifFits(count)] }, room: { $subtract: ['$room', ifFits(need)] }, took: ifFits(count), clk: { $max: ['$clk', '$$NOW'] } };
    // With majority: numbers that were rolled back would be given twice, and a primary that is none any more does not know the newest subscriptions.
    const after = await store.attempt('publish to cw_topics', () =>
      store.collection<TopicDocument>('cw_topics').findOneAndUpdate({ _id: this.#key, f: documentFormat }, [{ $set: taken }], { returnDocument: 'after' }), { deadlineMs });
    if (after !== null) checkTopic(this.#ref, after);
    return after ?? undefined;
  }
}
