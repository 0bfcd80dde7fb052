import { violationsOf } from '../check/invariants.js';
import type { Violation } from '../check/violation.js';
import type { Plan } from '../plan/plan.js';
import { shrink } from '../plan/shrink.js';
import { run, type Planted } from '../run.js';
import { timeline } from './timeline.js';

export function violationText({ invariant, at, text }: Violation): string {
  return `${invariant}${at === Infinity ? '' : ` at ${at.toFixed(0)}`}: ${text}`;
}

/** A failing plan, shrunken: what broke, what is left of the plan, and everything that happened. */
export async function explain(plan: Plan, planted?: Planted): Promise<readonly string[]> {
  const first = violationsOf(await run(plan, planted))[0];
  if (first === undefined) return ['nothing is broken'];
  const small = await shrink(plan, async (candidate) => violationsOf(await run(candidate, planted)).some(({ invariant }) => invariant === first.invariant));
  const record = await run(small, planted);
  return [
    ...small.subscriptions.map(({ topic, name, policy }) => `subscription ${topic}/${name}: ${JSON.stringify(policy)}`),
    ...small.clients.map(({ name, consumers, ...client }) => `client ${name}: ${JSON.stringify(client)}${consumers.map((consumer) => `\n  consumes ${JSON.stringify(consumer)}`).join('')}`),
    ...small.publishes.flatMap(({ messages }) => messages.map((message) => `message ${JSON.stringify(message)}`)),
    ...timeline(record.events),
    ...violationsOf(record).map(violationText),
  ];
}
