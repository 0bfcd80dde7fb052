import type { Plan } from './plan.js';

/** Whether a plan still fails in the way that is looked for. */
export type StillFails = (plan: Plan) => Promise<boolean>;

/**
 * A smaller plan that fails in the same way: takes away faults, messages, consumers and clients, many at a time and then one by
 * one, for as long as it still fails. At most `tries` runs.
 */
export async function shrink(plan: Plan, stillFails: StillFails, tries: number = 400): Promise<Plan> {
  let left = tries;
  let best = plan;
  const attempt = async (candidate: Plan): Promise<boolean> => {
    if (left === 0 || !isServed(candidate)) return false;
    left -= 1;
    if (!(await stillFails(candidate))) return false;
    best = candidate;
    return true;
  };
  for (let before: Plan | undefined; before !== best && left > 0;) {
    before = best;
    for (const lens of lenses) await thin(lens, () => best, attempt);
  }
  return best;
}

/** What nobody consumes is never worked off, which is no failure. */
function isServed({ subscriptions, clients }: Plan): boolean {
  return subscriptions.every(({ topic, name }) => clients.some(({ consumers }) => consumers.some((consumer) => consumer.topic === topic && consumer.subscription === name)));
}

/** One list in a plan. */
interface Lens {
  readonly length: (plan: Plan) => number;
  readonly keep: (plan: Plan, kept: (index: number) => boolean) => Plan;
}

const lenses: readonly Lens[] = [
  list((plan) => plan.clients, (plan, clients) => ({ ...plan, clients })),
  list((plan) => plan.publishes, (plan, publishes) => ({ ...plan, publishes })),
  list((plan) => plan.faults, (plan, faults) => ({ ...plan, faults })),
  list((plan) => plan.keyWrites, (plan, keyWrites) => ({ ...plan, keyWrites })),
  list((plan) => plan.subscriptions, (plan, subscriptions) => ({ ...plan, subscriptions, clients: plan.clients.map((client) => ({ ...client, consumers: client.consumers.filter(({ topic, subscription }) => subscriptions.some((kept) => kept.topic === topic && kept.name === subscription)) })) })),
  nested((plan) => plan.clients.map(({ consumers }) => consumers.length), (plan, kept) => ({ ...plan, clients: filtered(plan.clients, 'consumers', kept) })),
  nested((plan) => plan.publishes.map(({ messages }) => messages.length), (plan, kept) => ({ ...plan, publishes: filtered(plan.publishes, 'messages', kept).filter(({ messages }) => messages.length > 0) })),
];

function list<T>(items: (plan: Plan) => readonly T[], change: (plan: Plan, items: readonly T[]) => Plan): Lens {
  return { length: (plan) => items(plan).length, keep: (plan, kept) => change(plan, items(plan).filter((_item, index) => kept(index))) };
}

function nested(lengths: (plan: Plan) => readonly number[], keep: Lens['keep']): Lens {
  return { length: (plan) => lengths(plan).reduce((sum, length) => sum + length, 0), keep };
}

/** Keeps some of the inner items, numbered through. */
function filtered<Name extends string, Outer extends { readonly [K in Name]: readonly unknown[] }>(outers: readonly Outer[], name: Name, kept: (index: number) => boolean): readonly Outer[] {
  let index = 0;
  return outers.map((outer) => ({ ...outer, [name]: outer[name].filter(() => kept(index++)) }));
}

async function thin({ length, keep }: Lens, current: () => Plan, attempt: (plan: Plan) => Promise<boolean>): Promise<void> {
  for (let size = length(current()); size >= 1; size = Math.floor(size / 2)) {
    for (let from = 0; from < length(current());) {
      const start = from;
      if (!(await attempt(keep(current(), (index) => index < start || index >= start + size)))) from += size;
    }
  }
}
