import type { TopicRef } from '../../../port/names.js';
import type { Context } from '../context.js';
import { documentFormat } from '../layout/message-codec.js';
import type { TopicDocument } from '../layout/topic-document.js';
import type { Directory } from '../topics/directory.js';
import { checkTopic } from '../topics/topic-record.js';
import type { Cargo } from './cargo.js';
import type { Duplicates } from './duplicates.js';
import { isOrdered, type Place } from './place.js';

/** Numbers that a lost primary may have given alone are left out: more than it can have given before it was lost. */
const leftOut = 2 ** 30;

/** What a topic was when numbers of it were given and confirmed by the majority. */
interface Sure {
  readonly id: string;
  readonly election: string;
  readonly isOrdered: boolean;
}

interface Given {
  readonly topic: TopicDocument;
  readonly election: string | undefined;
  readonly isSure: boolean;
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
  #sure: Sure | undefined = undefined;

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
      const given = await this.#take(cargo, deadlineMs);
      if (given === undefined) {
        this.#topic = undefined;
        // Unless it is one that is not ours to touch.
        if ((await this.#directory.overview(this.#ref)) === undefined) await this.#directory.openTopic(this.#ref);
        continue;
      }
      const { topic, election, isSure } = given;
      this.#topic = topic;
      // Nobody used these numbers, so nobody misses them.
      if (!this.#counts(given)) continue;
      // It was made anew: what was known of the one before counts for nothing.
      if (known !== undefined && known !== topic.id) continue;
      return topic.took === 0 ? undefined : { topic, firstSeq: topic.seq - topic.took + 1, election: isSure ? undefined : election };
    }
  }

  /**
   * The same place, confirmed by the majority: whoever is the primary now knows of the numbers, and we of the subscriptions that came meanwhile. What room
   * it needs is found out by the next publish. undefined: the topic is gone.
   */
  async secure({ topic, firstSeq }: Place, deadlineMs: number): Promise<Place | undefined> {
    const { store } = this.#context;
    const taken = { seq: { $max: ['$seq', firstSeq + topic.took - 1] }, clk: { $max: ['$clk', topic.clk] }, room: 0 };
    const after = await store.attempt('publish to cw_topics', () =>
      store.collection<TopicDocument>('cw_topics').findOneAndUpdate({ _id: this.#key, f: documentFormat, id: topic.id }, [{ $set: taken }], { returnDocument: 'after' }), { deadlineMs });
    return after === null ? undefined : { topic: { ...after, clk: topic.clk, took: topic.took }, firstSeq, election: undefined };
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

  async #take(cargo: Cargo, deadlineMs: number): Promise<Given | undefined> {
    const { store } = this.#context;
    const count = cargo.fresh.length;
    const need = cargo.needs(store.clock.now()).reduce((sum, one) => sum + one, 0);
    const ifFits = (amount: number): object => ({ $cond: [{ $gte: ['$room', need] }, amount, 0] });
    const given = await store.attempt('publish to cw_topics', async () => {
      const election = store.election();
      const isSure = this.#isToBeSure(election);
      const taken = { ...(isSure ? sureNumbers(ifFits(count), election) : numbers(ifFits(count))), room: { $subtract: ['$room', ifFits(need)] }, took: ifFits(count), clk: { $max: ['$clk', '$$NOW'] } };
      const topic = await store.collection<TopicDocument>('cw_topics').findOneAndUpdate({ _id: this.#key, f: documentFormat }, [{ $set: taken }], { returnDocument: 'after', ...(isSure ? {} : { writeConcern: { w: 1 } }) });
      return topic === null ? undefined : { topic, election, isSure };
    }, { deadlineMs });
    if (given !== undefined) checkTopic(this.#ref, given.topic);
    return given;
  }

  /**
   * The majority confirms the first numbers of an election, and with them that those of a lost primary were left out. Later ones need not be waited for: the
   * majority confirms them together with the documents. Where an order is kept, they are: what a primary gives that is none any more may stand before what others
   * were told is published.
   */
  #isToBeSure(election: string | undefined): boolean {
    return election === undefined || this.#sure?.election !== election || this.#sure.isOrdered;
  }

  /** Not where there was an election meanwhile, or where it is not sure yet that numbers of a lost primary were left out: the topic was made anew, or somebody thought of another election. */
  #counts({ topic, election, isSure }: Given): boolean {
    const isOurs = isSure || (this.#sure?.id === topic.id && topic.e === election);
    if (!isOurs || election !== this.#context.store.election()) {
      this.#sure = undefined;
      return false;
    }
    if (election !== undefined) this.#sure = { id: topic.id, election, isOrdered: isOrdered(topic) };
    return true;
  }
}

/** `count`: an expression. */
function numbers(count: object): object {
  return { seq: { $add: ['$seq', count] } };
}

function sureNumbers(count: object, election: string | undefined): object {
  if (election === undefined) return numbers(count);
  const hole = { $cond: [{ $or: [{ $eq: ['$seq', 0] }, { $eq: ['$e', election] }] }, 0, leftOut] };
  return { seq: { $add: ['$seq', hole, count] }, e: election };
}
