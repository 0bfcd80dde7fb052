import type { TopicRef } from '../../../port/names.js';
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

const dayMs = 86_400_000;
const hourMs = 3_600_000;

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

/** Notices subscriptions that nobody reads: they hold back what their topic retains. */
export class IdleWatch {
  readonly #context: Context;
  readonly #directory: Directory;
  readonly #idleMs: number;
  readonly #everyMs: number;
  readonly #nextAt: Map<string, number> = new Map();

  constructor(context: Context, directory: Directory, idleMs: number = dayMs, everyMs: number = hourMs) {
    this.#context = context;
    this.#directory = directory;
    this.#idleMs = idleMs;
    this.#everyMs = everyMs;
  }

  /** Looks at a topic now and then: whoever publishes or consumes calls this as often as it likes. */
  touch(ref: TopicRef): void {
    const key = this.#context.keys.topicKey(ref);
    const now = this.#context.runtime.now();
    if (now < (this.#nextAt.get(key) ?? 0)) return;
    this.#nextAt.set(key, now + this.#everyMs);
    // The next look says what this one could not.
    this.look(ref).catch(() => undefined);
  }

  async look(ref: TopicRef): Promise<void> {
    const subscriptions = (await this.#directory.overview(ref))?.subscriptions ?? [];
    for (const record of subscriptions) if (!record.ephemeral) await this.#lookAt(record);
  }

  async #lookAt(record: SubscriptionRecord): Promise<void> {
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
