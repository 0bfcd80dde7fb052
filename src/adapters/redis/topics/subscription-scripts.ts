import type { Script } from '../connection/script.js';
import { script } from '../connection/script.js';
import { lua } from '../scripts/prelude.js';

/** KEYS 4 to 11: retry, solo, delayed, held, dead, dead-body, state, seen. */
const sentinels = `
local function sentinels(group)
  for n = 4, 5 do
    local made = redis.pcall('XGROUP', 'CREATE', KEYS[n], group, '0', 'MKSTREAM')
    if made.err and not string.find(made.err, 'BUSYGROUP', 1, true) then error(made.err) end
  end
  redis.call('ZADD', KEYS[6], '+inf', '')
  redis.call('HSETNX', KEYS[7], '', '')
  redis.call('ZADD', KEYS[8], '+inf', '')
  redis.call('HSETNX', KEYS[9], '', '')
  redis.call('HSETNX', KEYS[10], 'f', '1')
  redis.call('ZADD', KEYS[11], '+inf', '')
end`;

/** Tells all who consume it, in every process, by the channel that has the name of the topic's stream; who may not publish there is no worse off than without. */
const tell = `
local function tell(group) redis.pcall('PUBLISH', KEYS[1], group) end`;

const wipe = `
local function wipe(group)
  redis.pcall('XGROUP', 'DESTROY', KEYS[1], group)
  for n = 4, #KEYS do redis.call('UNLINK', KEYS[n]) end
end`;

/**
 * Writes the record of a subscription in one shard, with its groups and companions. KEYS: stream, meta, subs, the subscription's. ARGV: name, group,
 * version that is stored ('0': none, '*': shard 0 has decided, older ones are followed), record, its version, its time of creation, start, shard count.
 * Answers 'done', 'gone' (no topic), 'stale' (another shard count) or {'changed', record}. A change of policy names the first three keys only: some of the
 * others may not exist, and then a slot that is moving would refuse. Where they are needed all the same the answer is 'keys'.
 */
export const putSubscriptionScript: Script = script('put-subscription', `${sentinels}${tell}${wipe}
local name, group = ARGV[1], ARGV[2]
local meta = redis.call('HMGET', KEYS[2], 'f', 'sc', 'ml')
if not meta[1] then return 'gone' end
if meta[2] ~= ARGV[8] then return 'stale' end
local text = redis.call('HGET', KEYS[3], name)
local stored = text and cjson.decode(text)
if ARGV[3] == '*' then
  if stored and string.format('%.0f', stored.at) ~= ARGV[6] then
    if #KEYS == 3 then return 'keys' end
    wipe(group)
    stored = nil
  end
elseif string.format('%.0f', stored and stored.v or 0) ~= ARGV[3] then return {'changed', text or ''} end
if not stored then
  if #KEYS == 3 then return 'keys' end
  -- Nobody held the oldest back so far: the first one begins within the bound.
  if redis.call('HLEN', KEYS[3]) == 1 then redis.call('XTRIM', KEYS[1], 'MAXLEN', math.ceil(tonumber(meta[3]) / tonumber(meta[2]))) end
  local made = redis.pcall('XGROUP', 'CREATE', KEYS[1], group, ARGV[7], 'MKSTREAM')
  if made.err then
    if not string.find(made.err, 'BUSYGROUP', 1, true) then return made end
    redis.call('XGROUP', 'SETID', KEYS[1], group, ARGV[7])
  end
  sentinels(group)
end
if not stored or stored.v < tonumber(ARGV[5]) then
  redis.call('HSET', KEYS[3], name, ARGV[4])
  redis.call('HINCRBY', KEYS[2], 'sv', 1)
  redis.call('HSET', KEYS[2], 'room', '0')
  if stored and ARGV[3] ~= '*' then tell(group) end
end
return 'done'`);

/**
 * Removes a subscription from one shard. KEYS: stream, meta, subs, then all of its keys (`seen` is the eleventh). ARGV: name, group, and
 * '' | 'unseen' (only an ephemeral one that nobody is in) | ms (only an ephemeral one in which nobody was seen for so long). Answers 1, or 0.
 */
export const deleteSubscriptionScript: Script = script('delete-subscription', `${lua.now}${lua.int}${tell}${wipe}
local text = redis.call('HGET', KEYS[3], ARGV[1])
if not text then return 0 end
if ARGV[3] ~= '' then
  local stored = cjson.decode(text)
  if stored.eph ~= 1 then return 0 end
  if ARGV[3] == 'unseen' then
    if redis.call('ZCARD', KEYS[11]) > 1 then return 0 end
  else
    local oldest = now() - tonumber(ARGV[3])
    if stored.at > oldest or redis.call('ZCOUNT', KEYS[11], '(' .. int(oldest), '(+inf') > 0 then return 0 end
  end
end
redis.call('HDEL', KEYS[3], ARGV[1])
redis.call('HINCRBY', KEYS[2], 'sv', 1)
redis.call('HSET', KEYS[2], 'room', '0')
wipe(ARGV[2])
tell(ARGV[2])
return 1`);

/**
 * After a loss: makes groups and companions of a subscription again. KEYS as for put-subscription; ARGV: name, group. Answers 0 where there is
 * no record, else {1, group was made, stream was made, where from}.
 */
export const reviveScript: Script = script('revive-subscription', `${sentinels}
local text = redis.call('HGET', KEYS[3], ARGV[1])
if not text or redis.call('EXISTS', KEYS[2]) == 0 then return 0 end
local floor = redis.call('HGET', KEYS[10], 'floor')
local from = floor or (cjson.decode(text).eph == 1 and '$' or '0')
local there = redis.call('EXISTS', KEYS[1])
local made = redis.pcall('XGROUP', 'CREATE', KEYS[1], ARGV[2], from, 'MKSTREAM')
if made.err and not string.find(made.err, 'BUSYGROUP', 1, true) then return made end
sentinels(ARGV[2])
redis.call('HSET', KEYS[2], 'room', '0')
return {1, made.err and 0 or 1, 1 - there, floor or ''}`);

/**
 * Removes consumers that have not been seen for long and hold nothing. KEYS: stream, retry, solo, seen. ARGV: group, ms. Answers how many went.
 */
export const forgetConsumersScript: Script = script('forget-consumers', `${lua.now}${lua.int}
local function holds(consumer)
  for n = 1, 3 do
    local pending = redis.pcall('XPENDING', KEYS[n], ARGV[1], '-', '+', 1, consumer)
    if pending.err or #pending > 0 then return true end
  end
  return false
end
local gone = 0
for _, consumer in ipairs(redis.call('ZRANGEBYSCORE', KEYS[4], '-inf', int(now() - tonumber(ARGV[2])), 'LIMIT', 0, 200)) do
  if consumer ~= '' and not holds(consumer) then
    for n = 1, 3 do redis.call('XGROUP', 'DELCONSUMER', KEYS[n], ARGV[1], consumer) end
    redis.call('ZREM', KEYS[4], consumer)
    gone = gone + 1
  end
end
return gone`);
