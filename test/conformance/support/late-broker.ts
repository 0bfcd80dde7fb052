import { Observable } from 'rxjs';
import type { Broker } from '../../../src/port/broker.js';
import type { Runtime } from '../../../src/port/runtime.js';
import { callsOver } from './calls-over.js';
import { over } from './over.js';

/** A broker of which nothing answers within subscribe: every answer comes one turn later, as any behind a network does. */
export function lateBroker(broker: Broker, runtime: Runtime): Broker {
  const late = callsOver(
    broker,
    (call) =>
      new Observable((subscriber) =>
        call.subscribe({
          next: (value) => runtime.soon(() => subscriber.next(value)),
          error: (error: unknown) => runtime.soon(() => subscriber.error(error)),
          complete: () => runtime.soon(() => subscriber.complete()),
        }),
      ),
  );
  return over(late, { capabilities: { ...broker.capabilities, synchronous: false } });
}
