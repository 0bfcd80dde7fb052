import type { Script } from '../connection/script.js';
import { script } from '../connection/script.js';
import { orderLua } from '../order/lua-state.js';
import { upkeep } from '../publish/upkeep-lua.js';
import { lua } from '../scripts/prelude.js';
import { latestReason } from './dead-letter-scripts.js';
import { inspectionLua } from './lua.js';

/** `fresh(fields)`: pairs without the count and the mark of lapses: a message that begins anew. The history of its deaths stays. */
const fresh = `
local function fresh(fields)
  local out = {}
  for at = 1, #fields, 2 do
    local name = fields[at]
    if name ~= 'a' and name ~= 'l' and name ~= 'n' then
      out[#out + 1] = name
      out[#out + 1] = fields[at + 1]
    end
  end
  return out
end`;

/**
 * Both scripts: ARGV: subscription, group, stored order that the caller knows, what to do with each: \`r\` redrive dead letters, \`d\` deliver again, '1' with a
 * reason, reason. Then for \`r\` ids; for \`d\` of each message its id, its entry id, '1' where a copy of it is on its way; then its place and the pairs of a copy from
 * elsewhere with their number before them, '' and 0 where there is none. Answers {'done', how many} (\`d\`: that are there now), or another word where the
 * subscription is laid out otherwise. What was done already is not done again.
 */
const opening = `
local text = redis.call('HGET', SUBS, ARGV[1])
if not text then return {'gone'} end
local policy = cjson.decode(text).p
local group = ARGV[2]
if policy['or'] ~= ARGV[3] then return {'changed'} end`;

/** `dig(id)`: the pairs of a dead letter that fits, or nil. */
const dig = `
local function dig(id)
  if id == '' or not redis.call('ZSCORE', DEAD, id) then return nil end
  local packed = redis.call('HGET', BODY, id)
  local fields = packed and unpacked(packed)
  if not fields or (ARGV[5] == '1' and latestReason(fields) ~= ARGV[6]) then return nil end
  return fields
end
local function fillUp(id)
  redis.call('ZREM', DEAD, id)
  redis.call('HDEL', BODY, id)
end`;

const each = `
local count = 0
if ARGV[4] == 'r' then
  for n = 7, #ARGV do
    local fields = dig(ARGV[n])
    if fields then
      revive(ARGV[n], fields)
      count = count + 1
    end
  end
else
  local known = groupOf(T, group)
  if not known then return {'lost'} end
  local last = known['last-delivered-id']
  local n = 7
  while n <= #ARGV do
    local id, entry, size = ARGV[n], ARGV[n + 1], tonumber(ARGV[n + 4])
    local dead = dig(id)
    local fields = not dead and entry ~= '' and one(T, entry)
    if dead then
      revive(id, dead)
      count = count + 1
    elseif fields then
      count = count + 1
      local isThere = ARGV[n + 2] == '1' or isBefore(last, entry) or #redis.call('XPENDING', T, group, entry, entry, 1) > 0
      if not isThere then again(id, entry, fields) end
    elseif size > 0 then
      count = count + 1
      if ARGV[n + 2] ~= '1' then bringIn(id, ARGV[n + 3], { unpack(ARGV, n + 5, n + 4 + size) }) end
    end
    n = n + 5 + size
  end
end`;

/** For subscriptions without an order. KEYS: stream, subs, retry, delayed, dead, dead-body, meta. */
export const putBackScript: Script = script('put-back', `
local T, SUBS, RETRY, DELAYED, DEAD, BODY, META = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6], KEYS[7]
${lua.int}${lua.find}${lua.copy}${lua.storedAt}${lua.one}${lua.add}${lua.pack}${upkeep.ids}${inspectionLua.groupOf}${latestReason}${fresh}${opening}${dig}
local added = 0
-- The first write is one that a full memory refuses, before anything has been taken away.
local function revive(id, fields)
  add(RETRY, (copy(fresh(fields), id, find(fields, 'p') or storedAt(id), 0)))
  fillUp(id)
  added = added + 1
end
local function again(id, entry, fields)
  if redis.call('ZSCORE', DELAYED, id) then return end
  add(RETRY, (copy(fields, id, storedAt(entry), 0)))
  added = added + 1
end
local function bringIn(id, _, fields)
  if redis.call('ZSCORE', DELAYED, id) then return end
  add(RETRY, (copy(fields, id, '0', 0)))
  added = added + 1
end
${each}
if added > 0 then redis.call('HINCRBY', META, 'room', -added) end
return {'done', count}`);

/** For subscriptions that keep an order: each message goes to its old place in its lane. KEYS as of all scripts of order/, then meta. */
export const putBackInOrderScript: Script = script('put-back-in-order', `${orderLua.tools}${upkeep.ids}${inspectionLua.groupOf}${latestReason}${fresh}
local META = KEYS[19]
${opening}
local mode = redis.call('HMGET', KEYS[16], 'mode', 'cur')
if mode[1] ~= policy['or'] or not mode[2] then return {'mode'} end
local at = now()
${orderLua.state}${dig}
local added = 0
local function laneOf(fields, place)
  local key = find(fields, 'k')
  return policy['or'] == 'strict' and 's' or key and 'k' .. key or 'u' .. place
end
local function park(lane, h, place, isCarried)
  parkNow(lane, h, place, isCarried)
  if h.n == 0 and h.d == 0 then offer(lane, at) end
  added = added + 1
end
-- With its body: the stream may not have it.
local function carry(place, lane, fields)
  redis.call('HSET', HELD, place, pack(fields))
  savePast(place, { a = 0, leaks = 0, l = false, h = true, key = lane })
  park(lane, hold(lane), place, true)
end
local function revive(id, fields)
  local place = placeOf(fields, id)
  local lane = laneOf(fields, place)
  carry(place, lane, fresh(fields))
  fillUp(id)
end
local function again(_, entry, fields)
  local lane = laneOf(fields, entry)
  if redis.call('ZSCORE', D, entry) or redis.call('ZSCORE', P, prefixOf(lane) .. enc(entry)) then return end
  park(lane, hold(lane), entry, false)
end
local function bringIn(_, place, fields)
  local lane = laneOf(fields, place)
  if redis.call('ZSCORE', D, place) or redis.call('ZSCORE', P, prefixOf(lane) .. enc(place)) then return end
  carry(place, lane, fields)
end
${each}
saveHolds()
ring()
if added > 0 then redis.call('HINCRBY', META, 'room', -added) end
return {'done', count}`);
