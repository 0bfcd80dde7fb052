import type { LeaseStream } from '../lease/lease.js';

/** The streams of an unordered subscription, in the order in which scripts name them. */
export const streams: readonly LeaseStream[] = ['main', 'retry', 'solo'];

/** From 1, as scripts count. */
export function numberOf(stream: LeaseStream): number {
  return Math.max(1, streams.indexOf(stream) + 1);
}
