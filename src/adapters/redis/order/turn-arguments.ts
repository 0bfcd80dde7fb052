import type { Settlement } from '../../../port/lease.js';
import type { Argument } from '../connection/connection.js';
import type { LeaseStream, RedisLease } from '../lease/lease.js';
import { noteDetails } from '../lease/note.js';

/** A settlement that goes to the server. */
export interface Item extends Omit<Settlement, 'token'> {
  readonly lease: RedisLease;
}

const streamLetters: Readonly<Record<LeaseStream, 'm' | 'r' | 's'>> = { main: 'm', ordered: 'm', retry: 'r', solo: 's' };
const letters = { retry: 't', release: 'l', leak: 'k', 'dead-letter': 'd', ack: 'A' } as const;

export function streamLetter({ stream }: RedisLease): 'm' | 'r' | 's' {
  return streamLetters[stream];
}

/** The lane of a message as far as it says so itself: the script knows the order that is stored now. */
function tagOf({ message: { key } }: RedisLease): string {
  return key === undefined ? 'u' : `k${key}`;
}

/** Appends one settlement as lua-settle.ts reads it: the commonest as short as can be. */
export function addItem(args: Argument[], { lease, action, delayMs, failure }: Item): void {
  const stream = streamLetter(lease);
  if (action === 'ack' && stream === 'm') {
    args.push('a', lease.entryId, lease.count, tagOf(lease));
    return;
  }
  const reason = JSON.stringify(failure?.reason ?? 'Rejected');
  args.push(letters[action], lease.entryId, lease.count, tagOf(lease), stream, lease.deliveryCount, delayMs ?? '', reason, noteDetails(failure));
}

/** The isolated lease in hand, if any. */
export function isolatedArguments(lease: RedisLease | undefined): readonly Argument[] {
  return lease === undefined ? ['', '', ''] : [streamLetter(lease), lease.entryId, lease.count];
}
