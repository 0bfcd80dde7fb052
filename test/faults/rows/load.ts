import type { SubscriptionPolicy } from '../../../src/port/policy.js';
import type { Chance } from '../../simulation/random.js';
import type { ConsumePlan, FaultKind, FaultPlan, MemberPlan, Plan, PublishPlan } from '../stage/plan.js';

/** What is done while faults happen, where a row says nothing else: two publishers, two consumers of two subscriptions, shared values. */
export function load(chance: Chance, seed: number, faults: readonly FaultPlan[], more: Partial<Plan> = {}): Plan {
  return {
    seed,
    subscriptions: [
      { topic: 'orders', name: 'a', policy: policy(chance) },
      { topic: 'orders', name: 'k', policy: { ...policy(chance), order: chance.pick('key', 'key', 'strict') } },
    ],
    topics: {},
    members: [...publishers(chance), consumer(chance, 'c1', 'proxy'), consumer(chance, 'c2', 'direct'), sharer('w1', 'proxy', 20), sharer('w2', 'direct', 5)],
    faults,
    recoveryMs: 4_000,
    drainMs: 60_000,
    tailMs: 0,
    fatal: [],
    ...more,
  };
}

/** Leases are short, so that a run sees many ends of them. */
export function policy(chance: Chance, more: Partial<SubscriptionPolicy> = {}): SubscriptionPolicy {
  return {
    visibilityTimeoutMs: chance.pick(500, 700, 1_000),
    maxDeliveries: 8,
    retryBackoffMs: chance.pick([40], [30, 90], [20, 60, 150]),
    deadLetterEnabled: true,
    order: 'none',
    expired: 'dead-letter',
    ...more,
  };
}

export function publishers(chance: Chance, count = 40): readonly MemberPlan[] {
  return [
    publisher('p1', 'proxy', { from: 1, count, on: true, keys: chance.whole(3, 8), everyMs: chance.whole(18, 36), delayedEvery: chance.pick(0, 9) }),
    publisher('p2', 'direct', { from: 1_001, count: Math.ceil(count / 2), on: true, batch: chance.whole(2, 5), keys: chance.pick(0, 4), everyMs: chance.whole(150, 300) }),
  ];
}

export function publisher(name: string, line: MemberPlan['line'], plan: Partial<PublishPlan> & Pick<PublishPlan, 'from' | 'count'>, more: Partial<MemberPlan> = {}): MemberPlan {
  return { name, where: 'here', line, consumes: [], publishes: { topic: 'orders', everyMs: 8, batch: 1, keys: 5, repeats: true, delayedEvery: 0, ...plan }, ...more };
}

export function consumer(chance: Chance, name: string, line: MemberPlan['line'], more: Partial<MemberPlan> = {}, how: Partial<ConsumePlan> = {}): MemberPlan {
  return { name, where: 'here', line, consumes: ['a', 'k'].map((subscription) => ({ topic: 'orders', name: subscription, window: chance.pick(1, 4, 8, 16), concurrency: chance.whole(2, 8), workMs: chance.whole(5, 40), ...how })), ...more };
}

export function sharer(name: string, line: MemberPlan['line'], writes: number): MemberPlan {
  return { name, where: 'here', line, consumes: [], shares: [{ key: 'limit', watch: true, writes, everyMs: 60 }] };
}

/** A fault for everybody, after so many deliveries. */
export function fault(afterDeliveries: number, forMs: number, what: FaultKind, more: Partial<FaultPlan> = {}): FaultPlan {
  return { what, afterDeliveries, forMs, on: 'all', ...more };
}

/** One that befalls a member. */
export function befalls(member: string, afterDeliveries: number, kind: 'kill' | 'freeze' | 'dies', forMs = 0): FaultPlan {
  return { what: { kind, member }, afterDeliveries, forMs, on: member, ...(kind === 'freeze' ? {} : { hazard: 'process-crash' }) };
}

/** Members come and go in order: no fault, nothing is excused by it. */
export function moves(kind: 'start' | 'close' | 'terminate' | 'published', member: string, afterDeliveries = 0): FaultPlan {
  return { what: { kind, member }, afterDeliveries, forMs: 0, on: 'nobody' };
}

/** Several, each with its own chances. */
export function times(count: number, make: (index: number) => FaultPlan): readonly FaultPlan[] {
  return Array.from({ length: count }, (_, index) => make(index));
}
