import { Disturbances } from './disturbances.js';
import type { RunRecord } from '../run.js';
import type { LeaseStory, MessageStory, Stories } from './stories.js';
import type { Invariant, Violation } from './violation.js';

/** How late an idle consumer may be served, ms. */
const slackMs = 20;

/** A claim that waits at the broker, of a consumer that holds nothing. */
interface Wait {
  readonly consumer: string;
  readonly from: number;
  to: number;
}

/** When a message became available for this delivery, in true time; undefined where that cannot be said. */
function availableSince({ storedAt, dueAt, leases, policy, storedB }: MessageStory, lease: LeaseStory): number | undefined {
  const before = leases[leases.indexOf(lease) - 1];
  // The broker's clock at the delivery tells how long ago a deadline was.
  const ago = (b: number): number => lease.at - (lease.leased.b - b);
  if (before === undefined) return dueAt === undefined ? storedAt : Math.max(ago(dueAt), storedAt);
  if (before.end === undefined) return undefined;
  if (before.end.kind === 'lapsed') return Math.max(ago(before.until), before.at);
  const { action, delayMs } = before.end.event;
  if (action !== 'retry') return before.end.at;
  const delays = policy.retryBackoffMs;
  const delay = delayMs ?? delays[Math.min(before.leased.count, delays.length) - 1] ?? 0;
  return storedB > 0 ? before.end.at + delay : undefined;
}

export const recovery: Invariant = {
  name: 'I10',
  says: 'what is available goes at once to a consumer that waits with empty hands: after a death, within the lease',
  check: (record, { messages, leases }) => {
    const violations: Violation[] = [];
    const disturbances = new Disturbances(record);
    const waits = idleWaits(record, leases);
    for (const story of messages) {
      // With an order a message may have to wait for those before it.
      if (story.policy.order !== 'none') continue;
      for (const lease of story.leases) {
        const since = availableSince(story, lease);
        if (since === undefined || lease.at - since <= slackMs || disturbances.brokerJumped(since - 10_000, lease.at)) continue;
        if (waits.get(story.sub)?.some(({ from, to }) => from <= since && to >= lease.at && to - since > slackMs) === true) violations.push({ invariant: 'I10', at: lease.at, n: story.n, text: `message ${story.n} in ${story.sub} was available for ${lease.at - since} ms while a consumer waited with empty hands` });
      }
    }
    return violations;
  },
};

function idleWaits({ events }: RunRecord, leases: Stories['leases']): ReadonlyMap<string, readonly Wait[]> {
  const waits = new Map<string, Wait[]>();
  const holding = new Map<string, number>();
  const open = new Map<string, Wait>();
  const count = (consumer: string, by: number): void => { holding.set(consumer, (holding.get(consumer) ?? 0) + by); };
  for (const event of events) {
    if (event.kind === 'leased') count(event.consumer, 1);
    else if (event.kind === 'settled') {
      const end = leases.get(event.lease)?.end;
      if (end?.kind === 'settled' && end.event === event) count(event.consumer, -1);
    } else if (event.kind === 'claim-waits' && (holding.get(event.consumer) ?? 0) === 0) {
      const wait = { consumer: event.consumer, from: event.at, to: Infinity };
      open.set(event.consumer, wait);
      const others = waits.get(event.sub);
      if (others === undefined) waits.set(event.sub, [wait]);
      else others.push(wait);
    } else if (event.kind === 'claim-over') {
      const wait = open.get(event.consumer);
      if (wait !== undefined) wait.to = event.at;
      open.delete(event.consumer);
    }
  }
  return waits;
}
