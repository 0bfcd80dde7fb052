import type { ConsumerIdentity, RenewAnswer } from '../../../port/delivery-store.js';
import type { LeaseToken } from '../../../port/lease.js';
import type { SubscriptionRef } from '../../../port/names.js';
import type { SubscriptionPolicy } from '../../../port/policy.js';
import type { Argument } from '../connection/connection.js';
import { asList, asNumber } from '../connection/reply.js';
import type { Context } from '../context.js';
import type { RedisLease } from '../lease/lease.js';
import { orderPlace } from './order-keys.js';
import { isOwn } from './settle-calls.js';
import { renewScript } from './sweep-script.js';
import { streamLetter } from './turn-arguments.js';

/** Prolongs leases: one script a shard. It stands beside the turns, for a renewal must not wait behind them. */
export async function renew(context: Context, ref: SubscriptionRef, { consumerId }: ConsumerIdentity, policy: SubscriptionPolicy, tokens: readonly LeaseToken[], owner: object): Promise<RenewAnswer> {
  // From the time of asking: the server's lease begins later, never earlier.
  const leaseUntil = context.runtime.now() + policy.visibilityTimeoutMs;
  const lost: number[] = [];
  const shards = new Map<number, { readonly index: number; readonly lease: RedisLease }[]>();
  for (const [index, token] of tokens.entries()) {
    if (!isOwn(token, owner) || token.end !== 'live') lost.push(index);
    else {
      const list = shards.get(token.shard);
      if (list === undefined) shards.set(token.shard, [{ index, lease: token }]);
      else list.push({ index, lease: token });
    }
  }
  await Promise.all([...shards].map(async ([shard, leases]) => {
    const { all, group } = orderPlace(context.keys, ref, shard);
    const [topic = '', , retry = '', solo = '', , , , , seen = ''] = all;
    const args: Argument[] = [ref.subscription, group, consumerId];
    for (const { lease } of leases) args.push(streamLetter(lease), lease.entryId, lease.count);
    const [, gone] = asList(await context.connection.run(renewScript, [topic, retry, solo, seen], args));
    const missing = new Set(asList(gone).map(asNumber));
    leases.forEach(({ index, lease }, place) => {
      if (missing.has(place)) lost.push(index);
      else lease.leaseUntil = leaseUntil;
    });
  }));
  return { leaseUntil, lost: lost.sort((left, right) => left - right) };
}
