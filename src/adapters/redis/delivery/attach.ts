import type { Observable } from 'rxjs';
import { ChronowError } from '../../../errors.js';
import type { ConsumerIdentity, ConsumerLink, DeliveryStore } from '../../../port/delivery-store.js';
import type { SubscriptionRef, TopicRef } from '../../../port/names.js';
import { once } from '../../common/once.js';
import { within } from '../../common/within.js';
import type { Context } from '../context.js';
import type { SubscriptionRecord } from '../topics/records.js';
import { subscriptionNotFound } from '../topics/refusals.js';
import { Desk, type Records } from './desk.js';
import type { InnerLink } from './inner-link.js';
import { UnorderedLink } from './link.js';
import { PolicyNews } from './policy-news.js';
import { SwitchingLink } from './switching-link.js';

/** Opens a line to a subscription that keeps an order; `owner` is who its leases belong to. */
export type OpenOrdered = (record: SubscriptionRecord, consumer: ConsumerIdentity, owner: object) => Promise<InnerLink>;

/** What else is done for a topic that has consumers in this process; the returned function ends it. */
export type LookAfter = (ref: TopicRef) => () => void;

/** Consumers of this process. */
export class Deliveries implements DeliveryStore {
  readonly #context: Context;
  readonly #records: Records;
  readonly #openOrdered: OpenOrdered;
  readonly #lookAfter: LookAfter;
  readonly #news: PolicyNews;
  readonly #desks: Map<string, Desk> = new Map();
  readonly #links: Set<SwitchingLink> = new Set();
  #isClosed = false;

  constructor(context: Context, records: Records, openOrdered: OpenOrdered, lookAfter: LookAfter) {
    this.#context = context;
    this.#records = records;
    this.#openOrdered = openOrdered;
    this.#lookAfter = lookAfter;
    this.#news = new PolicyNews(context, records);
  }

  attach(ref: SubscriptionRef, consumer: ConsumerIdentity): Observable<ConsumerLink> {
    return once(async () => {
      this.#check();
      const record = await this.#records.subscription(ref);
      if (record === undefined) throw subscriptionNotFound(ref);
      const link = new SwitchingLink({
        ref,
        open: (found, owner, isSwitch) => this.#open(found, consumer, owner, isSwitch),
        find: () => this.#records.subscription(ref),
        release: this.#lookAfter(ref),
        ended: () => {
          this.#links.delete(link);
          stopListening();
        },
        check: () => { this.#check(); },
      });
      const stopListening = this.#news.listen(ref, link);
      this.#links.add(link);
      try {
        await link.open(record);
      } catch (error) {
        link.abandon();
        throw error;
      }
      return link;
    });
  }

  /** This process changed a policy: consumers here know at once, those of others by the channel of the topic. */
  changed(record: SubscriptionRecord): void {
    this.#news.changed(record);
  }

  /** Claims under way answer with what they have; nothing more is claimed. Answers when they did, or a second later: a server that is silent keeps nobody. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await within(this.#context.runtime, 1_000, [...this.#links].map((link) => link.stop()));
    for (const desk of this.#desks.values()) desk.close();
    this.#desks.clear();
  }

  async #open(record: SubscriptionRecord, consumer: ConsumerIdentity, owner: object, isSwitch: boolean): Promise<InnerLink> {
    if (record.policy.order !== 'none') return this.#openOrdered(record, consumer, owner);
    const link = new UnorderedLink(this.#desk(record), consumer, owner);
    try {
      await link.enter(isSwitch);
    } catch (error) {
      link.retire();
      throw error;
    }
    return link;
  }

  #desk(record: SubscriptionRecord): Desk {
    const name = `${this.#context.keys.topicKey(record.ref)} ${record.group}`;
    const known = this.#desks.get(name);
    if (known !== undefined && known.isFor(record)) return known;
    const desk = new Desk(this.#context, this.#records, record);
    desk.whenEmpty = () => { if (this.#desks.get(name) === desk) this.#desks.delete(name); };
    this.#desks.set(name, desk);
    return desk;
  }

  #check(): void {
    if (this.#isClosed) throw new ChronowError('CLOSED', 'the connection to Redis is closed; connect again.');
  }
}
