import { map } from 'rxjs';
import type { Observable } from 'rxjs';
import type { Broker } from '../../../src/port/broker.js';
import type { ConsumerLink } from '../../../src/port/delivery-store.js';
import { over } from './over.js';

/** What happens to a call and its answer on the way. */
export type Way = <T>(call: Observable<T>) => Observable<T>;

/** Sends every call of a broker over the same way, watches too. */
export function callsOver(broker: Broker, wait: Way): Broker {
  const { topics, publisher, deliveries, inspection, keys, watches } = broker;
  const wrapLink = (link: ConsumerLink): ConsumerLink =>
    over(link, {
      claim: (request) => wait(link.claim(request)),
      settle: (settlements) => wait(link.settle(settlements)),
      renew: (tokens) => wait(link.renew(tokens)),
      detach: () => wait(link.detach()),
    });
  return over(broker, {
    open: () => wait(broker.open()),
    close: () => wait(broker.close()),
    topics: {
      ensureTopic: (request) => wait(topics.ensureTopic(request)),
      findTopic: (ref) => wait(topics.findTopic(ref)),
      listTopics: (scope) => wait(topics.listTopics(scope)),
      deleteTopic: (ref) => wait(topics.deleteTopic(ref)),
      ensureSubscription: (request) => wait(topics.ensureSubscription(request)),
      findSubscription: (ref) => wait(topics.findSubscription(ref)),
      listSubscriptions: (ref) => wait(topics.listSubscriptions(ref)),
      deleteSubscription: (ref) => wait(topics.deleteSubscription(ref)),
    },
    publisher: { publish: (batch) => wait(publisher.publish(batch)), cancelScheduled: (topic, id) => wait(publisher.cancelScheduled(topic, id)) },
    deliveries: { attach: (ref, consumer) => wait(deliveries.attach(ref, consumer)).pipe(map(wrapLink)) },
    inspection: {
      stats: (topic) => wait(inspection.stats(topic)),
      peek: (ref, limit) => wait(inspection.peek(ref, limit)),
      purge: (topic) => wait(inspection.purge(topic)),
      peekDeadLetters: (ref, limit) => wait(inspection.peekDeadLetters(ref, limit)),
      purgeDeadLetters: (ref) => wait(inspection.purgeDeadLetters(ref)),
      redrive: (request) => wait(inspection.redrive(request)),
      read: (range) => wait(inspection.read(range)),
      redeliver: (ref, ids) => wait(inspection.redeliver(ref, ids)),
      restore: (ref, messages) => wait(inspection.restore(ref, messages)),
    },
    keys: {
      get: (key) => wait(keys.get(key)),
      set: (write) => wait(keys.set(write)),
      del: (request) => wait(keys.del(request)),
      expire: (key, ttlMs) => wait(keys.expire(key, ttlMs)),
      history: (key, limit) => wait(keys.history(key, limit)),
    },
    watches: { watchKey: (key) => wait(watches.watchKey(key)), watchPrefix: (scope, prefix) => wait(watches.watchPrefix(scope, prefix)) },
  });
}
