/**
 * Every error Chronow raises, by code. The list is closed: a new condition gets a new line here, a line in
 * docs/errors.md and a test.
 */
export const errorCodes = [
  // configuration and start
  'CONFIG_INVALID',
  'CONFIG_NO_BACKEND',
  'BACKEND_UNREACHABLE',
  'BACKEND_UNSAFE',
  'UNKNOWN_TENANT',
  'FORMAT_TOO_NEW',
  'LEGACY_DATA',
  // arguments
  'OPTION_INVALID',
  'NAME_INVALID',
  'PAYLOAD_UNENCODABLE',
  'PAYLOAD_UNDECODABLE',
  'PAYLOAD_TOO_LARGE',
  'VALUE_TOO_LARGE',
  'HEADERS_INVALID',
  'HEADERS_TOO_LARGE',
  'SCHEMA_REJECTED',
  'SCHEMA_ASYNC',
  // topics and subscriptions
  'TOPIC_NOT_FOUND',
  'TOPIC_FULL',
  'SUBSCRIPTION_NOT_FOUND',
  'SUBSCRIPTION_DELETED',
  'POLICY_CONFLICT',
  'ORDER_CONFLICT',
  'SHARD_COUNT_CONFLICT',
  'PARTIAL_PUBLISH',
  'REPLAY_STOPPED',
  // deliveries
  'DELIVERY_TAKEN',
  'LEASE_LIMIT',
  'WORK_TIMEOUT',
  'WORK_INVALID',
  'BATCH_TOO_LARGE',
  // shared keys
  'REVISION_CONFLICT',
  'KEY_CLOSED',
  'FOREIGN_VALUE',
  'UPDATE_INVALID',
  'WARM_NOT_CONFIGURED',
  'WARM_FAILED',
  // life cycle
  'CLOSED',
  'ABORTED',
  'LINK_LOST',
  'UNSUPPORTED',
] as const;

/** A stable code: compare it, never the message. */
export type ErrorCode = (typeof errorCodes)[number];

/** Plain facts about an error, safe to log: never a payload, a password or a URL that holds one. */
export type ErrorDetails = Readonly<Record<string, unknown>>;

/** What the constructor of {@link ChronowError} takes beside code and message. */
export interface ChronowErrorOptions {
  /** What led to it; kept as `error.cause`. */
  readonly cause?: unknown;
  /** Facts for programs, without secrets or payloads. Default: none. */
  readonly details?: ErrorDetails;
  /** Whether the same call may succeed later without a change. Default: false. */
  readonly retryable?: boolean;
}

// Symbol.for, so that an error made by a second copy of the package is recognised too.
const brand = Symbol.for('chronow.error');

/**
 * The one error class of Chronow. `code` is stable; `message` says what happened, what was expected and what to do;
 * `details` holds the same as plain data.
 *
 * @example
 * ```ts
 * try { await payments.publish(payment); }
 * catch (error) { if (isChronowError(error, 'TOPIC_FULL')) await slowDown(); else throw error; }
 * ```
 */
export class ChronowError extends Error {
  override readonly name: string = 'ChronowError';
  readonly code: ErrorCode;
  readonly details: ErrorDetails;
  readonly retryable: boolean;

  constructor(code: ErrorCode, message: string, options: ChronowErrorOptions = {}) {
    super(`${code}: ${message}`, 'cause' in options ? { cause: options.cause } : undefined);
    this.code = code;
    this.details = options.details ?? {};
    this.retryable = options.retryable ?? false;
    // Not a class field: isolated declarations allow no computed name, and it should not show when printed.
    Object.defineProperty(this, brand, { value: true });
  }

  /** What loggers print: no stack, no cause internals. */
  toJSON(): { name: string; code: ErrorCode; message: string; details: ErrorDetails; retryable: boolean } {
    return { name: this.name, code: this.code, message: this.message, details: this.details, retryable: this.retryable };
  }
}

/** True for an error of Chronow, and, where `code` is given, for one with that code. */
export function isChronowError(error: unknown, code?: ErrorCode): error is ChronowError {
  return typeof error === 'object' && error !== null && brand in error && (code === undefined || ('code' in error && error.code === code));
}
