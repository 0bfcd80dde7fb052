import type { Script } from '../connection/script.js';
import { script } from '../connection/script.js';
import { lua } from '../scripts/prelude.js';
import { upkeep } from './upkeep-lua.js';

/**
 * Trims one shard: what is settled, and beyond the bound or the retention time. ARGV[2]: 1 where
 * the server knows MINID. Answers 'gone', 'stale' (other subscriptions), 'lost' (a group is gone), or {1 where there may be more, group of an ephemeral one,
 * what it missed, …}. Nothing is read but ids where nobody has to be told; with \`~\` about 10,000 entries go in a call, the rest in the next one.
 */
export const trimScript: Script = script('trim-topic', `${lua.now}${lua.int}${upkeep.groups}${upkeep.ids}${upkeep.floor}
local meta = redis.call('HMGET', KEYS[2], 'sv', 'ml', 'rt', 'sc')
if not meta[1] or redis.call('EXISTS', KEYS[1]) == 0 then return 'gone' end
if meta[1] ~= ARGV[1] then return 'stale' end
local bound, keptFrom = math.ceil(tonumber(meta[2]) / tonumber(meta[4])), int(math.max(0, now() - tonumber(meta[3]))) .. '-0'
local groups, subs = groupsOf(KEYS[1]), subscriptionsOf()
local floor = floorOf(groups, subs)
if floor == false then return 'lost' end
local function oldest()
  local entry = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 1)[1]
  return entry and entry[1]
end
local function isSettled(id) return not floor or isBefore(id, floor) end

-- Up to here no ephemeral subscription misses anything, so nobody has to be told.
local behind, calm = {}, floor
for _, sub in ipairs(subs) do
  local group = groups[sub.group]
  if sub.kind == 'e' and group then
    local last = group['last-delivered-id']
    behind[#behind + 1] = {group = sub.group, last = last, missed = 0}
    if not calm or isBefore(following(last), calm) then calm = following(last) end
  end
end

local function step(excess)
  local last
  for _, entry in ipairs(redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 200)) do
    local id = entry[1]
    if not isSettled(id) or (excess <= 0 and not isBefore(id, keptFrom)) then break end
    excess, last = excess - 1, id
    for _, sub in ipairs(behind) do
      if isBefore(sub.last, id) then sub.missed, sub.last, sub.moved = sub.missed + 1, id, true end
    end
    if ARGV[2] ~= '1' then redis.call('XDEL', KEYS[1], id) end
  end
  if last and ARGV[2] == '1' then redis.call('XTRIM', KEYS[1], 'MINID', following(last)) end
  return last ~= nil
end

-- One message that stays unsettled for long must not keep all that is settled behind it: up to where every group has read, what is in no pending list
-- may go. Where an order is kept only up to its floor: what is parked is in no list.
local function thin(most)
  local limit
  local function upTo(id)
    if not limit or isBefore(id, limit) then limit = id end
  end
  for _, sub in ipairs(subs) do
    local group = groups[sub.group]
    if group and sub.kind == 'o' then upTo(floorOf(groups, {sub})) elseif group then upTo(following(group['last-delivered-id'])) end
  end
  local from, gone = '-', 0
  for _ = 1, 5 do
    local page = redis.call('XRANGE', KEYS[1], from, '+', 'COUNT', 200)
    if not limit or #page == 0 then break end
    local first, last, kept = page[1][1], page[#page][1], {}
    for _, sub in ipairs(subs) do
      if sub.kind ~= 'e' then
        for _, row in ipairs(redis.call('XPENDING', KEYS[1], sub.group, first, last, 200)) do kept[row[1]] = true end
      end
    end
    for _, entry in ipairs(page) do
      if gone >= most or not isBefore(entry[1], limit) then return end
      if not kept[entry[1]] then gone = gone + redis.call('XDEL', KEYS[1], entry[1]) end
    end
    from = following(last)
  end
end

local isMore = 0
local function excess() return redis.call('XLEN', KEYS[1]) - bound end
if not calm then redis.call('XTRIM', KEYS[1], 'MAXLEN', bound) end
if ARGV[2] == '1' then
  local target = calm and isBefore(calm, keptFrom) and calm or keptFrom
  if redis.call('XTRIM', KEYS[1], 'MINID', '~', target, 'LIMIT', 10000) > 0 then isMore = 1
  else redis.call('XTRIM', KEYS[1], 'MINID', target) end
  local most = math.min(excess(), 10000)
  if calm and most > 200 and redis.call('XTRIM', KEYS[1], 'MINID', '~', calm, 'LIMIT', most) > 0 then isMore = 1 end
end
local head = oldest()
if head and isSettled(head) and (excess() > 0 or isBefore(head, keptFrom)) and isMore == 0 and step(excess()) then
  head = oldest()
  if head and isSettled(head) and (excess() > 0 or isBefore(head, keptFrom)) then isMore = 1 end
end

if isMore == 0 and head and excess() > 0 then thin(excess()) end

local answer = {isMore}
for _, sub in ipairs(behind) do
  if sub.moved then
    redis.call('XGROUP', 'SETID', KEYS[1], sub.group, sub.last)
    answer[#answer + 1] = sub.group
    answer[#answer + 1] = sub.missed
  end
end
return answer`);
