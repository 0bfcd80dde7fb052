import { BehaviorSubject, Observable, map, of, tap } from 'rxjs';
import type { Broker } from '../../../src/port/broker.js';
import type { ConsumerLink } from '../../../src/port/delivery-store.js';
import type { LinkStatus } from '../../../src/port/events.js';
import { over } from '../../conformance/support/over.js';
import type { History } from '../history/history.js';
import { subName } from '../history/server-tap.js';
import type { Line } from './line.js';
import { LineLink } from './line-link.js';
import { watchOver } from './watch-line.js';

function closeAgain(link: ConsumerLink): void {
  link.detach().subscribe();
}

/** A broker at the far end of a line, as one process sees it. */
export function lineBroker(broker: Broker, line: Line, lingerMs: number, brokerNow: () => number, history: History): Broker {
  const { topics, publisher, deliveries, inspection, keys, watches } = broker;
  const send = <T>(op: string, call: Observable<T>): Observable<T> => line.send(op, call);
  const status$ = new BehaviorSubject<LinkStatus>({ state: 'ready' });
  return over(broker, {
    capabilities: { ...broker.capabilities, shared: true, synchronous: false, claimLingerMs: lingerMs, settleLingerMs: lingerMs },
    topics: {
      ensureTopic: (request) => send('ensureTopic', topics.ensureTopic(request)),
      findTopic: (ref) => send('findTopic', topics.findTopic(ref)),
      listTopics: (scope) => send('listTopics', topics.listTopics(scope)),
      deleteTopic: (ref) => send('deleteTopic', topics.deleteTopic(ref)),
      ensureSubscription: (request) => send('ensureSubscription', topics.ensureSubscription(request)),
      findSubscription: (ref) => send('findSubscription', topics.findSubscription(ref)),
      listSubscriptions: (ref) => send('listSubscriptions', topics.listSubscriptions(ref)),
      deleteSubscription: (ref) => send('deleteSubscription', topics.deleteSubscription(ref)),
    },
    publisher: {
      // Who sends over a line knows its own resends, also of what nobody named.
      publish: (batch) => send('publish', publisher.publish({ ...batch, token: batch.token ?? line.process.newId() })),
      cancelScheduled: (topic, id) => send('cancelScheduled', publisher.cancelScheduled(topic, id)),
    },
    deliveries: {
      // A line that was opened for a process that does not know of it is closed again.
      attach: (ref, consumer) => line.send('attach', deliveries.attach(ref, consumer), closeAgain)
        .pipe(map((link) => new LineLink(line, link, consumer.consumerId, subName(ref), brokerNow, history))),
    },
    inspection: over(inspection, { stats: (topic) => send('stats', inspection.stats(topic)) }),
    keys: {
      get: (key) => send('get', keys.get(key)),
      set: (write) => send('set', keys.set(write)),
      del: (request) => send('del', keys.del(request)),
      expire: (key, ttlMs) => send('expire', keys.expire(key, ttlMs)),
      history: (key, limit) => send('history', keys.history(key, limit)),
    },
    watches: { watchKey: (key) => watchOver(line, watches.watchKey(key)), watchPrefix: (scope, prefix) => watchOver(line, watches.watchPrefix(scope, prefix)) },
    events$: new Observable((out) => broker.events$.subscribe((event) => { if (!line.sky.cut) line.process.arrive(() => { out.next(event); }); })),
    status$,
    open: () => of(undefined),
    // The store lives on.
    close: () => of(undefined).pipe(tap(() => { status$.next({ state: 'closed' }); status$.complete(); })),
  });
}
