import type { Chronow, Topic } from 'chronow';
import { ackOnComplete, DeadLetter, onFailed, retryWithBackoff, type FailureDecision, type Message, type Settled } from 'chronow/operators';
import { concatMap, map, of, tap, type Observable } from 'rxjs';
import { PaymentRefused, type PaymentProvider, type Warehouse } from './services.js';

export const steps = ['placed', 'paid', 'packed', 'shipped'] as const;
export type Step = (typeof steps)[number];

/** How often a payment is tried. */
export const maxDeliveries = 4;

/** A message of the topic; its ordering key is the order's id. */
export interface OrderEvent {
  readonly orderId: string;
  readonly step: Step;
}

/** What happened to an order, one entry after the other. */
export interface Entry {
  readonly orderId: string;
  readonly what: Step | 'payment failed' | 'compensated' | 'skipped';
}

export interface SagaSetup {
  readonly cw: Chronow;
  readonly orders: Topic<OrderEvent>;
  readonly payments: PaymentProvider;
  readonly warehouse: Warehouse;
  readonly journal: (entry: Entry) => void;
}

/**
 * Takes every order through its steps. `order: 'key'` makes the events of one order come one after the other: while its
 * payment waits for a retry its later events wait too, and all other orders go on.
 */
export function saga({ cw, orders, payments, warehouse, journal }: SagaSetup): Observable<Settled> {
  const act: Readonly<Record<Step, (orderId: string, attempt: number) => Observable<void>>> = {
    placed: (orderId) => warehouse.reserve$(orderId),
    paid: (orderId, attempt) => payments.charge$(orderId, attempt).pipe(tap({ error: () => { journal({ orderId, what: 'payment failed' }); } })),
    packed: () => warehouse.pack$(),
    shipped: (orderId) => warehouse.ship$(orderId),
  };

  const handle$ = ({ payload: { orderId, step }, deliveryCount }: Message<OrderEvent>): Observable<unknown> => cw.shared.get$<string>(stateKey(orderId)).pipe(
    concatMap((state) => {
      if (state !== 'cancelled') return act[step](orderId, deliveryCount);
      journal({ orderId, what: 'skipped' });
      throw new DeadLetter('OrderCancelled', `${step}: the order was cancelled before`);
    }),
    tap({ complete: () => { journal({ orderId, what: step }); } }),
  );

  // The failed message stays leased until the decision is there, so no later event of the order overtakes the compensation.
  const giveUp$ = (orderId: string, error: unknown): Observable<FailureDecision> => {
    if (error instanceof DeadLetter) return of({ action: 'dead-letter', reason: error.reason, description: error.message });
    const reason = error instanceof PaymentRefused ? 'PaymentRefused' : 'PaymentUnavailable';
    return warehouse.takeBack$(orderId).pipe(
      concatMap(() => cw.shared.set$(stateKey(orderId), 'cancelled')),
      tap(() => { journal({ orderId, what: 'compensated' }); }),
      map(() => ({ action: 'dead-letter', reason })),
    );
  };

  return orders.subscription('saga', { order: 'key', maxDeliveries }).pipe(
    ackOnComplete(handle$),
    retryWithBackoff({ initialMs: 60, factor: 2, when: (error) => !(error instanceof PaymentRefused) }),
    onFailed((failed) => giveUp$(failed.delivery.payload.orderId, failed.error)),
  );
}

function stateKey(orderId: string): string {
  return `order:${orderId}`;
}
