import { headersOf, payloadOf } from '../history/message-text.js';
import type { Invariant, Violation } from './violation.js';

export const nothingInvented: Invariant = {
  name: 'I2',
  says: 'nothing is delivered or dead that was not published, with body, headers and key as they were',
  check: ({ events, final, plan }, stories) => {
    const violations: Violation[] = [];
    const planned = new Map(plan.publishes.flatMap(({ messages }) => messages.map((message) => [message.n, message] as const)));
    const look = (where: string, at: number, sub: string, id: string, n: number, key: string | undefined, body: string, headers: string): void => {
      const message = planned.get(n);
      if (message === undefined || stories.storyOf(sub, id) === undefined) violations.push({ invariant: 'I2', at, n, text: `${where} of ${id} in ${sub}, which nobody published there` });
      else if (body !== JSON.stringify(payloadOf(n)) || headers !== JSON.stringify(headersOf(n)) || key !== message.key) violations.push({ invariant: 'I2', at, n, text: `${where} of message ${n} in ${sub} is not what was published` });
    };
    for (const event of events) if (event.kind === 'leased') look('a delivery', event.at, event.sub, event.id, event.n, event.key, event.body, event.headers);
    for (const [sub, records] of final.dead) for (const { id, body, headers, key } of records) look('a dead letter', Infinity, sub, id, Number(/^\{"n":(\d+),/.exec(body)?.[1]), key, body, headers);
    return violations;
  },
};
