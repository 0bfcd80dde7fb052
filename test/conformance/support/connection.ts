import { BehaviorSubject, Subject, defer, delay, map, merge, of, tap, throwError } from 'rxjs';
import { ChronowError } from '../../../src/errors.js';
import type { Broker } from '../../../src/port/broker.js';
import type { Capabilities } from '../../../src/port/capabilities.js';
import type { LinkStatus } from '../../../src/port/events.js';
import { callsOver } from './calls-over.js';
import { over } from './over.js';

/** One of several lines to a store that lives on when a line is closed. Answers take real milliseconds. */
export function connection(store: Broker, capabilities: Capabilities, latencyMs: number): Broker {
  const status$ = new BehaviorSubject<LinkStatus>({ state: 'ready' });
  const closed$ = new Subject<void>();
  const closing = over(store, {
    deliveries: {
      attach: (ref, consumer) =>
        store.deliveries
          .attach(ref, consumer)
          .pipe(map((link) => over(link, { claim: ({ max, until$ }) => link.claim({ max, until$: merge(until$, closed$) }) }))),
    },
  });
  const remote = callsOver(closing, (call) =>
    defer(() => (status$.value.state === 'closed' ? throwError(() => new ChronowError('CLOSED', 'the connection is closed')) : call.pipe(delay(latencyMs)))),
  );
  return over(remote, {
    capabilities,
    durability: { promise: 'the store of this test', survives: ['process-crash'] },
    status$,
    open: () => of(undefined),
    close: () =>
      of(undefined).pipe(
        tap(() => {
          status$.next({ state: 'closed' });
          closed$.next();
        }),
      ),
  });
}
