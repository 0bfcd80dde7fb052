import type { OutgoingMessage } from '../../../src/port/message.js';
import { later } from '../span.js';
import type { Span } from '../span.js';

/** A message that a topic took. */
export class Sent {
  readonly id: string;
  readonly outgoing: OutgoingMessage;
  /** The how manieth that was published. */
  readonly number: number;
  /** When it was stored; for a scheduled one: when it is due. */
  readonly at: Span;
  readonly isScheduled: boolean;
  /** When it got its place among the others: a scheduled one may be moved a little late. */
  readonly placed: Span;
  /** It left the topic for good and may come back from the dead letters only. */
  isRemoved = false;
  /** The same, perhaps: everybody had settled it, and the topic was above its bound. */
  mayBeRemoved = false;

  /** `lateMs`: of a scheduled one, how late it may be moved. */
  constructor(id: string, outgoing: OutgoingMessage, number: number, at: Span, lateMs: number | undefined) {
    this.id = id;
    this.outgoing = outgoing;
    this.number = number;
    this.at = at;
    this.isScheduled = lateMs !== undefined;
    this.placed = { lo: at.lo, hi: at.hi + (lateMs ?? 0) };
  }

  get key(): string | undefined {
    return this.outgoing.key;
  }

  /** When it expires, or undefined. */
  get expires(): Span | undefined {
    const { ttlMs } = this.outgoing;
    return ttlMs === undefined ? undefined : later(this.at, ttlMs);
  }

  remove(): void {
    this.isRemoved = true;
    this.mayBeRemoved = true;
  }

  toString(): string {
    return `${this.id}${this.key === undefined ? '' : `(${this.key})`}`;
  }
}

/** Which of two stands before the other in the topic: negative for the left one, 0 where it cannot be told. */
export function place(left: Sent, right: Sent): number {
  if (left === right) return 0;
  if (left.isScheduled === right.isScheduled) {
    const byTime = left.isScheduled ? left.at.lo - right.at.lo : 0;
    return byTime === 0 ? left.number - right.number : byTime;
  }
  if (left.placed.hi < right.placed.lo) return -1;
  return right.placed.hi < left.placed.lo ? 1 : 0;
}
