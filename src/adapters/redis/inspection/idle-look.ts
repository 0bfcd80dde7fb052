import { dayMs, IdleWatch } from '../../common/idle-watch.js';
import { asNumber } from '../connection/reply.js';
import type { Script } from '../connection/script.js';
import { script } from '../connection/script.js';
import type { Context } from '../context.js';
import { lua } from '../scripts/prelude.js';
import type { Directory } from '../topics/directory.js';
import type { SubscriptionRecord } from '../topics/records.js';
import { inspectionLua } from './lua.js';
import type { Place } from './place.js';
import { placesOf } from './place.js';
import { subscriptionStats } from './stats.js';

/**
 * For how many ms nobody has taken or settled anything, and nobody was there to do so. What is compared lies in the server, so that it holds over restarts of
 * all processes. KEYS: stream, state, seen. ARGV: group.
 */
const idleScript: Script = script('idle-for', `${lua.now}${lua.int}${inspectionLua.groupOf}
local group, at = groupOf(KEYS[1], ARGV[1]), now()
if not group then return 0 end
local state = redis.call('HMGET', KEYS[2], 'idle', 'last')
local mark = group['last-delivered-id'] .. '/' .. int(group.pending) .. '/' .. (state[2] or '')
local since, known = string.match(state[1] or '', '^(%d+)|(.*)$')
if known ~= mark then
  since = int(at)
  redis.call('HSET', KEYS[2], 'idle', since .. '|' .. mark)
end
local seen = redis.call('ZREVRANGEBYSCORE', KEYS[3], '(+inf', '-inf', 'WITHSCORES', 'LIMIT', 0, 1)[2]
return int(math.max(0, at - math.max(tonumber(since), tonumber(seen or '0'))))`);

/** Whoever is told 1 reports it: one process in each time. KEYS: state. ARGV: time between two reports. */
const reportScript: Script = script('idle-report', `${lua.now}${lua.int}
local at = now()
if at < tonumber(redis.call('HGET', KEYS[1], 'idle-told') or '0') + tonumber(ARGV[1]) then return 0 end
redis.call('HSET', KEYS[1], 'idle-told', int(at))
return 1`);

/** Looks whether anybody reads a subscription. */
class IdleLook {
  readonly #context: Context;
  readonly #directory: Directory;
  readonly #idleMs: number;

  constructor(context: Context, directory: Directory, idleMs: number) {
    this.#context = context;
    this.#directory = directory;
    this.#idleMs = idleMs;
  }

  async lookAt(record: SubscriptionRecord): Promise<void> {
    const { connection } = this.#context;
    const places = placesOf(this.#context, record);
    const [first] = places;
    const idle = await Promise.all(places.map((place) => this.#idleFor(place)));
    const idleMs = Math.min(...idle);
    if (first === undefined || idleMs < this.#idleMs) return;
    const waiting = (await subscriptionStats(this.#context, this.#directory, record))?.waiting ?? 0;
    if (waiting === 0 || (await connection.run(reportScript, [first.own.state], [this.#idleMs])) !== 1) return;
    this.#context.report({ type: 'subscription-idle', subscription: record.ref, idleMs, waiting });
  }

  async #idleFor({ topic, own }: Place): Promise<number> {
    return asNumber(await this.#context.connection.run(idleScript, [topic.topic, own.state, own.seen], [own.group]));
  }
}

export function idleWatch(context: Context, directory: Directory, idleMs: number = dayMs): IdleWatch<SubscriptionRecord> {
  const idle = new IdleLook(context, directory, idleMs);
  return new IdleWatch({ runtime: context.runtime, overview: (ref) => directory.overview(ref), lookAt: (record) => idle.lookAt(record) });
}
