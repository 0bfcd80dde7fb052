import { headersOf, payloadOf } from '../../simulation/history/message-text.js';
import type { DeadText } from './record.js';
import type { Invariant } from './violation.js';

export const nothingInvented: Invariant = {
  name: 'I2',
  says: 'nothing is delivered or dead that was not published to that topic, with body, headers and key as they were',
  check: ({ rules, end }, { publishes, leases }, say) => {
    const look = (t: number, what: string, sub: string, { id, n, key, body, headers }: Pick<DeadText, 'id' | 'n' | 'key' | 'body' | 'headers'>): void => {
      const publish = publishes.get(n);
      const topic = rules.subscriptions.find((plan) => plan.sub === sub)?.topic;
      if (publish === undefined || publish.topic !== topic || publish.from > t) say(t, `${what} of ${id} in ${sub}, which nobody published there`);
      else if (body !== JSON.stringify(payloadOf(n)) || headers !== JSON.stringify(headersOf(n)) || key !== publish.item.key) say(t, `${what} of message ${n} in ${sub} is not what was published`);
    };
    const foreign = new Set(Object.values(end.dead).flatMap((records) => records.filter(({ reason }) => reason === 'Undecodable').map(({ id }) => id)));
    for (const { claimed } of leases.values()) if (!foreign.has(claimed.id)) look(claimed.t, 'a delivery', claimed.sub, claimed);
    for (const [sub, records] of Object.entries(end.dead)) for (const dead of records) if (dead.reason !== 'Undecodable') look(Infinity, 'a dead letter', sub, dead);
  },
};
