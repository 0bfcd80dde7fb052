import { NEVER } from 'rxjs';
import type { Collection } from 'mongodb';
import { Deliveries } from '../../../../src/adapters/mongo/delivery/attach.js';
import { Inspector } from '../../../../src/adapters/mongo/inspection/inspector.js';
import type { LogDocument } from '../../../../src/adapters/mongo/layout/log-document.js';
import { pointerId, seqOf } from '../../../../src/adapters/mongo/layout/ids.js';
import type { PointerDocument } from '../../../../src/adapters/mongo/layout/pointer-document.js';
import { convertOrder } from '../../../../src/adapters/mongo/order/convert.js';
import type { TopicOverview } from '../../../../src/adapters/mongo/topics/records.js';
import type { ConsumerLink } from '../../../../src/port/delivery-store.js';
import type { SubscriptionStats } from '../../../../src/port/inspection.js';
import type { Claimed, Settlement } from '../../../../src/port/lease.js';
import type { SubscriptionRef } from '../../../../src/port/names.js';
import { ask, openDesk, orders, type Desk, type DeskOptions } from '../topics/support.js';

export const billing: SubscriptionRef = { ...orders, subscription: 'billing' };
export const hour = 3_600_000;

export interface Consumer {
  take(max?: number): Promise<readonly Claimed[]>;
  end(action: Settlement['action'], claimed: readonly Claimed[], more?: Partial<Settlement>): Promise<void>;
}

/** A process that looks at the topic `orders`, with consumers. */
export interface Office extends Desk {
  readonly inspector: Inspector;
  readonly pointers: Collection<PointerDocument>;
  readonly log: Collection<LogDocument>;
  overview(): Promise<TopicOverview>;
  counts(name?: string): Promise<SubscriptionStats>;
  consumer(name?: string): Promise<Consumer>;
  /** Publishes without a publisher: fast. Answers the ids of the messages m0, m1, …; every subscription has pointers. */
  fill(count: number): Promise<string[]>;
  /** Changes pointers of `billing`, as settlements and claims do. */
  put(ids: readonly string[], change: object): Promise<void>;
}

export async function openOffice(options: DeskOptions = {}): Promise<Office> {
  const desk = await openDesk({ convertOrder: (context, { id }) => convertOrder(context, id), changed: (record) => { deliveries.changed(record); }, ...options });
  const { context, directory, retention } = desk;
  const deliveries = new Deliveries(context, directory);
  const inspector = new Inspector(context, directory, retention);
  const pointers = context.store.collection<PointerDocument>('cw_deliv');
  const log = context.store.collection<LogDocument>('cw_log');
  const overview = async (): Promise<TopicOverview> => {
    const found = await directory.overview(orders);
    if (found === undefined) throw new Error('there is no topic');
    return found;
  };
  return {
    ...desk,
    inspector,
    pointers,
    log,
    overview,
    counts: async (name = 'billing') => {
      const found = (await ask(inspector.stats(orders))).subscriptions.find((one) => one.name === name);
      if (found === undefined) throw new Error(`no counts of ${name}`);
      return found;
    },
    consumer: async (name = 'billing') => {
      const link: ConsumerLink = await ask(deliveries.attach({ ...orders, subscription: name }, { consumerId: context.runtime.newId(), consumerName: 'c' }));
      return {
        take: async (max = 10) => (await ask(link.claim({ max, until$: NEVER }))).deliveries,
        end: async (action, claimed, more = {}) => { await ask(link.settle(claimed.map(({ token }) => ({ token, action, ...more })))); },
      };
    },
    fill: async (count) => {
      const ids: string[] = [];
      for (let from = 0; from < count; from += 5_000) {
        const bodies = Array.from({ length: Math.min(5_000, count - from) }, (_, index) => `m${from + index}`);
        ids.push(...(await desk.publish(...bodies)).map(({ id }) => id));
      }
      return ids;
    },
    put: async (ids, change) => {
      const { topic, subscriptions } = await overview();
      const s = subscriptions.find(({ ref }) => ref.subscription === 'billing')?.id ?? '';
      await pointers.updateMany({ _id: { $in: ids.map((id) => pointerId(s, seqOf(topic.id, id) ?? 0)) } }, [{ $set: change }]);
    },
  };
}

/** Changes of pointers for {@link Office.put}. */
export const as = {
  leased: { at: { $add: ['$$NOW', hour] }, tok: 't', own: 'c', n: { $add: ['$n', 1] } },
  lapsed: { at: { $subtract: ['$$NOW', 1_000] }, tok: 't', n: { $add: ['$n', 1] } },
  delayed: { at: { $add: ['$$NOW', hour] }, n: { $add: ['$n', 1] } },
  parked: { st: 2 },
  dead: (reason: string, at: object | string = '$$NOW'): object => ({ st: 1, at, n: 1, b: 'dead', ts: '$$NOW', deaths: [{ at, n: 1, r: reason }] }),
} as const;
