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
  /** It left the topic for good and may come back from the dead letters only. */
  isRemoved = false;
  /** The same, perhaps: everybody had settled it, and the topic was above its bound. */
  mayBeRemoved = false;

  constructor(id: string, outgoing: OutgoingMessage, number: number, at: Span, isScheduled: boolean) {
    this.id = id;
    this.outgoing = outgoing;
    this.number = number;
    this.at = at;
    this.isScheduled = isScheduled;
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
  if (left.at.hi < right.at.lo) return -1;
  return right.at.hi < left.at.lo ? 1 : 0;
}
