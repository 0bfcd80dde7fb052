import { asList, asNumber } from '../connection/reply.js';
import type { Argument } from '../connection/connection.js';
import type { RedisLease } from '../lease/lease.js';
import { isBefore } from './entry-ids.js';
import { renewScript } from './scripts/renew.js';
import type { ShardLine } from './shard-line.js';
import { streams } from './streams.js';
import type { Context } from '../context.js';

/** Renews leases of one shard; answers those that are not held any more. */
export async function renewIn(context: Context, line: ShardLine, consumerId: string, leases: readonly RedisLease[], isAttached: boolean): Promise<RedisLease[]> {
  const { keys, own } = line.upkeep;
  const names = [keys.topic, own.retry, own.solo];
  const used: string[] = [own.seen];
  const args: Argument[] = [own.group, consumerId, isAttached ? '1' : '0'];
  const inOrder: RedisLease[] = [];
  streams.forEach((stream, index) => {
    const own = leases.filter((lease) => lease.stream === stream);
    if (own.length === 0) return;
    let [first, last] = [own[0]?.entryId ?? '', own[0]?.entryId ?? ''];
    for (const { entryId } of own) {
      if (isBefore(entryId, first)) first = entryId;
      if (isBefore(last, entryId)) last = entryId;
    }
    used.push(names[index] ?? '');
    args.push(own.length, first, last, ...own.map(({ entryId }) => entryId));
    inOrder.push(...own);
  });
  const lost = asList(await context.connection.run(renewScript, used, args));
  return lost.map((place) => inOrder[asNumber(place)]).filter((lease) => lease !== undefined);
}
