import type { Invariant, Violation } from './violation.js';

/** What was acknowledged is, in every subscription of its topic, acked, dead-lettered or dropped with an event. */
export const noLoss: Invariant = {
  name: 'I1',
  says: 'no acknowledged publish is lost',
  check: ({ events, final, plan }, stories) => {
    const violations: Violation[] = [];
    if (final.drainedAt === undefined) return violations;
    for (const event of events) {
      if (event.kind !== 'publish-ok') continue;
      const topic = plan.publishes.find(({ messages }) => messages.some(({ n }) => n === event.ns[0]))?.topic;
      for (const [index, n] of event.ns.entries()) {
        const id = event.ids[index] ?? '';
        for (const { topic: of, name } of plan.subscriptions) {
          if (of !== topic) continue;
          const sub = `${of}/${name}`;
          const story = stories.storyOf(sub, id);
          const isDead = final.dead.get(sub)?.some((dead) => dead.id === id) === true;
          const fate = story?.gone.find(({ how }) => how !== 'dead-lettered' || isDead);
          if (fate === undefined) violations.push({ invariant: 'I1', at: event.at, n, text: `message ${n} (${id}) was acknowledged and is gone from ${sub}` });
        }
      }
    }
    return violations;
  },
};
