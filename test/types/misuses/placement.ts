import type { Misuse } from './misuse.js';

const noDelivery = (what: string, payload = 'unknown'): string => `Type '${what}' is missing the following properties from type 'Delivery<${payload}>': 'a Delivery, as emitted by topic.subscription()', leaseUntil, ack, nack, and 12 more.`;
const missing = (sentence: string, stream: string): string => `Property '"${sentence}"' is missing in type 'Observable<${stream}>' but required in type '{ readonly "${sentence}": never; }'.`;

/** Operators that stand in the wrong place. */
export const misplaced: readonly Misuse[] = [
  {
    mistake: 'toDeadLetter() before the work',
    code: `payments.subscription('fraud').pipe(toDeadLetter(), ackOnComplete(score))`,
    at: `toDeadLetter()`,
    says: missing('toDeadLetter() goes after ackOnComplete()', 'Delivery<Payment>'),
    instead: `payments.subscription('fraud').pipe(ackOnComplete(score), toDeadLetter())`,
  },
  {
    mistake: 'retryWithBackoff() before the work',
    code: `payments.subscription('fraud').pipe(retryWithBackoff({ initialMs: 500 }), ackOnComplete(score))`,
    at: `retryWithBackoff({ initialMs: 500 })`,
    says: missing('retryWithBackoff() goes after ackOnComplete()', 'Delivery<Payment>'),
    instead: `payments.subscription('fraud').pipe(ackOnComplete(score), retryWithBackoff({ initialMs: 500 }))`,
  },
  {
    mistake: 'onFailed() before the work',
    code: `payments.subscription('fraud').pipe(onFailed(() => 'retry'), ackOnComplete(score))`,
    at: `onFailed(() => 'retry')`,
    says: missing('onFailed() goes after ackOnComplete()', 'Delivery<Payment>'),
    instead: `payments.subscription('fraud').pipe(ackOnComplete(score), onFailed(() => 'retry'))`,
  },
  {
    mistake: 'settledValues() before the work',
    code: `payments.subscription('fraud').pipe(settledValues())`,
    at: `settledValues()`,
    says: missing('settledValues() goes after ackOnComplete()', 'Delivery<Payment>'),
    instead: `payments.subscription('fraud').pipe(ackOnComplete(score), settledValues())`,
  },
  {
    mistake: 'retryWithBackoff() after toDeadLetter()',
    code: `payments.subscription('fraud').pipe(ackOnComplete(score), toDeadLetter(), retryWithBackoff({ initialMs: 500 }))`,
    at: `retryWithBackoff({ initialMs: 500 })`,
    says: missing('nothing fails here: put retryWithBackoff() before toDeadLetter()', 'Acked<Payment, Score> | DeadLettered<Payment> | Lost<Payment>'),
    instead: `payments.subscription('fraud').pipe(ackOnComplete(score), retryWithBackoff({ initialMs: 500 }), toDeadLetter())`,
  },
  {
    mistake: 'onFailed() after toDeadLetter()',
    code: `payments.subscription('fraud').pipe(ackOnComplete(score), toDeadLetter(), onFailed(() => 'retry'))`,
    at: `onFailed(() => 'retry')`,
    says: missing('nothing fails here: put onFailed() before toDeadLetter()', 'Acked<Payment, Score> | DeadLettered<Payment> | Lost<Payment>'),
    instead: `payments.subscription('fraud').pipe(ackOnComplete(score), onFailed(() => 'retry'), toDeadLetter())`,
  },
  {
    mistake: 'outcomes made into something else before their failures are settled',
    code: `payments.subscription('fraud').pipe(ackOnComplete(score), map((outcome) => outcome.delivery), toDeadLetter())`,
    at: `toDeadLetter()`,
    says: missing('toDeadLetter() goes after ackOnComplete()', 'Message<Payment>'),
    instead: `payments.subscription('fraud').pipe(ackOnComplete(score), toDeadLetter(), map((outcome) => outcome.delivery))`,
  },
  {
    mistake: 'the work twice',
    code: `payments.subscription('fraud').pipe(ackOnComplete(score), ackOnComplete(scoreLater))`,
    at: `ackOnComplete(score)`,
    says: noDelivery('Acked<Payment, Score>', 'Payment'),
    instead: `payments.subscription('fraud').pipe(fanOut([score, scoreLater]))`,
  },
  {
    mistake: 'the payload taken out before the work',
    code: `payments.subscription('fraud').pipe(map((delivery) => delivery.payload), ackOnComplete(() => EMPTY))`,
    at: `map((delivery) => delivery.payload)`,
    says: noDelivery('Payment'),
    instead: `payments.subscription('fraud').pipe(mapPayload((payment) => payment.amount), ackOnComplete(() => EMPTY))`,
  },
  {
    mistake: 'deliveries buffered before the work',
    code: `payments.subscription('fraud').pipe(bufferCount(10), ackOnComplete(() => EMPTY))`,
    at: `bufferCount(10)`,
    says: noDelivery('Delivery<Payment>[]'),
    instead: `payments.subscription('fraud').pipe(batchDeliveries({ maxSize: 10, maxWaitMs: 50 }), ackOnComplete(() => EMPTY))`,
  },
  {
    mistake: 'the work in a mergeMap()',
    code: `payments.subscription('fraud').pipe(mergeMap((delivery) => scored(delivery.payload)), ackOnComplete(() => EMPTY))`,
    at: `mergeMap((delivery) => scored(delivery.payload))`,
    says: noDelivery('Score'),
    instead: `payments.subscription('fraud').pipe(ackOnComplete((message) => scored(message.payload)))`,
  },
  {
    mistake: 'drainOn() after the work',
    code: `payments.subscription('fraud').pipe(ackOnComplete(score), drainOn(stop$))`,
    at: `ackOnComplete(score)`,
    says: noDelivery('Acked<Payment, Score>'),
    instead: `payments.subscription('fraud').pipe(drainOn(stop$), ackOnComplete(score))`,
  },
  {
    mistake: 'mapPayload() after the work',
    code: `payments.subscription('fraud').pipe(ackOnComplete(score), mapPayload(() => 1))`,
    at: `ackOnComplete(score)`,
    says: noDelivery('Acked<Payment, Score>'),
    instead: `payments.subscription('fraud').pipe(mapPayload((payment) => payment.amount), ackOnComplete(() => EMPTY))`,
  },
  {
    mistake: 'the topic piped instead of a subscription',
    code: `payments.pipe(ackOnComplete(score))`,
    at: `pipe`,
    says: `Property 'pipe' does not exist on type 'Topic<Payment>'.`,
    instead: `payments.subscription('fraud').pipe(ackOnComplete(score))`,
  },
];
