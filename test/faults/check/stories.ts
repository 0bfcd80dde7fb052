import type { SettleAction } from '../../../src/port/lease.js';
import type { ClaimedEvent, Ending, PublishItem, SettleResult, Stamp } from '../history/event.js';
import type { RunRecord, SubscriptionPlan } from './record.js';

/** One try to end a lease. */
export interface SettleStory {
  readonly action: SettleAction;
  readonly delayMs: number | undefined;
  readonly reason: string | undefined;
  readonly from: number;
  /** When the answer was there; Infinity: never. */
  to: number;
  how: Ending;
  result: SettleResult | undefined;
}

export interface LeaseStory {
  readonly claimed: ClaimedEvent & Stamp;
  /** Its end by the reckoning of who held it, as renewed. */
  until: number;
  readonly settles: SettleStory[];
}

export interface PublishStory {
  readonly item: PublishItem;
  readonly topic: string;
  readonly from: number;
  to: number;
  how: Ending;
  id: string | undefined;
}

/** One message in one subscription. */
export interface MessageStory {
  readonly plan: SubscriptionPlan;
  readonly id: string;
  readonly n: number;
  readonly publish: PublishStory | undefined;
  /** By their counts. */
  readonly leases: LeaseStory[];
}

export interface Stories {
  readonly publishes: ReadonlyMap<number, PublishStory>;
  readonly messages: readonly MessageStory[];
  readonly leases: ReadonlyMap<string, LeaseStory>;
  readonly storyOf: (sub: string, id: string) => MessageStory | undefined;
  /** Every id under which a message was seen. */
  readonly copies: ReadonlyMap<number, ReadonlySet<string>>;
}

export function tellStories(record: RunRecord): Stories {
  const publishes = tellPublishes(record);
  const leases = tellLeases(record);
  const stories = new Map<string, MessageStory>();
  const copies = new Map<number, Set<string>>();
  const seen = (n: number, id: string): void => { copies.set(n, (copies.get(n) ?? new Set()).add(id)); };
  for (const plan of record.rules.subscriptions) {
    for (const lease of leases.values()) {
      const { sub, id, n } = lease.claimed;
      if (sub !== plan.sub) continue;
      seen(n, id);
      const story = stories.get(`${sub} ${id}`) ?? { plan, id, n, publish: publishes.get(n), leases: [] };
      stories.set(`${sub} ${id}`, story);
      story.leases.push(lease);
    }
    for (const { n, id } of record.end.dead[plan.sub] ?? []) seen(n, id);
  }
  for (const texts of Object.values(record.end.retained)) {
    for (const [n = '', id = ''] of texts.map((text) => text.split(' '))) seen(Number(n), id);
  }
  const messages = [...stories.values()];
  for (const story of messages) story.leases.sort((a, b) => a.claimed.count - b.claimed.count || a.claimed.t - b.claimed.t);
  return { publishes, messages, leases, copies, storyOf: (sub, id) => stories.get(`${sub} ${id}`) };
}

function tellPublishes({ events }: RunRecord): ReadonlyMap<number, PublishStory> {
  const byNumber = new Map<number, PublishStory>();
  const byCall = new Map<string, PublishStory[]>();
  for (const event of events) {
    if (event.kind === 'publish') {
      // A resend belongs to the first.
      if (byCall.has(event.call)) continue;
      // Somebody else may take over what a process that died had published, under the same idempotency keys.
      const told = event.items.map((item): PublishStory => ({ item, topic: event.topic, from: Math.min(event.t, byNumber.get(item.n)?.from ?? Infinity), to: Infinity, how: 'info', id: undefined }));
      byCall.set(event.call, told);
      for (const story of told) byNumber.set(story.item.n, story);
    } else if (event.kind === 'publish-end') {
      byCall.get(event.call)?.forEach((story, index) => {
        story.to = event.t;
        story.how = event.how;
        story.id = event.ids[index];
      });
    }
  }
  return byNumber;
}

function tellLeases({ events }: RunRecord): ReadonlyMap<string, LeaseStory> {
  const leases = new Map<string, LeaseStory>();
  const settles = new Map<string, readonly (SettleStory | undefined)[]>();
  for (const event of events) {
    if (event.kind === 'claimed') leases.set(event.lease, { claimed: event, until: event.t + event.leftMs, settles: [] });
    else if (event.kind === 'renewed') {
      for (const name of event.leases) {
        const lease = leases.get(name);
        // One that is being settled is left to the answer of the settlement.
        if (lease?.settles.length === 0 && !event.lost.includes(name)) lease.until = Math.max(lease.until, event.t + event.leftMs);
      }
    } else if (event.kind === 'settle') {
      settles.set(event.op, event.items.map(({ lease, action, delayMs, reason }) => {
        const story: SettleStory = { action, delayMs, reason, from: event.t, to: Infinity, how: 'info', result: undefined };
        leases.get(lease)?.settles.push(story);
        return story;
      }));
    } else if (event.kind === 'settle-end') {
      settles.get(event.op)?.forEach((story, index) => {
        if (story === undefined) return;
        story.to = event.t;
        story.how = event.how;
        story.result = event.results[index];
      });
    }
  }
  return leases;
}

/** The backend said that it took effect. */
export function isEffective({ how, result }: SettleStory): boolean {
  return how === 'ok' && result !== 'lost' && result !== 'failed';
}

/** It may have taken effect. */
export function isPossible(settle: SettleStory): boolean {
  return settle.how !== 'ok' || isEffective(settle);
}

/** The message left its subscription by it. */
export function isTerminal({ action, result }: SettleStory): boolean {
  return action === 'ack' || action === 'dead-letter' || result === 'dead-lettered' || result === 'dropped';
}
