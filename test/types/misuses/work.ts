import type { Misuse } from './misuse.js';

/** Work that does what the operator does, or does not give what it needs. */
export const miswritten: readonly Misuse[] = [
  {
    mistake: 'ack() inside the work',
    code: `payments.subscription('fraud').pipe(ackOnComplete((message) => message.ack()))`,
    at: `ack`,
    says: `Property 'ack' does not exist on type 'Message<Payment>'.`,
    instead: `payments.subscription('fraud').pipe(ackOnComplete(() => EMPTY))`,
  },
  {
    mistake: 'work that returns nothing',
    code: `payments.subscription('fraud').pipe(ackOnComplete((message) => { scored(message.payload); }))`,
    at: `(message) => { scored(message.payload); }`,
    says: `Type 'void' is not assignable to type 'ObservableInput<unknown>'.`,
    instead: `payments.subscription('fraud').pipe(ackOnComplete(async (message) => { await scored(message.payload); }))`,
  },
  {
    mistake: 'work that returns a plain value',
    code: `payments.subscription('fraud').pipe(ackOnComplete((message) => message.payload.amount * 2))`,
    at: `message.payload.amount * 2`,
    says: `Type 'number' is not assignable to type 'ObservableInput<unknown>'.`,
    instead: `payments.subscription('fraud').pipe(ackOnComplete((message) => of(message.payload.amount * 2)))`,
  },
  {
    mistake: 'work on a payload where a message is given',
    code: `payments.subscription('fraud').pipe(ackOnComplete(scored))`,
    at: `scored`,
    says: `Type 'Message<Payment>' is missing the following properties from type 'Payment': orderId, amount`,
    instead: `payments.subscription('fraud').pipe(ackOnComplete((message) => scored(message.payload)))`,
  },
  {
    mistake: 'work on the messages of another topic',
    code: `payments.subscription('fraud').pipe(ackOnComplete((message: Message<Booking>) => of(message.payload.cents)))`,
    at: `ackOnComplete((message: Message<Booking>) => of(message.payload.cents))`,
    says: `Type 'Payment' is missing the following properties from type 'Booking': account, cents`,
    instead: `bookings.subscription('fraud').pipe(ackOnComplete((message) => of(message.payload.cents)))`,
  },
  {
    mistake: 'a topic whose payload nobody named',
    code: `cw.topic('payments').subscription('fraud').pipe(ackOnComplete((message) => scored(message.payload)))`,
    at: `message.payload`,
    says: `Argument of type 'unknown' is not assignable to parameter of type 'Payment'.`,
    instead: `cw.topic<Payment>('payments').subscription('fraud').pipe(ackOnComplete((message) => scored(message.payload)))`,
  },
  {
    mistake: 'a result taken for granted',
    code: `payments.subscription('fraud').pipe(ackOnComplete(score)).subscribe((outcome) => outcome.value)`,
    at: `value`,
    says: `Property 'value' does not exist on type 'Failed<Payment>'.`,
    instead: `payments.subscription('fraud').pipe(ackOnComplete(score), settledValues()).subscribe((result) => result.risk)`,
  },
  {
    mistake: 'publishTo() a topic of another payload',
    code: `payments.subscription('ledger').pipe(publishTo(bookings, (payment) => payment))`,
    at: `payment`,
    says: `Type 'Payment' is missing the following properties from type 'Booking': account, cents`,
    instead: `payments.subscription('ledger').pipe(publishTo(bookings, (payment) => ({ account: payment.orderId, cents: payment.amount * 100 })))`,
  },
];
