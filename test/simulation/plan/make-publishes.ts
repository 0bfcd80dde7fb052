import type { Chance } from '../random.js';
import type { MessagePlan, PublishPlan, SubscriptionPlan, Temper } from './plan.js';

/** Who publishes what and when. */
export function makePublishes(chance: Chance, subscriptions: readonly SubscriptionPlan[], clients: readonly string[], healAt: number): readonly PublishPlan[] {
  const topics = [...new Set(subscriptions.map(({ topic }) => topic))];
  const poisonous = chance.happens(0.25);
  const troubled = chance.pick(0, 0.1, 0.3);
  let n = 0;
  return Array.from({ length: chance.whole(4, 40) }, () => {
    const batch = chance.happens(0.25);
    const plan: PublishPlan = {
      at: chance.whole(5, healAt - 5),
      client: chance.pick(clients[0] ?? 'c1', ...clients.slice(1)),
      topic: chance.pick(topics[0] ?? 'orders', ...topics.slice(1)),
      batch,
      messages: Array.from({ length: batch ? chance.whole(2, 12) : 1 }, () => makeMessage(chance, (n += 1), troubled, poisonous)),
    };
    return plan;
  });
}

function makeMessage(chance: Chance, n: number, troubled: number, poisonous: boolean): MessagePlan {
  const delayMs = chance.happens(0.12) ? chance.whole(50, 4_000) : undefined;
  return {
    n,
    // What is scheduled gets its place when it is due: it has no key, so that the order of a key is that of its publishes.
    key: delayMs === undefined && chance.happens(0.6) ? chance.pick('a', 'a', 'b', 'c') : undefined,
    idempotencyKey: chance.happens(0.3) ? `id-${String(n)}` : undefined,
    delayMs,
    ttlMs: chance.happens(0.06) ? chance.whole(50, 3_000) : undefined,
    temper: makeTemper(chance, troubled, poisonous),
    workMs: chance.pick(0, chance.whole(1, 20), chance.whole(20, 120), chance.whole(100, 700)),
  };
}

function makeTemper(chance: Chance, troubled: number, poisonous: boolean): Temper {
  if (poisonous && chance.happens(0.04)) return { kind: 'poison' };
  if (!chance.happens(troubled)) return { kind: 'good' };
  return chance.pick<Temper>(
    { kind: 'fails', times: chance.whole(1, 2), throws: chance.happens(0.5) },
    { kind: 'fails', times: 100, throws: chance.happens(0.5) },
    { kind: 'dies' },
    { kind: 'later', delayMs: chance.whole(0, 900) },
    { kind: 'hangs' },
  );
}
