/** A mistake that TypeScript sees. The test compiles it; docs/placement.md shows it, in the same words. */
export interface Misuse {
  readonly mistake: string;
  readonly code: string;
  /** What the compiler underlines first. */
  readonly at: string;
  /** The last line of what it says there: the one to read. */
  readonly says: string;
  /** How it is meant to be written; it compiles. */
  readonly instead: string;
}

/** A mistake that TypeScript cannot see: the types before and after are the same. */
export interface Unseen {
  readonly mistake: string;
  /** It compiles. */
  readonly code: string;
  readonly happens: string;
  readonly instead: string;
}

/** What the mistakes are made of. */
export const prelude = `import { EMPTY, bufferCount, concatMap, delay, filter, fromEvent, map, merge, mergeMap, of, share, take, timer } from 'rxjs';
import { ackOnComplete, batchDeliveries, drainOn, fanOut, filterPayload, hold, mapPayload, onFailed, publishTo, retryWithBackoff, settledValues, toDeadLetter, type Message } from 'chronow/operators';
import { bookings, cw, payments, score, scored, scoreLater, stop$, type Booking, type Payment } from './given.js';
`;
