import type { SubscriptionPolicy } from '../../../src/port/policy.js';
import type { HistoryEvent, LeasedEvent } from '../history/history.js';
import type { RunRecord } from '../run.js';

/** One lease as the broker saw it. */
export interface LeaseStory {
  readonly leased: LeasedEvent;
  readonly at: number;
  readonly seq: number;
  /** Its end, as renewed. */
  until: number;
  /** How it ended: the first settlement that was not `lost`; or it was taken away. undefined: it never ended. */
  end: LeaseEnd | undefined;
}

export type LeaseEnd =
  | { readonly kind: 'settled'; readonly at: number; readonly b: number; readonly seq: number; readonly event: SettledEvent }
  | { readonly kind: 'lapsed'; readonly at: number; readonly b: number; readonly seq: number };

export type SettledEvent = Extract<HistoryEvent, { kind: 'settled' }>;

/** How a message left a subscription. */
export interface Gone {
  readonly how: 'acked' | 'dead-lettered' | 'dropped';
  readonly reason: string;
  readonly count: number;
  readonly at: number;
  readonly seq: number;
  readonly b: number;
}

/** One message in one subscription. */
export interface MessageStory {
  readonly sub: string;
  readonly id: string;
  readonly n: number;
  readonly key: string | undefined;
  readonly policy: SubscriptionPolicy;
  readonly storedAt: number;
  readonly storedSeq: number;
  readonly storedB: number;
  readonly dueAt: number | undefined;
  readonly ttlMs: number | undefined;
  /** Place in the order of its topic; undefined for a scheduled message, which has none before it is due. */
  readonly place: number | undefined;
  readonly leases: LeaseStory[];
  /** Every way in which it was seen to leave; one, if all is well. */
  readonly gone: Gone[];
}

/** What happened, told message by message. */
export interface Stories {
  readonly messages: readonly MessageStory[];
  readonly leases: ReadonlyMap<string, LeaseStory>;
  /** Copies that were stored, by message number. */
  readonly copies: ReadonlyMap<number, ReadonlySet<string>>;
  readonly storyOf: (sub: string, id: string) => MessageStory | undefined;
}

export function tellStories({ plan, events }: RunRecord): Stories {
  const stories = new Map<string, MessageStory>();
  const leases = new Map<string, LeaseStory>();
  const copies = new Map<number, Set<string>>();
  let place = 0;
  for (const event of events) {
    switch (event.kind) {
      case 'stored':
        for (const { id, n, key, dueAt: promised, delayMs, ttlMs } of event.items) {
          const dueAt = delayMs === undefined ? promised : Math.max(promised ?? 0, event.b + delayMs);
          const known = copies.get(n) ?? new Set();
          copies.set(n, known);
          if (known.has(id)) continue;
          known.add(id);
          place += 1;
          for (const { topic, name, policy } of plan.subscriptions) {
            const sub = `${topic}/${name}`;
            if (topic === event.topic) stories.set(`${sub} ${id}`, { sub, id, n, key, policy, storedAt: event.at, storedSeq: event.seq, storedB: event.b, dueAt, ttlMs, place: dueAt === undefined ? place : undefined, leases: [], gone: [] });
          }
        }
        break;
      case 'leased': {
        const lease: LeaseStory = { leased: event, at: event.at, seq: event.seq, until: event.until, end: undefined };
        leases.set(event.lease, lease);
        const story = stories.get(`${event.sub} ${event.id}`);
        const before = story?.leases.at(-1);
        if (before !== undefined) before.end ??= { kind: 'lapsed', at: event.at, b: event.b, seq: event.seq };
        story?.leases.push(lease);
        break;
      }
      case 'renewed': {
        const lease = leases.get(event.lease);
        if (lease !== undefined) lease.until = event.until;
        break;
      }
      case 'settled': {
        const lease = leases.get(event.lease);
        if (lease === undefined || lease.end !== undefined || event.result === 'lost' || event.result === 'failed') break;
        lease.end = { kind: 'settled', at: event.at, b: event.b, seq: event.seq, event };
        if (event.action === 'ack') stories.get(`${event.sub} ${lease.leased.id}`)?.gone.push({ how: 'acked', reason: '', count: lease.leased.count, at: event.at, seq: event.seq, b: event.b });
        break;
      }
      case 'noticed': {
        const { event: seen } = event;
        if (seen.type !== 'dead-lettered' && seen.type !== 'dropped' && seen.type !== 'lease-lapsed') break;
        const story = stories.get(`${seen.subscription.topic}/${seen.subscription.subscription} ${seen.id}`);
        if (seen.type !== 'lease-lapsed') story?.gone.push({ how: seen.type, reason: seen.reason, count: seen.deliveryCount, at: event.at, seq: event.seq, b: event.b });
        else {
          const lease = story?.leases.at(-1);
          if (lease !== undefined) lease.end ??= { kind: 'lapsed', at: event.at, b: event.b, seq: event.seq };
        }
        break;
      }
      default:
    }
  }
  return { messages: [...stories.values()], leases, copies, storyOf: (sub, id) => stories.get(`${sub} ${id}`) };
}
