import { isPossible, isTerminal } from './stories.js';
import type { Invariant } from './violation.js';

export const noLoss: Invariant = {
  name: 'I1',
  says: 'no acknowledged publish is lost: in every subscription it is acked, dead, dropped with an event, or still to come',
  check: ({ rules, events, end }, { publishes, storyOf }, say, excuses) => {
    const dropped = new Set(events.flatMap((event) => (event.kind === 'noticed' && event.what === 'dropped' ? [`${event.sub ?? ''} ${event.id ?? ''}`] : [])));
    for (const { item: { n }, topic, how, id, from, to } of publishes.values()) {
      if (how !== 'ok' || id === undefined || excuses.mayBeGone({ from, to })) continue;
      for (const { sub } of rules.subscriptions.filter((plan) => plan.topic === topic)) {
        const left = storyOf(sub, id)?.leases.some(({ settles }) => settles.some((settle) => isTerminal(settle) && isPossible(settle))) === true;
        const kept = end.dead[sub]?.some((dead) => dead.id === id) === true || end.available[sub]?.includes(id) === true || dropped.has(`${sub} ${id}`);
        if (!left && !kept) say(to, `message ${n} (${id}) was acknowledged and is gone from ${sub}`);
      }
    }
  },
};
