import { EMPTY, from, map, merge, of, takeUntil, tap } from 'rxjs';
import { ackOnComplete, fanOut, publishTo, type Acked, type Failed, type Lost, type Message } from 'chronow/operators';
import type { PublishReceipt } from 'chronow';
import { bookings, cw, echo, emits, idOf, is, it, orders, payments, score, scoreLater, scored, stop$, type Booking, type Card, type Payment, type Score, type Transfer } from '../given.js';

const deliveries = payments.subscription('fraud-detector');

it('ackOnComplete() emits Acked with payload and result, Failed and Lost, and nothing else', () => {
  const outcomes = deliveries.pipe(ackOnComplete((message) => of({ risk: message.payload.amount })));
  emits<Acked<Payment, { risk: number }> | Failed<Payment> | Lost<Payment>>()(outcomes);
});

it('the payload flows into the work without an annotation', () => {
  deliveries.pipe(ackOnComplete((message, index) => {
    is<Payment>()(message.payload);
    is<number>()(index);
    is<AbortSignal>()(message.signal);
    return EMPTY;
  }));
});

it('the work can be passed by name', () => {
  emits<Acked<Payment, Score> | Failed<Payment> | Lost<Payment>>()(deliveries.pipe(ackOnComplete(score)));
  emits<Acked<Payment, Score> | Failed<Payment> | Lost<Payment>>()(deliveries.pipe(ackOnComplete(scoreLater, { concurrency: 8 })));
});

it('generic work passed by name is told the payload', () => {
  emits<Acked<Payment, Payment> | Failed<Payment> | Lost<Payment>>()(deliveries.pipe(ackOnComplete(echo)));
});

it('work on any message, passed by name, forgets the payload; generic work, or a call of it, does not', () => {
  emits<Acked<unknown, string> | Failed<unknown> | Lost<unknown>>()(deliveries.pipe(ackOnComplete(idOf)));
  emits<Acked<Payment, string> | Failed<Payment> | Lost<Payment>>()(deliveries.pipe(ackOnComplete((message) => idOf(message))));
});

it('an async function gives what its promise gives', () => {
  emits<Acked<Payment, Score> | Failed<Payment> | Lost<Payment>>()(deliveries.pipe(ackOnComplete(async (message) => scored(message.payload))));
  emits<Acked<Payment, void> | Failed<Payment> | Lost<Payment>>()(deliveries.pipe(ackOnComplete(async (message) => { await scored(message.payload); })));
});

it('work without a value gives never', () => {
  emits<Acked<Payment, never> | Failed<Payment> | Lost<Payment>>()(deliveries.pipe(ackOnComplete(() => EMPTY)));
});

it('work that may have a value gives that value', () => {
  const outcomes = deliveries.pipe(ackOnComplete(({ payload }) => (payload.amount > 100 ? from(scored(payload)) : EMPTY)));
  emits<Acked<Payment, Score> | Failed<Payment> | Lost<Payment>>()(outcomes);
});

it('operators of RxJS before the work let the payload through', () => {
  const outcomes = deliveries.pipe(takeUntil(stop$), tap((delivery) => { is<Payment>()(delivery.payload); }), ackOnComplete((message) => of(message.payload.orderId)));
  emits<Acked<Payment, string> | Failed<Payment> | Lost<Payment>>()(outcomes);
});

it('merged subscriptions of one payload need no annotation', () => {
  const outcomes = merge(deliveries, payments.subscription('audit')).pipe(ackOnComplete((message) => of(message.payload.amount)));
  emits<Acked<Payment, number> | Failed<Payment> | Lost<Payment>>()(outcomes);
});

it('merged subscriptions of several payloads need them named once, at the work', () => {
  const outcomes = merge(deliveries, bookings.subscription('audit')).pipe(ackOnComplete((message: Message<Payment | Booking>) => of(message.payload)));
  emits<Acked<Payment | Booking, Payment | Booking> | Failed<Payment | Booking> | Lost<Payment | Booking>>()(outcomes);
});

it('a topic of several kinds of payload keeps the union', () => {
  const outcomes = orders.subscription('print').pipe(ackOnComplete(({ payload }) => of(payload.kind === 'card' ? payload.number : payload.iban)));
  emits<Acked<Card | Transfer, string> | Failed<Card | Transfer> | Lost<Card | Transfer>>()(outcomes);
});

it('a topic whose payload nobody named has an unknown one', () => {
  emits<Acked<unknown, string> | Failed<unknown> | Lost<unknown>>()(cw.topic('any').subscription('log').pipe(ackOnComplete((message) => of(message.id))));
});

it('the value of an Acked may be missing', () => {
  deliveries.pipe(ackOnComplete(score), map((outcome) => {
    if (outcome.kind === 'acked') is<Score | undefined>()(outcome.value);
    if (outcome.kind === 'failed') is<unknown>()(outcome.error);
    if (outcome.kind === 'lost') is<'lapsed' | 'taken' | 'unknown'>()(outcome.reason);
    return outcome.delivery.payload;
  }));
});

it('fanOut() gives the tuple of results, each of them perhaps missing', () => {
  const outcomes = deliveries.pipe(fanOut([score, (message) => of(message.payload.amount), async () => 'mailed']));
  emits<Acked<Payment, readonly [Score | undefined, number | undefined, string | undefined]> | Failed<Payment> | Lost<Payment>>()(outcomes);
});

it('publishTo() gives the receipt of the new message', () => {
  const outcomes = deliveries.pipe(publishTo(bookings, (payment, message) => {
    is<Payment>()(payment);
    is<Payment>()(message.payload);
    return { account: payment.orderId, cents: payment.amount * 100 };
  }, { key: (message) => message.payload.orderId, concurrency: 4 }));
  emits<Acked<Payment, PublishReceipt> | Failed<Payment> | Lost<Payment>>()(outcomes);
});
