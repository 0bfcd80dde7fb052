import type { Observable } from 'rxjs';
import { ChronowError } from '../../../errors.js';
import type { ConsumerIdentity, ConsumerLink, DeliveryStore } from '../../../port/delivery-store.js';
import type { SubscriptionRef, TopicRef } from '../../../port/names.js';
import { once } from '../../common/once.js';
import { subscriptionNotFound } from '../../common/refusals.js';
import { within } from '../../common/within.js';
import type { Context } from '../context.js';
import type { SubscriptionRecord } from '../topics/records.js';
import { Desk } from './desk.js';
import { MongoLink } from './link.js';
import type { Records } from './records.js';

/** What else is done for a topic that has consumers in this process; the returned function ends it. */
export type LookAfter = (ref: TopicRef) => () => void;

/** Consumers of this process. */
export class Deliveries implements DeliveryStore {
  readonly #context: Context;
  readonly #records: Records;
  readonly #journal: () => boolean;
  readonly #lookAfter: LookAfter;
  readonly #desks: Map<string, Desk> = new Map();
  readonly #links: Set<MongoLink> = new Set();
  #isClosed = false;

  /** `journal`: whether claims are to be in the journal before they are answered; where watchers live in this process, they would wait for it. */
  constructor(context: Context, records: Records, journal: () => boolean = () => false, lookAfter: LookAfter = () => () => undefined) {
    this.#context = context;
    this.#records = records;
    this.#journal = journal;
    this.#lookAfter = lookAfter;
  }

  attach(ref: SubscriptionRef, consumer: ConsumerIdentity): Observable<ConsumerLink> {
    return once(async () => {
      this.#check();
      const record = await this.#records.subscription(ref);
      if (record === undefined || (record.ephemeral && !(await this.#records.seen(record, consumer.consumerId)))) throw subscriptionNotFound(ref);
      this.#check();
      const release = this.#lookAfter(ref);
      const link = new MongoLink(this.#desk(record), consumer, () => { this.#check(); }, () => {
        this.#links.delete(link);
        release();
      });
      this.#links.add(link);
      return link;
    });
  }

  /** This process changed a policy: consumers here know at once, those of others by their hints. */
  changed(record: SubscriptionRecord): void {
    this.#desks.get(record.id)?.adopt(record);
  }

  /** Claims under way answer with what they have; nothing more is claimed. Answers when they did, or a second later: a server that is silent keeps nobody. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await within(this.#context.runtime, 1_000, [...this.#links].map((link) => link.stop()));
    for (const desk of this.#desks.values()) desk.close();
    this.#desks.clear();
  }

  #desk(record: SubscriptionRecord): Desk {
    const known = this.#desks.get(record.id);
    if (known !== undefined && known.adopt(record)) return known;
    const desk = new Desk(this.#context, this.#records, record, this.#journal);
    desk.whenEmpty = () => { if (this.#desks.get(record.id) === desk) this.#desks.delete(record.id); };
    this.#desks.set(record.id, desk);
    return desk;
  }

  #check(): void {
    if (this.#isClosed) throw new ChronowError('CLOSED', 'the connection to MongoDB is closed; connect again.');
  }
}
