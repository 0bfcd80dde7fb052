import type { SettleDeviation, Settlement } from '../../../port/lease.js';
import { RedisLease } from '../lease/lease.js';
import { noteDetails, noteText } from '../lease/note.js';
import type { ActionLetter, SettleBatch, SettleItem } from './settle-batch.js';
import type { ShardLine } from './shard-line.js';

/** Whose leases are settled. */
export interface SettlingOwner {
  /** Who the leases belong to. */
  readonly owner: object;
  readonly lines: readonly ShardLine[];
}

const asAsked: readonly SettleDeviation[] = Object.freeze([]);
const letters: Readonly<Record<Settlement['action'], ActionLetter>> = { ack: 'a', retry: 'r', 'dead-letter': 'd', release: 'f', leak: 'l' };

/** Ends leases. What is known already is answered without asking; the rest goes out with what else is on its way. */
export async function settleAll(owner: SettlingOwner, settlements: readonly Settlement[]): Promise<readonly SettleDeviation[]> {
  const items: (SettleItem | 'lost' | 'done' | SettleDeviation['result'])[] = [];
  const batches = new Set<SettleBatch>();
  for (const settlement of settlements) {
    const lease = settlement.token;
    if (!(lease instanceof RedisLease) || lease.owner !== owner.owner) items.push('lost');
    else if (lease.end !== 'live') items.push(lease.end === settlement.action ? (lease.outcome ?? 'done') : 'lost');
    else items.push(enter(owner, lease, settlement, batches));
  }
  if (batches.size > 0) {
    const done = [...batches].map((batch) => batch.done());
    for (const { settling } of owner.lines) if (settling.isOpen) settling.flush();
    await Promise.all(done);
  }
  let deviations: SettleDeviation[] | undefined;
  for (let index = 0; index < items.length; index += 1) {
    const item = items[index];
    if (item === undefined || item === 'done') continue;
    if (typeof item === 'string') (deviations ??= []).push({ index, result: item });
    else if (item.result === 'failed') (deviations ??= []).push({ index, result: 'failed', error: item.error });
    else if (item.result !== undefined) (deviations ??= []).push({ index, result: item.result });
  }
  return deviations ?? asAsked;
}

function enter({ lines }: SettlingOwner, lease: RedisLease, { action, delayMs, failure }: Settlement, batches: Set<SettleBatch>): SettleItem | 'lost' {
  const line = lines[lease.shard];
  if (line === undefined) return 'lost';
  if (lease.settling !== undefined) {
    const found = line.settling.find(lease);
    // The first one counts.
    if (found === undefined || found.item.action !== action) return 'lost';
    batches.add(found.batch);
    return found.item;
  }
  const reason = failure?.reason ?? 'Rejected';
  const note = action === 'dead-letter' ? noteText(failure ?? { reason }) : action === 'retry' || action === 'leak' ? noteDetails(failure) : '';
  const item: SettleItem = { lease, letter: letters[action], action, delayMs: delayMs ?? -1, note, reason, result: undefined, error: undefined };
  batches.add(line.settling.add(item));
  return item;
}
