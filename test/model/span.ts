/** A moment, known as exactly as the call in which it lay. In virtual time both ends are one. */
export interface Span {
  readonly lo: number;
  readonly hi: number;
}

/** Long ago: it has passed, whenever one looks. */
export const longAgo: Span = { lo: -Infinity, hi: -Infinity };

export function later(span: Span, ms: number): Span {
  return { lo: span.lo + ms, hi: span.hi + ms };
}

/** The moment may have come. */
export function mayHaveCome(moment: Span, now: Span): boolean {
  return now.hi >= moment.lo;
}

/** The moment has come for certain. */
export function hasCome(moment: Span, now: Span): boolean {
  return now.lo >= moment.hi;
}

/** When a call lay, or something was heard of; what follows from it is there after `patienceMs` at the latest. 0 in virtual time. */
export interface Now extends Span {
  readonly patienceMs: number;
}

/** What is to happen at the moment has happened for certain, whoever has to do it. */
export function isOverdue(moment: Span, now: Now): boolean {
  return now.lo >= moment.hi + now.patienceMs;
}

export function includes(span: Span, time: number): boolean {
  return span.lo <= time && time <= span.hi;
}
