import type { Script } from '../connection/script.js';
import { script } from '../connection/script.js';
import { lua } from '../scripts/prelude.js';

/** Companions are made with the topic and never get empty: a slot that is moving answers only for keys that exist. */
const sentinels = `
local function sentinels(at)
  redis.call('HSETNX', KEYS[3], '', '')
  redis.call('HSETNX', KEYS[4], '', '')
  redis.call('HSETNX', KEYS[5], '', at)
  redis.call('HSETNX', KEYS[6], '', '0')
  redis.call('ZADD', KEYS[7], '+inf', '')
  redis.call('HSETNX', KEYS[8], '', '')
  if redis.call('EXISTS', KEYS[1]) == 0 then
    redis.call('XGROUP', 'CREATE', KEYS[1], '-', '$', 'MKSTREAM')
    redis.call('XGROUP', 'DESTROY', KEYS[1], '-')
  end
end`;

/** Says which key is somebody else's, before anything is written. */
const ours = `
local types = {'stream', 'hash', 'hash', 'hash', 'hash', 'hash', 'zset', 'hash'}
local function refusal()
  for at, key in ipairs(KEYS) do
    local kind = redis.call('TYPE', key).ok
    if kind ~= 'none' and kind ~= types[at] then
      return 'CW_FOREIGN_VALUE ' .. key .. ' holds a ' .. kind .. ' of somebody else; choose another keyPrefix or remove it'
    end
    if at == 1 and kind == 'stream' then
      for _, info in ipairs(redis.call('XINFO', 'GROUPS', key)) do
        if string.sub(info[2], 1, 4) == 'sub:' then
          return 'CW_LEGACY_DATA ' .. key .. ' holds the subscription ' .. info[2] .. ' of Chronow 0.9; it was left as it is. Use another namespace or migrate it'
        end
      end
    end
  end
  local format = redis.call('HGET', KEYS[2], 'f')
  if format and tonumber(format) > 1 then return 'CW_FORMAT_TOO_NEW ' .. KEYS[1] .. ' is stored in format ' .. format .. ', this release reads format 1; update Chronow in this process. Nothing was changed.' end
  if not format and redis.call('EXISTS', KEYS[2]) == 1 then return 'CW_FOREIGN_VALUE ' .. KEYS[2] .. ' is not what Chronow writes' end
end`;

/**
 * Finds or makes one shard of a topic. ARGV: five limits as named ('' where not), the same five as a new topic gets them, in the order of the meta
 * fields ml of rt iw sc; then `1` where this is a shard that follows shard 0. Answers {created, meta}, or {'conflict', stored} for another shard count,
 * or {'strict', subscription} where an order forbids more shards.
 */
export const ensureTopicScript: Script = script('ensure-topic', `${lua.now}${lua.int}${ours}${sentinels}
local refused = refusal()
if refused then return redis.error_reply(refused) end
local names = {'ml', 'of', 'rt', 'iw', 'sc'}
local at = int(now())
local named, stored = ARGV[5], redis.call('HMGET', KEYS[2], 'sc', 'nm')
if not stored[1] then
  redis.call('HSET', KEYS[2], 'f', '1')
  for n, name in ipairs(names) do redis.call('HSET', KEYS[2], name, ARGV[n] ~= '' and ARGV[n] or ARGV[n + 5]) end
  redis.call('HMSET', KEYS[2], 'nm', named ~= '' and '1' or '0', 'at', at, 'sv', at, 'sn', at .. '000', 'room', '0')
  sentinels(at)
  return {1, redis.call('HGETALL', KEYS[2])}
end
if named ~= '' and ARGV[11] ~= '1' then
  if named ~= stored[1] and (stored[2] == '1' or tonumber(named) < tonumber(stored[1])) then return {'conflict', stored[1]} end
  if tonumber(named) > 1 then
    local subs = redis.call('HGETALL', KEYS[3])
    for n = 2, #subs, 2 do
      if subs[n] ~= '' and cjson.decode(subs[n]).p['or'] == 'strict' then return {'strict', subs[n - 1]} end
    end
  end
  redis.call('HSET', KEYS[2], 'nm', '1')
end
for n, name in ipairs(names) do
  if ARGV[n] ~= '' and redis.call('HGET', KEYS[2], name) ~= ARGV[n] then redis.call('HMSET', KEYS[2], name, ARGV[n], 'room', '0') end
end
sentinels(at)
return {0, redis.call('HGETALL', KEYS[2])}`);

/** Answers {meta, subscriptions}, or nil for a topic that does not exist. KEYS: meta, subs. */
export const readTopicScript: Script = script('read-topic', `
local meta = redis.call('HGETALL', KEYS[1])
if #meta == 0 then return false end
return {meta, redis.call('HGETALL', KEYS[2])}`);

/** Removes a shard with all of its keys. KEYS: meta, stream, then all the others. ARGV: the version of the subscriptions that KEYS were made from. */
export const deleteTopicScript: Script = script('delete-topic', `
local version = redis.call('HGET', KEYS[1], 'sv')
if not version then return 0 end
if version ~= ARGV[1] then return 'stale' end
redis.call('UNLINK', unpack(KEYS))
return 1`);
