import { ChronowError } from '../errors.js';

/**
 * Throw it in a handler (or error with it) to send the message to the dead letters at once, whatever attempts are left.
 *
 * @example
 * ```ts
 * ackOnComplete((message: Message<Payment>) => {
 *   if (message.payload.amount < 0) throw new DeadLetter('NegativeAmount', 'an amount must be 0 or more');
 *   return book(message.payload);
 * })
 * ```
 */
export class DeadLetter extends Error {
  override readonly name: string = 'DeadLetter';
  /** A stable word for the reason, 1-200 characters. */
  readonly reason: string;

  constructor(reason: string, description?: string, options?: { readonly cause?: unknown }) {
    if (typeof reason !== 'string' || reason.length === 0 || reason.length > 200) {
      throw new ChronowError('OPTION_INVALID', `new DeadLetter(reason): a text of 1-200 characters is expected; got ${typeof reason === 'string' ? `${String(reason.length)} characters` : typeof reason}`);
    }
    super(description ?? reason, options);
    this.reason = reason;
  }
}

/** Throw it in a handler (or error with it) to have the message back after `delayMs` ms, whatever the backoff says. The attempt counts. */
export class RetryLater extends Error {
  override readonly name: string = 'RetryLater';
  /** Delay before the redelivery, ms. */
  readonly delayMs: number;

  constructor(delayMs: number, description?: string, options?: { readonly cause?: unknown }) {
    if (!(Number.isFinite(delayMs) && delayMs >= 0)) {
      throw new ChronowError('OPTION_INVALID', `new RetryLater(delayMs): a number of milliseconds, 0 or more, is expected; got ${String(delayMs)} (${typeof delayMs})`);
    }
    super(description ?? `retry in ${String(delayMs)} ms`, options);
    this.delayMs = delayMs;
  }
}
