import type { StoredMessage } from '../../../port/message.js';
import type { SubscriptionPolicy } from '../../../port/policy.js';
import type { LogDocument } from '../layout/log-document.js';
import { isTooNew, readMessage, type MessageParts } from '../layout/message-codec.js';
import { ownMessage, type Candidate } from './candidate.js';
import type { Grant } from './dealing.js';
import { MongoLease } from './lease.js';
import { endOf, withoutMessage, type SettleItem } from './settle-item.js';

/** What a claim won. */
export interface Won {
  readonly grant: Grant;
  /** This delivery included. */
  readonly count: number;
}

export interface IntakeParts {
  readonly subscription: string;
  readonly tok: string;
  readonly leaseUntil: number;
  readonly policy: SubscriptionPolicy;
}

/** How long a message may be missing before its pointer goes, ms. Its publish began anew long before. */
const publishIsOverMs = 600_000;

/** Makes a lease of what was won; what must not be handed out is ended instead. */
export function takeIn({ grant, count }: Won, stored: LogDocument | undefined, { subscription, tok, leaseUntil, policy }: IntakeParts): MongoLease | SettleItem {
  const { candidate, link, fate, run } = grant;
  const parts = ownMessage(candidate) ?? stored;
  const isLeft = stored !== undefined && isTooNew(stored);
  const message = parts === undefined || isLeft ? undefined : readMessage(candidate.m, parts);
  const place = { subscription, pointer: candidate._id, tok, leaks: candidate.lk ?? 0, run };
  const lease = new MongoLease(message ?? unreadable(candidate, parts), place, message === undefined ? undefined : link, count, leaseUntil, fate === 'alone');
  if (fate === 'expired') return endOf(lease, 'dead-letter', { reason: 'Expired' }, count - 1, policy.expired === 'dead-letter' && policy.deadLetterEnabled && parts !== undefined);
  if (parts === undefined || isLeft) return withoutMessage(lease, !isLeft && isOver(candidate) ? 'void' : 'lack');
  if (fate === 'spent') return endOf(lease, 'dead-letter', { reason: 'MaxDeliveries' }, count - 1, policy.deadLetterEnabled);
  if (message === undefined) return endOf(lease, 'dead-letter', { reason: 'Undecodable' }, count - 1, policy.deadLetterEnabled);
  return lease;
}

function isOver({ lack, now }: Candidate): boolean {
  return lack !== undefined && now.getTime() - lack.getTime() >= publishIsOverMs;
}

/** What can be shown of a message that is not what this release writes. */
function unreadable({ m, k, x }: Candidate, parts: MessageParts | undefined): StoredMessage {
  const body = parts?.b;
  const publishedAt = parts?.ts;
  return {
    id: m,
    body: typeof body === 'string' || body instanceof Uint8Array ? body : '',
    headers: {},
    codec: undefined,
    key: typeof k === 'string' ? k : undefined,
    publishedAt: publishedAt instanceof Date ? publishedAt.getTime() : 0,
    expiresAt: x?.getTime(),
  };
}
