import { Observable } from 'rxjs';
import type { CoreEvent } from '../port/core-events.js';
import type { Broker } from '../port/broker.js';
import type { ConsumerLink } from '../port/delivery-store.js';
import type { SubscriptionRef } from '../port/names.js';
import type { Runtime } from '../port/runtime.js';
import { Consumer, type PayloadReader } from './consumer.js';
import type { Stoppable } from './consumer-registry.js';
import type { Delivery } from './delivery.js';
import { LineOpener } from './line-opener.js';

/** What a source needs; made anew for every subscribe(). */
export interface SourcePlan<T> {
  readonly broker: Broker;
  readonly runtime: Runtime;
  readonly consumerName: string;
  readonly window: number;
  readonly maxLeaseMs: number;
  readonly read: PayloadReader<T>;
  readonly report: (event: CoreEvent) => void;
  /** Errors when the client is closed. */
  readonly assertOpen: () => void;
  /** Creates what must be there and names the subscription. */
  readonly prepare: () => Observable<SubscriptionRef>;
  readonly register: (consumer: Stoppable) => () => void;
}

/**
 * Deliveries of one subscription: a cold Observable. Every subscribe() is a consumer of its own, with its own window;
 * nothing is read before. Nothing is ever emitted inside subscribe().
 *
 * next: deliveries, never more unsettled than the window. error: what cannot be mended (`SUBSCRIPTION_DELETED`, refused
 * options); a lost link is reconnected inside and shown on `cw.status$`. complete: only after `cw.close()`. unsubscribe:
 * stops reading and releases what was not emitted; what operators behind hold is theirs to end.
 */
export class DeliverySource<T> extends Observable<Delivery<T>> {
  constructor(plan: () => SourcePlan<T>) {
    super((subscriber) => {
      const { broker, runtime, prepare, assertOpen, register, ...setup } = plan();
      assertOpen();
      let stopped = false;
      let consumer: Consumer<T> | undefined;
      const start = (link: ConsumerLink, subscription: SubscriptionRef): void => {
        const started: Consumer<T> = new Consumer<T>({
          ...setup,
          runtime,
          link,
          subscription,
          claimLingerMs: broker.capabilities.claimLingerMs,
          settleLingerMs: broker.capabilities.settleLingerMs,
          sink: subscriber,
          onEnd: () => { unregister(); },
        });
        const unregister = register(started);
        consumer = started;
        if (stopped) started.stop();
        else started.start();
      };
      const opener = new LineOpener({
        runtime,
        register,
        prepare,
        attach: (ref) => broker.deliveries.attach(ref, { consumerId: runtime.newId(), consumerName: setup.consumerName }),
        opened: start,
        failed: (error) => { runtime.soon(() => { subscriber.error(error); }); },
        drained: () => { subscriber.complete(); },
      });
      subscriber.add(() => {
        stopped = true;
        opener.stop();
        consumer?.stop();
      });
      opener.open();
    });
  }
}
