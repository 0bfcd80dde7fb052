import { script } from '../../../../src/adapters/redis/connection/script.js';
import { Stop } from '../../../../src/adapters/redis/delivery/stop.js';
import { Inspector } from '../../../../src/adapters/redis/inspection/inspector.js';
import { shardKeys, subscriptionKeys } from '../../../../src/adapters/redis/layout/shard-keys.js';
import { convertOrder } from '../../../../src/adapters/redis/order/convert.js';
import { orderedLink } from '../../../../src/adapters/redis/order/link.js';
import { lua } from '../../../../src/adapters/redis/scripts/prelude.js';
import type { SubscriptionStats } from '../../../../src/port/inspection.js';
import type { Claimed, SettleAction } from '../../../../src/port/lease.js';
import type { SubscriptionRef, TopicRef } from '../../../../src/port/names.js';
import type { Desk, DeskOptions } from '../topics/support.js';
import { ask, openDesk, streamOf } from '../topics/support.js';

export interface Office extends Desk {
  readonly inspector: Inspector;
  counts(ref: SubscriptionRef): Promise<SubscriptionStats>;
  /** Moves messages that a consumer holds into the dead letters, the delayed ones or back, as a settlement does. */
  put(ref: SubscriptionRef, where: 'dead' | 'delayed' | 'retry', ids: readonly string[], about?: About): Promise<void>;
}

export interface About {
  readonly reason?: string;
  /** When it died, or is due, ms; default: now. */
  readonly at?: number;
  readonly attempts?: number;
}

/** ARGV: group, where, reason, at, attempts, entry ids. KEYS: stream, retry, delayed, held, dead, dead-body. */
const putScript = script('test-put', `${lua.now}${lua.int}${lua.find}${lua.copy}${lua.storedAt}${lua.add}${lua.one}${lua.pack}${lua.bury}
local at = tonumber(ARGV[4]) or now()
for n = 6, #ARGV do
  local fields = one(KEYS[1], ARGV[n])
  local out, id = copy(fields, ARGV[n], storedAt(ARGV[n]), tonumber(ARGV[5]))
  redis.call('XACK', KEYS[1], ARGV[1], ARGV[n])
  if ARGV[2] == 'dead' then bury(KEYS[5], KEYS[6], out, id, at, tonumber(ARGV[5]), '"reason":"' .. ARGV[3] .. '"')
  elseif ARGV[2] == 'retry' then add(KEYS[2], out)
  else
    redis.call('HSET', KEYS[4], id, pack(out))
    redis.call('ZADD', KEYS[3], int(at), id)
  end
end
return 1`);

/** A process that looks at topics, over a connection of its own. */
export async function openOffice(options: DeskOptions = {}): Promise<Office> {
  const desk = await openDesk({ convertOrder, ...options });
  const { context, directory, retention, mover } = desk;
  const inspector = new Inspector(context, directory, retention, mover);
  return {
    ...desk,
    inspector,
    counts: async (ref) => {
      const found = (await ask(inspector.stats(ref))).subscriptions.find(({ name }) => name === ref.subscription);
      if (found === undefined) throw new Error(`no counts of ${ref.subscription}`);
      return found;
    },
    put: async (ref, where, ids, { reason = 'Rejected', at, attempts = 1 } = {}) => {
      const keys = shardKeys(context.keys, ref, 0);
      const { group, retry, delayed, held, dead, deadBody } = subscriptionKeys(context.keys, keys, ref.subscription);
      for (let from = 0; from < ids.length; from += 1_000) {
        await context.connection.run(putScript, [keys.topic, retry, delayed, held, dead, deadBody], [group, where, reason, at ?? '', attempts, ...ids.slice(from, from + 1_000)]);
      }
    },
  };
}

/** Bodies m0, m1, … */
export function numbered(count: number): string[] {
  return Array.from({ length: count }, (_, number) => `m${number}`);
}

/** Publishes without a publisher: fast, and with ids that are known. */
export async function fill({ context: { connection } }: Office, ref: TopicRef, count: number): Promise<string[]> {
  const add = script('test-fill', `
local ids = {}
for n = 1, tonumber(ARGV[1]) do ids[n] = redis.call('XADD', KEYS[1], '*', 'b', 'm' .. (ARGV[2] + n - 1)) end
return ids`);
  const all: string[] = [];
  while (all.length < count) {
    const ids = await connection.run(add, [streamOf(ref)], [Math.min(5_000, count - all.length), all.length]);
    if (Array.isArray(ids)) all.push(...ids.map(String));
  }
  return all;
}

/** A consumer of a subscription that keeps an order. */
export async function orderedConsumer({ context, directory }: Office, ref: SubscriptionRef): Promise<{ take(max?: number): Promise<readonly Claimed[]>; end(action: SettleAction, claimed: readonly Claimed[], delayMs?: number): Promise<void> }> {
  const record = await directory.subscription(ref);
  if (record === undefined) throw new Error('no subscription');
  const link = await orderedLink(context, directory, ref, record, { consumerId: context.runtime.newId(), consumerName: 'c' });
  return {
    take: async (max = 10) => (await link.claim(max, new Stop())).deliveries,
    end: async (action, claimed, delayMs) => { await link.settle(claimed.map(({ token }) => ({ token, action, ...(delayMs === undefined ? {} : { delayMs }), ...(action === 'dead-letter' ? { failure: { reason: 'Rejected' } } : {}) }))); },
  };
}
