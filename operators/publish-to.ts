import type { Observable, OperatorFunction } from 'rxjs';
import { ChronowError } from '../src/errors.js';
import { checkOptions, shown } from '../src/options/check-options.js';
import { callable } from '../src/options/rules.js';
import type { PublishReceipt } from '../src/port/publisher.js';
import type { Delivery, Message } from '../src/subscription/delivery.js';
import type { Acked, Failed, Lost } from '../src/subscription/outcome.js';
import { ackOnComplete, type AckOnCompleteOptions } from './ack-on-complete.js';
import { checkProject } from './work/work-errors.js';

/** What {@link publishTo} passes on beside the payload. */
export interface ForwardOptions {
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly key?: string | undefined;
  readonly idempotencyKey?: string | undefined;
}

/** Where messages can be published: `cw.topic(…)` is one. */
export interface PublishTarget<U> {
  publish$(payload: U, options?: ForwardOptions): Observable<PublishReceipt>;
}

/** Options of {@link publishTo}. */
export interface PublishToOptions<T> extends AckOnCompleteOptions {
  /** Headers of the new message. Default: the message's own. */
  readonly headers?: ((message: Message<T>) => Readonly<Record<string, string>>) | undefined;
  /** Ordering key of the new message. Default: the message's own. */
  readonly key?: ((message: Message<T>) => string | undefined) | undefined;
}

/**
 * Publishes what `project` makes of each message to another topic and acks the message when that is stored. The new message
 * carries an idempotency id made of topic, subscription and message id: a redelivery within the window forwards nothing twice.
 *
 * ```text
 * deliveries         a-----|
 * publish            --(r|)
 * publishTo(topic)   --A---|         A: Acked with the receipt r of the new message
 * ```
 *
 * A publish that fails (for instance `TOPIC_FULL`) is a `Failed`. next, error, complete, unsubscribe, options: as `ackOnComplete`.
 *
 * @throws ChronowError `OPTION_INVALID` at the call.
 *
 * @example
 * ```ts
 * payments.subscription('ledger').pipe(publishTo(cw.topic('bookings'), (payment) => ({ account: payment.from, amount: -payment.amount })), retryWithBackoff({ initialMs: 200 }))
 * ```
 */
export function publishTo<T, U>(topic: PublishTarget<U>, project: (payload: T, message: Message<T>) => U, options: PublishToOptions<T> = {}): OperatorFunction<Delivery<T>, Acked<T, PublishReceipt> | Failed<T> | Lost<T>> {
  if (typeof topic?.publish$ !== 'function') throw new ChronowError('OPTION_INVALID', `publishTo(topic) must be a topic, or something with its publish$(); got ${shown(topic)}`);
  checkProject('publishTo', project);
  const { headers, key, ...work } = options;
  checkOptions('publishTo', { headers, key }, { headers: callable, key: callable });
  return ackOnComplete((message: Message<T>) => topic.publish$(project(message.payload, message), {
    headers: headers === undefined ? message.headers : headers(message),
    key: key === undefined ? message.key : key(message),
    idempotencyKey: `${message.topic}/${message.subscription}/${message.id}`,
  }), work);
}
