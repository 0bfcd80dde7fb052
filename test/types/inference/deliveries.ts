import { concatMap, filter, map, of, pipe, type Observable } from 'rxjs';
import { ackOnComplete, batchDeliveries, drainOn, filterPayload, hold, mapPayload, retryWithBackoff, toDeadLetter, type Acked, type DeadLettered, type Delivery, type Failed, type Lost, type Retried } from 'chronow/operators';
import { emits, is, it, orders, payments, stop$, type Card, type Payment, type Transfer } from '../given.js';

const deliveries = payments.subscription('fraud-detector');

it('subscription() emits deliveries of the payload of its topic', () => {
  emits<Delivery<Payment>>()(deliveries);
});

it('mapPayload() changes the payload and keeps the delivery', () => {
  const mapped = deliveries.pipe(mapPayload((payment, delivery) => {
    is<Payment>()(payment);
    is<Delivery<Payment>>()(delivery);
    return { cents: payment.amount * 100 };
  }));
  emits<Delivery<{ cents: number }>>()(mapped);
});

it('the work behind mapPayload() gets the new payload', () => {
  const outcomes = deliveries.pipe(mapPayload((payment) => payment.amount), mapPayload((amount) => String(amount)), ackOnComplete(({ payload }) => of(payload)));
  emits<Acked<string, string> | Failed<string> | Lost<string>>()(outcomes);
});

it('filterPayload() keeps the payload', () => {
  emits<Delivery<Payment>>()(deliveries.pipe(filterPayload((payment, delivery) => payment.amount > 100 && delivery.deliveryCount === 1)));
});

it('filterPayload() with a type guard narrows the payload', () => {
  emits<Delivery<Card>>()(orders.subscription('cards').pipe(filterPayload((order): order is Card => order.kind === 'card')));
});

it('filterPayload() narrows by a plain comparison as well', () => {
  const outcomes = orders.subscription('cards').pipe(filterPayload((order) => order.kind === 'card'), ackOnComplete(({ payload }) => of(payload.number)));
  emits<Acked<Card, string> | Failed<Card> | Lost<Card>>()(outcomes);
});

it('batchDeliveries() makes the payload an array of payloads', () => {
  emits<Delivery<readonly Payment[]>>()(deliveries.pipe(batchDeliveries({ maxSize: 100, maxWaitMs: 50 })));
});

it('a batch fails, is retried and ends in the dead letters as a whole', () => {
  type Payments = readonly Payment[];
  const outcomes = deliveries.pipe(batchDeliveries({ maxSize: 100, maxWaitMs: 50 }), ackOnComplete(({ payload }) => of(payload.length)), retryWithBackoff({ initialMs: 500 }), toDeadLetter());
  emits<Acked<Payments, number> | Lost<Payments> | Retried<Payments> | DeadLettered<Payments>>()(outcomes);
});

it('hold() and drainOn() change nothing about the deliveries', () => {
  emits<Delivery<Payment>>()(deliveries.pipe(hold()));
  emits<Delivery<Payment>>()(deliveries.pipe(drainOn(stop$)));
  emits<Delivery<Payment>>()(deliveries.pipe(drainOn(stop$, { deadlineMs: 10_000 }), hold()));
});

it('the payload flows through hold() and a raw stage that keeps deliveries', () => {
  const outcomes = deliveries.pipe(hold(), concatMap((delivery) => of(true).pipe(map(() => delivery))), ackOnComplete(({ payload }) => of(payload.amount)));
  emits<Acked<Payment, number> | Failed<Payment> | Lost<Payment>>()(outcomes);
});

it('the raw filter() keeps the delivery of a narrower payload', () => {
  const cards = orders.subscription('cards').pipe(filter((delivery): delivery is Delivery<Card> => delivery.payload.kind === 'card'));
  emits<Delivery<Card>>()(cards);
});

it('operators before the work are a value that can be used again', () => {
  const large = pipe(drainOn<Payment>(stop$), filterPayload((payment) => payment.amount > 100));
  emits<Delivery<Payment>>()(deliveries.pipe(large));
});

it('a delivery of a subtype is a delivery of its supertype', () => {
  const cards = orders.subscription('cards').pipe(filterPayload((order) => order.kind === 'card'));
  const all: Observable<Delivery<Card | Transfer>> = cards;
  emits<Delivery<Card | Transfer>>()(all);
});
