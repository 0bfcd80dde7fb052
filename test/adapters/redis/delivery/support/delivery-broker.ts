import { defer, EMPTY, of, type Observable } from 'rxjs';
import { capabilities } from '../../../../../src/adapters/redis/capabilities.js';
import { Deliveries } from '../../../../../src/adapters/redis/delivery/attach.js';
import { peekDeadLetters } from '../../../../../src/adapters/redis/inspection/dead-letters.js';
import { peek } from '../../../../../src/adapters/redis/inspection/peek.js';
import { redrive } from '../../../../../src/adapters/redis/inspection/redrive.js';
import { topicStats } from '../../../../../src/adapters/redis/inspection/stats.js';
import { orderedLink } from '../../../../../src/adapters/redis/order/link.js';
import type { SubscriptionRecord } from '../../../../../src/adapters/redis/topics/records.js';
import { memoryBroker } from '../../../../../src/adapters/memory/index.js';
import type { Broker } from '../../../../../src/port/broker.js';
import type { SubscriptionRef, TopicRef } from '../../../../../src/port/names.js';
import { orderProcess } from '../../order/support/order-broker.js';

/** A broker of the rooms that deliveries need. */
export function deliveryBroker(port: number): Broker {
  const process = orderProcess(port);
  const { context, directory, mover, publisher, connection, events$ } = process;
  const deliveries = new Deliveries(context, directory, (record, consumer, owner) => orderedLink(context, directory, record.ref, record, consumer, owner), (ref) => mover.watch(ref));
  const { keys, watches } = memoryBroker();
  const found = async (ref: SubscriptionRef): Promise<SubscriptionRecord> => {
    const record = await directory.subscription(ref);
    if (record === undefined) throw new Error(`no subscription ${ref.subscription}`);
    return record;
  };
  return {
    name: 'redis deliveries',
    capabilities,
    durability: { promise: 'as configured', survives: [] },
    format: { writes: 1, reads: [1] },
    topics: directory,
    publisher,
    deliveries,
    inspection: {
      stats: (topic: TopicRef) => defer(async () => {
        const overview = await directory.overview(topic);
        if (overview === undefined) throw new Error('no topic');
        return topicStats(context, directory, topic, overview);
      }),
      peek: (ref, limit) => defer(async () => peek(context, directory, await found(ref), limit)),
      peekDeadLetters: (ref, limit) => defer(async () => peekDeadLetters(context, await found(ref), limit)),
      redrive: (request) => defer(async () => redrive(context, directory, await found(request.subscription), request)),
      purge: notBuilt,
      purgeDeadLetters: notBuilt,
      read: notBuilt,
      redeliver: notBuilt,
    },
    keys,
    watches,
    status$: of({ state: 'ready' }),
    events$,
    open: () => defer(() => connection.open()),
    close: () => defer(async () => {
      deliveries.close();
      mover.close();
      await connection.close();
    }),
  };
}

function notBuilt(): Observable<never> {
  return EMPTY;
}
