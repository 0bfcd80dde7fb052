import { Observable, concatMap, defer, of, type Observer, type Subscriber } from 'rxjs';
import { ChronowError } from '../errors.js';
import { checkOptions, type OptionRules } from '../options/check-options.js';
import { anything, number, oneOf, signal, text, wholeNumber } from '../options/rules.js';
import type { OutgoingMessage } from '../port/message.js';
import type { TopicRef } from '../port/names.js';
import type { PublishReceipt } from '../port/publisher.js';
import { DeliverySource } from '../subscription/delivery-source.js';
import { allChecked } from './batch-check.js';
import type { Client } from './client.js';
import type { BatchItem, BatchPublishOptions, PublishOptions, SubscriptionOptions, TopicOptions, WithSignal } from './options.js';
import { outgoing, publishRules } from './outgoing.js';
import { PayloadCoder } from './payload-coder.js';
import { subscriptionRef, topicRef } from './refs.js';
import { checkSubscription, policyPatch, startOf } from './subscribing.js';
import { TopicDoor } from './topic-door.js';

const rules: OptionRules = {
  schema: anything,
  codec: anything,
  namespace: anything,
  tenantId: anything,
  shardCount: wholeNumber(1, 1_024),
  maxStreamLen: wholeNumber(1, Number.MAX_SAFE_INTEGER),
  onFull: oneOf('reject', 'dropOldest'),
  retentionMs: number(0, Number.MAX_SAFE_INTEGER, 'milliseconds'),
};

const publishRulesWithSignal: OptionRules = { ...publishRules, signal };
const itemRules: OptionRules = { ...publishRules, payload: anything };
const batchRules: OptionRules = { token: text(1, 200) };
const none: PublishOptions = Object.freeze({});

/**
 * A topic: publish into it, subscribe to it. Making one does nothing yet; the topic itself comes into being with the first
 * publish or subscribe (unless the client has `autoCreate: false`).
 *
 * The promise forms start at once. Their `$` twins are cold one-shot Observables, for pipelines and virtual time: one call
 * to the backend per subscribe; next: the answer; error: the codes below; unsubscribe: what was sent is not taken back.
 *
 * @throws ChronowError at the call: `NAME_INVALID`, `OPTION_INVALID`.
 *
 * @example
 * ```ts
 * const payments = cw.topic<Payment>('payments', { schema: paymentSchema });
 * await payments.publish({ orderId: '123', amount: 42.5 }, { headers: { type: 'payment.created' }, key: '123' });
 * ```
 */
export class Topic<T> {
  readonly name: string;
  readonly #client: Client;
  readonly #ref: TopicRef;
  readonly #coder: PayloadCoder<T>;
  readonly #door: TopicDoor;

  constructor(client: Client, name: string, options: TopicOptions<T> = {}) {
    checkOptions('topic', options, rules);
    const { schema, codec, shardCount, maxStreamLen, onFull, retentionMs } = options;
    this.name = name;
    this.#client = client;
    this.#ref = topicRef(client.defaults, name, options);
    this.#coder = new PayloadCoder(client, `a payload of topic ${name}`, codec, schema);
    this.#door = new TopicDoor(client, this.#ref, { shardCount, maxStreamLen, onFull, retentionMs });
  }

  /**
   * Stores a message and answers its receipt once the backend has confirmed it.
   *
   * @throws ChronowError `OPTION_INVALID`, `HEADERS_INVALID`, `HEADERS_TOO_LARGE`, `PAYLOAD_UNENCODABLE`, `PAYLOAD_TOO_LARGE`,
   * `SCHEMA_REJECTED`, `TOPIC_FULL`, `TOPIC_NOT_FOUND` (with `autoCreate: false`), `LINK_LOST`, `ABORTED`, `CLOSED`.
   */
  publish(payload: T, options: PublishOptions & WithSignal = none): Promise<PublishReceipt> {
    return this.#client.promises.of(this.#publish(payload, options, publishRulesWithSignal), options.signal);
  }

  /** The cold twin of {@link Topic.publish}. */
  publish$(payload: T, options: PublishOptions = none): Observable<PublishReceipt> {
    return this.#publish(payload, options, publishRules);
  }

  /**
   * Stores several messages. They are checked as a whole first: one bad item and nothing is sent. Answers one receipt an item,
   * in order.
   *
   * @throws ChronowError as {@link Topic.publish}, naming the item; and `PARTIAL_PUBLISH` where a failure cut the batch:
   * `details.items` says of each whether it is stored, not stored or unknown, and a resend with the same `token` completes it.
   */
  publishBatch(items: readonly BatchItem<T>[], options: BatchPublishOptions & WithSignal = {}): Promise<readonly PublishReceipt[]> {
    const { signal: givenUp, ...rest } = options;
    return this.#client.promises.of(this.publishBatch$(items, rest), givenUp);
  }

  /** The cold twin of {@link Topic.publishBatch}. */
  publishBatch$(items: readonly BatchItem<T>[], options: BatchPublishOptions = {}): Observable<readonly PublishReceipt[]> {
    return defer(() => {
      this.#client.assertOpen('publishBatch');
      checkOptions('publishBatch', options, batchRules);
      for (const [index, item] of items.entries()) checkOptions(`publishBatch item ${String(index)}`, item, itemRules);
      if (items.length === 0) return of([]);
      return allChecked(items, this.#coder).pipe(concatMap((checked) => this.#send(checked.map((item) => this.#message(item.payload, item)), options.token)));
    });
  }

  /** Takes back a message that was published with `delayMs` or `deliverAt`; false when it is unknown or has become due. Rejects with `OPTION_INVALID` for an id that is no text. */
  cancelScheduled(id: string): Promise<boolean> {
    return this.#client.promises.of(this.cancelScheduled$(id));
  }

  /** The cold twin of {@link Topic.cancelScheduled}. */
  cancelScheduled$(id: string): Observable<boolean> {
    return defer(() => {
      this.#client.assertOpen('cancelScheduled');
      checkOptions('cancelScheduled', { id }, { id: text(1, 1_000) }, ['id']);
      return this.#client.broker.publisher.cancelScheduled(this.#ref, id);
    });
  }

  /**
   * Deliveries of a subscription: a cold Observable, see {@link DeliverySource}. Named, it is durable and shared by all who name
   * it; without a name it is ephemeral: it begins at `latest` and is gone with its last subscriber, or by expiry after a crash.
   *
   * @throws ChronowError at the call: `NAME_INVALID`, `OPTION_INVALID`. On the stream: `POLICY_CONFLICT`, `ORDER_CONFLICT`,
   * `TOPIC_NOT_FOUND` and `SUBSCRIPTION_NOT_FOUND` (with `autoCreate: false`), `SUBSCRIPTION_DELETED`, `CLOSED`.
   */
  subscription(name?: string, options: SubscriptionOptions = {}): DeliverySource<T> {
    checkSubscription(options);
    const { defaults, runtime, broker } = this.#client;
    const named = name === undefined ? undefined : subscriptionRef(this.#ref, name);
    return new DeliverySource<T>(() => {
      const ref = named ?? { ...this.#ref, subscription: `ephemeral-${runtime.newId()}` };
      const ephemeral = named === undefined;
      return {
        broker,
        runtime,
        consumerName: options.consumerName ?? this.#client.id,
        window: options.maxInFlight ?? defaults.maxInFlight,
        maxLeaseMs: options.maxLeaseMs ?? defaults.maxLeaseMs,
        read: (message) => this.#coder.read(message),
        report: (event) => { this.#client.report(event); },
        assertOpen: () => { this.#client.assertOpen('subscription'); },
        register: (consumer) => this.#client.register(consumer),
        prepare: () => this.#door.ensureSubscription({ ref, policy: policyPatch(options), startFrom: startOf(options, ephemeral, defaults.startFrom), onConflict: options.onPolicyConflict ?? 'update', ephemeral }),
      };
    });
  }

  /**
   * Publishing one by one is a hot path: one Observable, and no operator between it and the backend's answer. Nobody can name a token here, so nobody
   * sends the same batch again: it needs none.
   */
  #publish(payload: T, options: PublishOptions, optionRules: OptionRules): Observable<PublishReceipt> {
    return new Observable((subscriber) => {
      this.#client.assertOpen('publish');
      checkOptions('publish', options, optionRules);
      const receipts = this.#coder.hasSchema
        ? this.#coder.checked(payload).pipe(concatMap((checked) => this.#send([this.#message(checked, options)], undefined)))
        : this.#send([this.#message(payload, options)], undefined);
      return receipts.subscribe(new OnlyReceipt(subscriber));
    });
  }

  #message(payload: T, options: PublishOptions): OutgoingMessage {
    return outgoing(this.#coder.encode(payload, { maxBytes: this.#client.defaults.maxPayloadBytes, code: 'PAYLOAD_TOO_LARGE' }), options);
  }

  #send(messages: readonly OutgoingMessage[], token: string | undefined): Observable<readonly PublishReceipt[]> {
    const sent = this.#client.broker.publisher.publish({ topic: this.#ref, token, messages });
    return this.#door.mustAsk ? this.#door.ensureTopic().pipe(concatMap(() => sent)) : sent;
  }
}

/** Hands on the one receipt of a batch of one. */
class OnlyReceipt implements Observer<readonly PublishReceipt[]> {
  readonly #out: Subscriber<PublishReceipt>;

  constructor(out: Subscriber<PublishReceipt>) {
    this.#out = out;
  }

  next(receipts: readonly PublishReceipt[]): void {
    const receipt = receipts[0];
    if (receipt === undefined) this.error(new ChronowError('LINK_LOST', 'the backend answered a publish without a receipt; whether it is stored is unknown'));
    else this.#out.next(receipt);
  }

  error(error: unknown): void {
    this.#out.error(error);
  }

  complete(): void {
    this.#out.complete();
  }
}
