import type { MessagePlan, Plan } from './plan.js';

/** For faults to be felt no more, ms. */
const graceMs = 20_000;
/** Between two attempts, ms: waits for a retry, for a new subscribe(), for a lease that nobody ends. */
const pauseMs = 1_500;
/** The longest that work which never ends is let run, ms. */
const longestMs = 4_500;

/** From the end of the faults on everything must be worked off in this time, ms: that of one hand that does it all, one by one, with every attempt. */
export function drainLimitMs({ publishes, subscriptions }: Plan): number {
  let limit = graceMs;
  for (const { topic, messages } of publishes) {
    for (const { topic: of, policy } of subscriptions) {
      if (of === topic) for (const message of messages) limit += attempts(message, policy.maxDeliveries) * ((message.temper.kind === 'hangs' ? longestMs : message.workMs) + pauseMs);
    }
  }
  return limit;
}

function attempts({ temper }: MessagePlan, maxDeliveries: number): number {
  return temper.kind === 'good' ? 2 : maxDeliveries;
}
