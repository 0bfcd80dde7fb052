import type { Hazard } from '../history/event.js';
import { consumer, fault, load, policy, publishers } from './load.js';
import { toDatabase } from './mongo-admin.js';
import { garbage, later } from './mongo-foreign.js';
import type { Row } from './row.js';
import { store } from './store.js';

/** What the consumers of a wiped store may end with; their applications subscribe again. */
const gone = ['SUBSCRIPTION_DELETED', 'SUBSCRIPTION_NOT_FOUND', 'TOPIC_NOT_FOUND'];

function dropped(id: string, what: string, command: object, hazard: Hazard, promise: string): Row {
  return {
    id,
    fault: `${what} is dropped, under its consumers`,
    promise,
    servers: 'single',
    seeds: 1,
    plan: (chance, seed) => {
      const subscriptions = [{ topic: 'orders', name: 'a', policy: policy(chance) }, { topic: 'orders', name: 'k', policy: policy(chance, { order: 'key' }) }];
      const named = (name: string, line: 'direct' | 'proxy'): ReturnType<typeof consumer> => {
        const member = consumer(chance, name, line);
        // A subscription that is gone comes back as its consumers name it.
        return { ...member, consumes: member.consumes.map((plan) => ({ ...plan, policy: subscriptions.find((one) => one.name === plan.name)?.policy })) };
      };
      return load(chance, seed, [fault(chance.whole(10, 50), 300, toDatabase(command), { hazard })], { fatal: gone, subscriptions, members: [...publishers(chance), named('c1', 'proxy'), named('c2', 'direct')] });
    },
  };
}

const anew = 'nobody hangs: the loss is said, topic and subscriptions come into being again, and what is published afterwards is consumed';
const goesOn = 'nobody hangs; what is published afterwards is consumed';

const alike = ['D7', 'B3'];

export const mongoStore: readonly Row[] = [
  dropped('D4-database', 'the database', { dropDatabase: 1 }, 'wiped', anew),
  dropped('D4-topics', 'the collection of topics', { drop: 'cw_topics' }, 'wiped', anew),
  dropped('D4-pointers', 'the collection of pointers', { drop: 'cw_deliv' }, 'wiped', goesOn),
  dropped('D4-holds', 'the collection of holds', { drop: 'cw_holds' }, 'group-lost', 'nothing is lost'),
  {
    id: 'B1',
    fault: 'documents that nobody can read, in the log and among the pointers',
    promise: 'they end as dead letters with that reason; the others are not disturbed, and nobody loops',
    servers: 'single',
    seeds: 1,
    plan: (chance, seed) => load(chance, seed, [fault(chance.whole(5, 30), 0, { kind: 'act', act: 'garbage' }, { on: 'nobody' })]),
    acts: { garbage },
  },
  {
    id: 'B2',
    fault: 'documents of a later format, in the log and in the description of a database; a database of somebody else',
    promise: 'messages are left as they are, and the others go on; such a database is refused',
    servers: 'single',
    seeds: 1,
    plan: (chance, seed) => load(chance, seed, [fault(chance.whole(5, 30), 0, { kind: 'act', act: 'later' }, { on: 'nobody' })]),
    acts: { later },
  },
  ...store.filter(({ id }) => alike.includes(id)),
];
