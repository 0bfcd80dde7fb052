import { ChronowError } from '../errors.js';
import { checkOptions, shown, type OptionRules } from '../options/check-options.js';
import { callable, either, number, oneOf, wholeNumberOrInfinity } from '../options/rules.js';

/**
 * How chance spreads a delay. `full`: anywhere from 0 to the delay. `equal`: from half of it to all of it. `none`: exactly it. A
 * function gets the delay (ms) and the attempt and answers the delay to use. (The names are those of the AWS Architecture
 * Blog's "Exponential Backoff And Jitter".)
 */
export type Jitter = 'full' | 'equal' | 'none' | ((delayMs: number, attempt: number) => number);

/** A schedule of retries. */
export interface Backoff {
  /** Delay after the first failed attempt, ms, 0 or more. */
  readonly initialMs: number;
  /** What each further delay is multiplied by, 1-100. Default: 2. */
  readonly factor?: number | undefined;
  /** The longest delay, ms, 0 or more. Default: 30 000, or `initialMs` where that is longer. */
  readonly maxMs?: number | undefined;
  /** Default: `full`. */
  readonly jitter?: Jitter | undefined;
  /** The most attempts, the first one included, 1 or more, or Infinity. Default: Infinity; the subscription's `maxDeliveries` bounds it anyway. */
  readonly maxAttempts?: number | undefined;
  /** No retry once this many ms have passed since the message was published, 0 or more. Default: Infinity. */
  readonly maxElapsedMs?: number | undefined;
  /** Whether an error is worth a retry. Default: every error is. */
  readonly when?: ((error: unknown, attempt: number) => boolean) | undefined;
}

const longest = Number.MAX_SAFE_INTEGER;
const rules: OptionRules = {
  initialMs: number(0, longest, 'milliseconds'),
  factor: number(1, 100),
  maxMs: number(0, longest, 'milliseconds'),
  jitter: either(oneOf('full', 'equal', 'none'), callable),
  maxAttempts: wholeNumberOrInfinity(1),
  maxElapsedMs: number(0, Infinity, 'milliseconds'),
  when: callable,
};

/** Throws `OPTION_INVALID` with all problems of a schedule. */
export function checkBackoff(call: string, backoff: Backoff): void {
  checkOptions(call, backoff, rules, ['initialMs']);
}

/**
 * The delay after a failed attempt (1 is the first), ms, whole, 0 to `maxMs`. `random` answers 0 to 1, 1 excluded.
 *
 * Throws `OPTION_INVALID` where a `jitter` function answers anything but a number; what it answers is kept within the bounds.
 */
export function backoffDelay(backoff: Backoff, attempt: number, random: () => number): number {
  const { initialMs, factor = 2, maxMs = Math.max(30_000, initialMs), jitter = 'full' } = backoff;
  // 0 × Infinity is NaN: a factor to a high power must not turn no delay into one.
  const base = initialMs === 0 ? 0 : Math.min(maxMs, initialMs * factor ** (attempt - 1));
  return Math.min(Math.floor(maxMs), Math.max(0, Math.round(jittered(base, attempt, jitter, random))));
}

function jittered(base: number, attempt: number, jitter: Jitter, random: () => number): number {
  if (typeof jitter === 'function') {
    const delay = jitter(base, attempt);
    if (!Number.isFinite(delay)) throw new ChronowError('OPTION_INVALID', `jitter(${String(base)}, ${String(attempt)}) must answer a number of milliseconds; got ${shown(delay)}`);
    return delay;
  }
  if (jitter === 'none') return base;
  return jitter === 'full' ? base * random() : base / 2 + (base / 2) * random();
}

/** The delay of a stored list after a failed attempt (1 is the first); the last one repeats, an empty list is 0. */
export function listDelay(delays: readonly number[], attempt: number): number {
  return delays[Math.min(attempt, delays.length) - 1] ?? 0;
}
