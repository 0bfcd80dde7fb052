import { Observable } from 'rxjs';
import type { Broker } from '../../../src/port/broker.js';
import type { ConsumerLink } from '../../../src/port/delivery-store.js';
import type { Runtime } from '../../../src/port/runtime.js';
import { over } from './over.js';

/** Moves every answer of a call one turn later, as any backend behind a network does. */
function late<T>(runtime: Runtime, source: Observable<T>): Observable<T> {
  return new Observable<T>((subscriber) =>
    source.subscribe({
      next: (value) => runtime.soon(() => subscriber.next(value)),
      error: (error: unknown) => runtime.soon(() => subscriber.error(error)),
      complete: () => runtime.soon(() => subscriber.complete()),
    }),
  );
}

/** A broker of which nothing answers within subscribe. */
export function lateBroker(broker: Broker, runtime: Runtime): Broker {
  const { topics, publisher, deliveries, inspection, keys, watches } = broker;
  const wait = <T>(source: Observable<T>): Observable<T> => late(runtime, source);
  const lateLink = (link: ConsumerLink): ConsumerLink =>
    over(link, {
      claim: (request) => wait(link.claim(request)),
      settle: (settlements) => wait(link.settle(settlements)),
      renew: (tokens) => wait(link.renew(tokens)),
      detach: () => wait(link.detach()),
    });
  return over(broker, {
    capabilities: { ...broker.capabilities, synchronous: false },
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
    deliveries: {
      attach: (ref, consumer) =>
        new Observable((subscriber) =>
          wait(deliveries.attach(ref, consumer)).subscribe({
            next: (link) => subscriber.next(lateLink(link)),
            error: (error: unknown) => subscriber.error(error),
            complete: () => subscriber.complete(),
          }),
        ),
    },
    inspection: {
      stats: (topic) => wait(inspection.stats(topic)),
      peek: (ref, limit) => wait(inspection.peek(ref, limit)),
      purge: (topic) => wait(inspection.purge(topic)),
      peekDeadLetters: (ref, limit) => wait(inspection.peekDeadLetters(ref, limit)),
      purgeDeadLetters: (ref) => wait(inspection.purgeDeadLetters(ref)),
      redrive: (request) => wait(inspection.redrive(request)),
      read: (range) => wait(inspection.read(range)),
      redeliver: (ref, ids) => wait(inspection.redeliver(ref, ids)),
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
