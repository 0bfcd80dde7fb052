import { ChronowError } from '../errors.js';
import type { FailureNote, SettleAction } from '../port/lease.js';
import type { Headers } from '../port/message.js';
import type { Delivery, NackOptions, SettleAnswer } from './delivery.js';
import type { LeaseCell, SettleResult } from './lease-cell.js';

const repeated: SettleAnswer = Object.freeze({ result: 'repeated' });

/** A delivery as a view on its lease cell: several views (after `mapPayload`) share one fate. */
export class DeliveryView<out T> implements Delivery<T> {
  readonly payload: T;
  readonly #cell: LeaseCell;

  constructor(cell: LeaseCell, payload: T) {
    this.#cell = cell;
    this.payload = payload;
  }

  /** The cell behind a delivery. Not exported from any door: operators of this package settle through it. */
  static cellOf(delivery: Delivery<unknown>): LeaseCell {
    if (delivery instanceof DeliveryView) return delivery.#cell;
    throw new ChronowError('OPTION_INVALID', 'the value is no Delivery; settling operators go directly behind topic.subscription() or an operator that keeps deliveries');
  }

  get 'a Delivery, as emitted by topic.subscription()'(): true {
    return true;
  }
  get id(): string {
    return this.#cell.claimed.message.id;
  }
  get topic(): string {
    return this.#cell.owner.subscription.topic;
  }
  get subscription(): string {
    return this.#cell.owner.subscription.subscription;
  }
  get headers(): Headers {
    return this.#cell.claimed.message.headers;
  }
  get key(): string | undefined {
    return this.#cell.claimed.message.key;
  }
  get deliveryCount(): number {
    return this.#cell.claimed.deliveryCount;
  }
  get redeliveryCount(): number {
    return this.#cell.claimed.deliveryCount - 1;
  }
  get publishedAt(): number {
    return this.#cell.claimed.message.publishedAt;
  }
  get leaseUntil(): number {
    return this.#cell.leaseUntil;
  }
  get signal(): AbortSignal {
    return this.#cell.signal;
  }

  ack(): Promise<SettleAnswer> {
    return this.#settle('ack');
  }

  nack(options: NackOptions = {}): Promise<SettleAnswer> {
    const { requeue = true, delayMs } = options;
    if (delayMs !== undefined && !(Number.isFinite(delayMs) && delayMs >= 0)) {
      return Promise.reject(new ChronowError('OPTION_INVALID', `nack({ delayMs }) must be a number of milliseconds, 0 or more; got ${String(delayMs)} (${typeof delayMs})`));
    }
    return requeue ? this.#settle('retry', delayMs) : this.#settle('dead-letter', undefined, { reason: 'Rejected' });
  }

  deadLetter(reason = 'Rejected', description?: string): Promise<SettleAnswer> {
    if (typeof reason !== 'string' || reason.length === 0 || reason.length > 200) {
      return Promise.reject(new ChronowError('OPTION_INVALID', `deadLetter(reason) must be a text of 1-200 characters; got ${typeof reason === 'string' ? `${reason.length} characters` : typeof reason}`));
    }
    return this.#settle('dead-letter', undefined, { reason, description });
  }

  release(): Promise<SettleAnswer> {
    return this.#settle('release');
  }

  #settle(action: SettleAction, delayMs?: number, failure?: FailureNote): Promise<SettleAnswer> {
    const cell = this.#cell;
    if (cell.state === 'taken' && cell.custodian?.handSettles !== true) {
      return Promise.reject(new ChronowError('DELIVERY_TAKEN', `${action} of message ${this.id}: an operator has this delivery and settles it; end its work instead, or throw new DeadLetter(reason) or new RetryLater(ms)`));
    }
    return new Promise((resolve) => {
      const waiter = { settled: (_cell: LeaseCell, result: SettleResult): void => { resolve({ result }); } };
      if (cell.settle(action, waiter, delayMs, failure)) return;
      if (cell.action === 'leak') resolve({ result: 'lapsed' });
      else resolve(cell.state === 'lost' ? { result: cell.lostReason ?? 'unknown' } : repeated);
    });
  }
}
