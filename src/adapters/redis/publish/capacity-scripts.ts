import type { Script } from '../connection/script.js';
import { script } from '../connection/script.js';
import { lua } from '../scripts/prelude.js';
import { upkeep } from './upkeep-lua.js';

/**
 * `unsettledOf(sub, groups, most)`: what one subscription has not settled. Where the server cannot tell how many entries were never delivered (before 7.0, or
 * after the position was set), they are counted, but no further than `most`.
 *
 * `unionOf(subs, groups)`: how many messages some subscription has not settled. Exact, and expensive: for small bounds.
 */
const counting = `
local function copiesOf(sub)
  if sub.kind == 'n' then return redis.call('XLEN', KEYS[sub.key]) + redis.call('XLEN', KEYS[sub.key + 1]) + redis.call('ZCARD', KEYS[sub.key + 2]) - 1 end
  -- Copies: what was leased as such when the order came, and last attempts that run alone.
  local held = redis.call('XLEN', KEYS[sub.key + 3]) + redis.call('XLEN', KEYS[sub.key + 4])
  for n = 1, 2 do
    local set = KEYS[sub.key + n]
    held = held + redis.call('ZCARD', set) - (redis.call('ZSCORE', set, '') and 1 or 0)
  end
  return held
end
local function undelivered(group, most)
  if type(group.lag) == 'number' then return group.lag end
  local count, from = 0, following(group['last-delivered-id'])
  while count < most do
    local page = redis.call('XRANGE', KEYS[1], from, '+', 'COUNT', 500)
    count = count + #page
    if #page < 500 then return count end
    from = following(page[500][1])
  end
  return count
end
local function unsettledOf(sub, groups, most)
  local group = groups[sub.group]
  return group.pending + undelivered(group, most) + copiesOf(sub)
end`;

const union = `
local function unionOf(subs, groups)
  local ids, union, size = {}, {}, 0
  local function take(id)
    if not union[id] then union[id] = true; size = size + 1 end
  end
  local entries = redis.call('XRANGE', KEYS[1], '-', '+')
  for _, entry in ipairs(entries) do ids[entry[1]] = find(entry[2], 'i') or entry[1] end
  for _, sub in ipairs(subs) do
    if sub.kind ~= 'e' then
      local group = groups[sub.group]
      for _, entry in ipairs(entries) do
        if isBefore(group['last-delivered-id'], entry[1]) then take(ids[entry[1]]) end
      end
      for _, row in ipairs(redis.call('XPENDING', KEYS[1], sub.group, '-', '+', 100000)) do take(ids[row[1]] or row[1]) end
      if sub.kind == 'n' then
        for n = 0, 1 do
          for _, entry in ipairs(redis.call('XRANGE', KEYS[sub.key + n], '-', '+')) do take(find(entry[2], 'i') or entry[1]) end
        end
        for _, id in ipairs(redis.call('ZRANGE', KEYS[sub.key + 2], 0, -1)) do
          if id ~= '' then take(id) end
        end
      end
    end
  end
  return size
end`;

/**
 * Counts what is not settled and says how much may be added before the next count. ARGV[2]: messages that need room. Answers 'gone', 'stale', 'lost', or
 * {1 where they fit, room, held, number of the fullest subscription or 0, what it left, bound, 1 where the topic fills up just now,
 * 1 where the oldest are to make way}.
 */
export const measureScript: Script = script('measure-topic', `${lua.int}${lua.find}${upkeep.groups}${upkeep.ids}${counting}${union}
local meta = redis.call('HMGET', KEYS[2], 'sv', 'ml', 'fill', 'sc', 'of')
if not meta[1] then return 'gone' end
if meta[1] ~= ARGV[1] then return 'stale' end
local bound, need = math.ceil(tonumber(meta[2]) / tonumber(meta[4])), tonumber(ARGV[2])
local makesWay = meta[5] == 'dropOldest' and 1 or 0
local groups, subs = groupsOf(KEYS[1]), subscriptionsOf()
local held, most, fullest, sum, hasOrder = 0, -1, 0, 0, false
for n, sub in ipairs(subs) do
  if sub.kind ~= 'e' then
    if not groups[sub.group] then return 'lost' end
    local unsettled = unsettledOf(sub, groups, bound + need)
    sum = sum + unsettled
    hasOrder = hasOrder or sub.kind == 'o'
    if unsettled > most then most, fullest = unsettled, n end
  end
end
if fullest == 0 then
  redis.call('HSET', KEYS[2], 'room', int(math.max(bound, need)))
  return {1, math.max(bound, need), 0, 0, 0, bound, 0, makesWay}
end
held = most
local mark = math.ceil(bound * 0.8)
if sum > most and sum + need >= mark and bound <= 2000 and not hasOrder then held = unionOf(subs, groups) end
local fits = held + need <= bound
local isFilling = fits and held + need >= mark
local room = (isFilling or not fits) and bound - held or mark - 1 - held
redis.call('HSET', KEYS[2], 'room', int(math.max(room, 0)))
local isNew = isFilling and meta[3] ~= '1'
if isNew then redis.call('HSET', KEYS[2], 'fill', '1') end
if meta[3] == '1' and held < bound * 0.7 then redis.call('HSET', KEYS[2], 'fill', '0') end
return {fits and 1 or 0, math.max(room, 0), held, fullest, most + (fits and need or 0), bound, isNew and 1 or 0, makesWay}`);

/**
 * Drops the oldest that wait until \`need\` more have room; what is leased stays, and need is granted in any case. ARGV[2]: need. Where an order is kept only its own
 * script can drop. Answers as measure does where it cannot, or two flat lists: number of a subscription, id, deliveries, for each that was dropped; and number,
 * how many to drop, for those with an order.
 */
export const dropOldestScript: Script = script('drop-oldest', `${lua.int}${lua.find}${upkeep.groups}${upkeep.ids}${counting}${union}
local meta = redis.call('HMGET', KEYS[2], 'sv', 'ml', 'fill', 'sc')
if not meta[1] then return 'gone' end
if meta[1] ~= ARGV[1] then return 'stale' end
local bound, need = math.ceil(tonumber(meta[2]) / tonumber(meta[4])), tonumber(ARGV[2])
local groups, subs = groupsOf(KEYS[1]), subscriptionsOf()
redis.call('HSET', KEYS[2], 'room', int(need))

-- The oldest that wait in a subscription: {order of the message, id, deliveries, how it goes}.
local function waiting(sub, limit)
  local found, group = {}, groups[sub.group]
  local function add(id, place, deliveries, go) found[#found + 1] = {id = id, place = place, deliveries = deliveries, go = go, sub = sub} end
  if sub.kind == 'n' then
    for n = 0, 1 do
      local stream = KEYS[sub.key + n]
      local copies = groupsOf(stream)[sub.group]
      local from = copies and following(copies['last-delivered-id']) or '-'
      for _, entry in ipairs(redis.call('XRANGE', stream, from, '+', 'COUNT', limit)) do
        local fields = entry[2]
        local id = find(fields, 'i') or entry[1]
        add(id, find(fields, 'p') or '0', tonumber(find(fields, 'a') or 0), function() redis.call('XDEL', stream, entry[1]) end)
      end
    end
    for _, id in ipairs(redis.call('ZRANGE', KEYS[sub.key + 2], 0, limit)) do
      if id ~= '' then
        local text = redis.call('HGET', KEYS[sub.key + 3], id)
        local fields = text and cmsgpack.unpack(text) or {}
        add(id, find(fields, 'p') or '0', tonumber(find(fields, 'a') or 0), function()
          redis.call('ZREM', KEYS[sub.key + 2], id)
          redis.call('HDEL', KEYS[sub.key + 3], id)
        end)
      end
    end
  end
  -- What an order has not read is for its own scripts to skip.
  if sub.kind == 'o' then return found end
  for _, entry in ipairs(redis.call('XRANGE', KEYS[1], following(group['last-delivered-id']), '+', 'COUNT', limit)) do
    local ms = string.match(entry[1], '^%d+')
    add(find(entry[2], 'i') or entry[1], ms, 0, function() sub.upTo = entry[1] end)
  end
  return found
end
local function placeOf(item)
  local ms, seq = string.match(item.id, '^(%d+)%-(%d+)$')
  return tonumber(item.place), tonumber(ms and seq or 0)
end
local function isOlder(left, right)
  local ms, seq = placeOf(left)
  local otherMs, otherSeq = placeOf(right)
  if ms ~= otherMs then return ms < otherMs end
  if seq ~= otherSeq then return seq < otherSeq end
  return left.id < right.id
end

local most, list, lanes = 0, {}, {}
for n, sub in ipairs(subs) do
  if sub.kind ~= 'e' then
    if not groups[sub.group] then return 'lost' end
    sub.number = n
    local unsettled = unsettledOf(sub, groups, bound + need)
    most = math.max(most, unsettled)
    if sub.kind == 'o' and unsettled + need > bound then
      lanes[#lanes + 1] = n
      lanes[#lanes + 1] = math.min(unsettled + need - bound, 1000)
    end
  end
end
local held = #lanes == 0 and bound <= 2000 and unionOf(subs, groups) or most
local excess = held + need - bound
if excess <= 0 then return {{}, {}} end
excess = math.min(excess, 1000)
for _, sub in ipairs(subs) do
  if sub.number then
    for _, item in ipairs(waiting(sub, excess)) do list[#list + 1] = item end
  end
end
table.sort(list, isOlder)
local answer, gone, went, last = {}, 0, {}, nil
for _, item in ipairs(list) do
  if item.id ~= last then
    if gone >= excess then break end
    gone, last = gone + 1, item.id
  end
  item.go()
  answer[#answer + 1] = item.sub.number
  answer[#answer + 1] = item.id
  answer[#answer + 1] = item.deliveries
end
for _, sub in ipairs(subs) do
  if sub.upTo then redis.call('XGROUP', 'SETID', KEYS[1], sub.group, sub.upTo) end
end
return {answer, lanes}`);
