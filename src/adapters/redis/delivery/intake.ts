import type { SubscriptionPolicy } from '../../../port/policy.js';
import { asList, asText, type Reply } from '../connection/reply.js';
import { readEntry } from '../format/read-entry.js';
import { RedisLease, type LeaseStream } from '../lease/lease.js';
import { noteText } from '../lease/note.js';
import type { ActionLetter } from './settle-batch.js';

/** Why an entry is not handed out, and what becomes of it. */
export interface Refused {
  readonly lease: RedisLease;
  readonly letter: ActionLetter;
  readonly note: string;
  readonly reason: string;
}

/** What a read brought. */
export interface Intake {
  readonly leases: RedisLease[];
  readonly refused: Refused[];
  readonly fromRetry: number;
}

/** What it takes to read a reply. */
export interface IntakeParts {
  readonly owner: object;
  readonly shard: number;
  readonly policy: SubscriptionPolicy;
  /** The server's clock. */
  readonly serverNow: number;
  readonly leaseUntil: number;
  readonly streamOf: (key: string) => LeaseStream;
  /** Entries that were given back while their answer was on the way. */
  readonly isStale: (stream: LeaseStream, entryId: string) => boolean;
}

/** The newest entry of a reply; undefined where it has none. */
export function newestId(reply: Reply): string | undefined {
  let newest: string | undefined;
  if (reply === null) return undefined;
  for (const stream of asList(reply)) {
    const last = asList(asList(stream)[1]).at(-1);
    const id = last === undefined ? undefined : asText(asList(last)[0]);
    if (id !== undefined && (newest === undefined || Number.parseInt(id, 10) > Number.parseInt(newest, 10))) newest = id;
  }
  return newest;
}

/** Makes leases of what XREADGROUP answered; what must not be handed out is told apart. */
export function takeIn(reply: Reply, parts: IntakeParts): Intake {
  const leases: RedisLease[] = [];
  const refused: Refused[] = [];
  let fromRetry = 0;
  if (reply === null) return { leases, refused, fromRetry };
  for (const part of asList(reply)) {
    const [key, entries] = asList(part);
    const stream = parts.streamOf(asText(key));
    for (const entry of asList(entries)) {
      const [id, fields] = asList(entry);
      const entryId = asText(id);
      if (parts.isStale(stream, entryId)) continue;
      if (stream === 'retry') fromRetry += 1;
      const read = readEntry(parts.shard, entryId, isTexts(fields) ? fields : []);
      const lease = new RedisLease(read.message, { owner: parts.owner, shard: parts.shard, stream, entryId, count: 1 }, read.attempts + 1, parts.leaseUntil, stream === 'solo');
      const why = refusal(read.isForeign, lease, read.lapsed, parts);
      if (why === undefined) leases.push(lease);
      else refused.push(why);
    }
  }
  return { leases, refused, fromRetry };
}

function refusal(isForeign: boolean, lease: RedisLease, lapsed: boolean, { policy, serverNow }: IntakeParts): Refused | undefined {
  if (isForeign) return bury(lease, 'u', 'Undecodable');
  const { expiresAt } = lease.message;
  if (expiresAt !== undefined && expiresAt <= serverNow) return bury(lease, 'x', 'Expired');
  const before = lease.deliveryCount - 1;
  if (before === 0) return undefined;
  // The policy was tightened since it was put there.
  if (before >= policy.maxDeliveries) return bury(lease, 's', 'MaxDeliveries');
  if (lapsed && lease.stream === 'retry' && policy.maxDeliveries > 1 && before >= policy.maxDeliveries - 1) return { lease, letter: 'f', note: '', reason: '' };
  return undefined;
}

function bury(lease: RedisLease, letter: ActionLetter, reason: string): Refused {
  return { lease, letter, note: noteText({ reason }), reason };
}

function isTexts(reply: Reply | undefined): reply is readonly string[] {
  if (!Array.isArray(reply)) return false;
  for (const item of reply) if (typeof item !== 'string') return false;
  return true;
}
