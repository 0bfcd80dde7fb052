import type { Servers } from '../backend/backend.js';
import type { Rules } from '../check/record.js';
import { subName, topicName } from './message.js';
import type { Plan } from './plan.js';

/** How long close() may take, ms. */
export const closeMs = 6_000;

export function rulesOf({ subscriptions, tailMs, recoveryMs, fatal, promptMs }: Plan, { durability }: Servers): Rules {
  return {
    subscriptions: subscriptions.map(({ tenantId, topic, name, policy }) => ({ sub: subName(tenantId, topic, name), topic: topicName(tenantId, topic), policy })),
    durability,
    tailMs,
    recoveryMs,
    closeMs,
    fatal,
    promptMs,
  };
}
