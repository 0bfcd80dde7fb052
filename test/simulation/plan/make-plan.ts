import type { SubscriptionPolicy } from '../../../src/port/policy.js';
import { Chance, seedOf } from '../random.js';
import { makeFaults } from './make-faults.js';
import { makePublishes } from './make-publishes.js';
import type { ClientPlan, ConsumerPlan, KeyWritePlan, Plan, SubscriptionPlan } from './plan.js';

const keys = ['limit', 'mode'] as const;

/** The plan of a seed. Some seeds are quiet, so that what goes wrong without any fault is not excused by one. */
export function makePlan(seed: number): Plan {
  const chance = new Chance(seedOf(seed, 'plan'));
  const healAt = chance.whole(4_000, 15_000);
  const subscriptions = makeSubscriptions(chance);
  const names = Array.from({ length: chance.whole(1, 4) }, (_, index) => `c${String(index + 1)}`);
  const clients = names.map((name) => makeClient(chance, name, subscriptions));
  const quiet = chance.happens(0.15);
  return {
    seed,
    subscriptions,
    clients: everySubscriptionServed(chance, clients, subscriptions),
    publishes: makePublishes(chance, subscriptions, names, healAt),
    keyWrites: makeKeyWrites(chance, names, healAt),
    faults: quiet ? [] : makeFaults(chance, names, healAt),
    healAt,
  };
}

function makeSubscriptions(chance: Chance): readonly SubscriptionPlan[] {
  const topics = chance.happens(0.3) ? ['orders', 'mails'] : ['orders'];
  return topics.flatMap((topic) => Array.from({ length: chance.whole(1, 2) }, (_, index) => ({ topic, name: `s${String(index + 1)}`, policy: makePolicy(chance) })));
}

function makePolicy(chance: Chance): SubscriptionPolicy {
  return {
    visibilityTimeoutMs: chance.pick(200, 300, 500, 1_000, 2_000),
    maxDeliveries: chance.whole(2, 6),
    retryBackoffMs: chance.pick([0], [50], [20, 100, 400], [300, 900]),
    deadLetterEnabled: chance.happens(0.9),
    order: chance.pick('none', 'none', 'key', 'key', 'strict'),
    expired: chance.pick('dead-letter', 'drop'),
  };
}

function makeClient(chance: Chance, name: string, subscriptions: readonly SubscriptionPlan[]): ClientPlan {
  return {
    name,
    skewMs: chance.pick(0, 0, chance.whole(-3_000, 3_000), chance.whole(-3_600_000, 3_600_000)),
    latencyMs: chance.pick(0, 1, 5, 12),
    lingerMs: chance.pick(0, 0, 2, 5),
    consumers: subscriptions.flatMap((subscription) => Array.from({ length: chance.pick(0, 1, 1, 2) }, () => makeConsumer(chance, subscription))),
    watches: chance.happens(0.5) ? [...keys, 'counter'] : [],
  };
}

function makeConsumer(chance: Chance, { topic, name }: SubscriptionPlan): ConsumerPlan {
  const style = chance.pick('steady', 'steady', 'take', 'cycle', 'drain');
  return {
    topic,
    subscription: name,
    pipeline: chance.pick('policy', 'retry', 'dead', 'retry-dead'),
    window: chance.pick(1, 2, 5, 16, 32),
    concurrency: chance.pick(1, 2, 4, Infinity),
    style,
    every: style === 'take' ? chance.whole(1, 8) : chance.whole(style === 'cycle' ? 1_200 : 100, 3_000),
    // What is cancelled is given back with its attempt: work must have had its time before, or it would never be done.
    timeoutMs: style === 'cycle' ? 1_000 : chance.pick(undefined, 800, 1_500),
    maxLeaseMs: 4_000,
  };
}

/** What nobody consumes would never be worked off. */
function everySubscriptionServed(chance: Chance, clients: readonly ClientPlan[], subscriptions: readonly SubscriptionPlan[]): readonly ClientPlan[] {
  const [first, ...others] = clients;
  if (first === undefined) return clients;
  const served = (subscription: SubscriptionPlan): boolean => clients.some(({ consumers }) => consumers.some((consumer) => consumer.topic === subscription.topic && consumer.subscription === subscription.name));
  return [{ ...first, consumers: [...first.consumers, ...subscriptions.filter((subscription) => !served(subscription)).map((subscription) => makeConsumer(chance, subscription))] }, ...others];
}

function makeKeyWrites(chance: Chance, names: readonly string[], healAt: number): readonly KeyWritePlan[] {
  return Array.from({ length: chance.whole(0, 14) }, () => {
    const at = chance.whole(10, healAt - 10);
    const client = chance.pick(names[0] ?? 'c1', ...names.slice(1));
    if (chance.happens(0.35)) return { at, client, key: 'counter', action: 'update' } as const;
    return { at, client, key: chance.pick(...keys), action: chance.pick('set', 'set', 'set-ttl', 'del') } as const;
  });
}
