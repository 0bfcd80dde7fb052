import type { Script } from '../connection/script.js';
import { script } from '../connection/script.js';
import { lua } from '../scripts/prelude.js';
import { claimLua } from './lua-claim.js';
import { settleLua } from './lua-settle.js';
import { orderLua } from './lua-state.js';

/**
 * One turn of a consumer: settles, frees keys, hands on and claims in one step. ARGV: subscription, group, consumer, number of the turn, credit,
 * run, most messages to walk over, '1' to be seen, the isolated lease in hand (stream, id, count; or three empty ones), number of keys to look at
 * again, these, then the settlements (lua-settle.ts). Credit -1 closes the number of a turn. A turn that is sent twice is answered twice and done once; a lower number is refused.
 */
export const turnScript: Script = script('order-turn', `${orderLua.tools}${lua.holdings}
local consumer = ARGV[3]
${orderLua.opening}${orderLua.state}
local turn, credit, run, limit = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])
${settleLua}
${claimLua}

local function answer(makeRoom, hush, isMore)
  local due = nextDue or redis.call('ZRANGE', D, 0, 0, 'WITHSCORES')[2] or 'inf'
  local last = #takes == 0 and redis.call('XREVRANGE', W, '+', '-', 'COUNT', 1)[1]
  return { 'ok', int(at), int(record.v), int(record.at), cur, due == 'inf' and '' or due, makeRoom, hush, isMore, last and last[1] or '0-0', results, takes, more, events, gone }
end

local known = tonumber(redis.call('HGET', STATE, 'o:' .. consumer) or '0')
if known > turn then return { 'stale' } end
if known == turn then
  -- The answer was lost on the way: the same again.
  local packed = redis.call('HGET', STATE, 'O:' .. consumer)
  local kept = packed and unpacked(packed) or { {}, {}, {} }
  results, more = kept[1], kept[3]
  for _, item in ipairs(kept[2]) do
    if type(item) == 'string' then item = { item } end
    local fields = one(item[3] == 'r' and RETRY or T, item[1])
    if fields then
      item[2] = fields
      takes[#takes + 1] = item
    end
  end
  return answer(0, 0, 0)
end

local extra = tonumber(ARGV[12])
settleItems(13 + extra)
local makeRoom, hush, isMore = 0, 0, 0
if credit > 0 and ARGV[9] ~= '' and holdings(streams[ARGV[9]], group, consumer, ARGV[10], ARGV[10])[ARGV[10]] == tonumber(ARGV[11]) then
  credit = 0
  hush = 1
end
bringDue()
for n = 13, 12 + extra do touch(ARGV[n]) end
local verdict = credit > 0 and grantAlone() or 'none'
if verdict ~= 'none' then
  hush = 1
  makeRoom = verdict == 'asked' and 1 or 0
  credit = 0
end
serveTouched()
if credit > 0 then
  takeReady()
  if walk(limit) then isMore = 1 end
  if isShut then hush = 1 end
  if wasAlone and #takes == 0 then
    verdict = grantAlone()
    if verdict ~= 'none' then hush = 1 end
    makeRoom = verdict == 'asked' and 1 or 0
  end
end
if #fresh > 0 then
  for first = 1, #fresh, 4000 do
    local ids = {}
    for n = first, math.min(first + 3999, #fresh) do ids[#ids + 1] = fresh[n] end
    ids[#ids + 1] = 'FORCE'; ids[#ids + 1] = 'JUSTID'; ids[#ids + 1] = 'RETRYCOUNT'; ids[#ids + 1] = 1
    redis.call('XCLAIM', T, group, consumer, 0, unpack(ids))
  end
end
if cur ~= state[2] then
  redis.call('XGROUP', 'SETID', T, group, cur)
  redis.call('HSET', M, 'cur', cur)
end
saveHolds()
ring()
if ARGV[8] == '1' then redis.call('ZADD', SEEN, int(at), consumer) end
if #takes > 0 or #ARGV >= 13 + extra or tonumber(ARGV[5]) < 0 then
  local brief = {}
  for n, item in ipairs(takes) do brief[n] = #item == 2 and item[1] or { item[1], '', item[3], item[4], item[5], item[6] } end
  redis.call('HSET', STATE, 'o:' .. consumer, int(turn), 'O:' .. consumer, pack({ results, brief, more }), 'last', int(at))
end
return answer(makeRoom, hush, isMore)`);
