import { script, type Script } from '../../connection/script.js';
import { lua } from '../../scripts/prelude.js';
import { pieces } from './pieces.js';

/**
 * The upkeep of one shard of a subscription: moves delayed messages that are due, takes leases back that lapsed, and notes who is here.
 * KEYS: topic, retry, solo, delayed, held, dead, dead-body, seen, subs, state, meta, open.
 * ARGV: group, subscription, what message ids of this shard begin with, the most delayed messages to move, the most leases to take back (0: do not look),
 * stream (1-3) and id to go on from, server time after which no lease is to be taken back, then the consumers that are here.
 * Answers: server time, version of the policy (-1: the subscription is gone; nothing more where it keeps an order by now), ms to the next delayed message (-1: none), copies added to retry, copies in solo that
 * nobody was handed, stream and id to go on from (stream 0: the round is complete, -1: it was too late to look), ms to the next lease on these pages (-1: none), how many
 * shards the topic has, then a row for each lease taken back:
 * stream, entry id, consumer, message id, deliveries, 0 back again, 1 dead-lettered, 2 dropped, 3 its body is gone.
 */
export const tickScript: Script = script('tick', `${lua.now}${lua.int}${lua.find}${lua.copy}${lua.storedAt}${lua.add}${lua.one}${lua.pack}${lua.bury}${pieces.policy}${pieces.alone}${pieces.plain}${pieces.due}${pieces.unread}
local retry, solo, delayed, body, dead, deadBody, seen = KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6], KEYS[7], KEYS[8]
local group, prefix = ARGV[1], ARGV[3]
local at = now()
local policy, version = policyOf(KEYS[9], ARGV[2])
if not policy then return { at, -1 } end
if policy['or'] ~= 'none' then return { at, version } end
redis.pcall('XGROUP', 'CREATE', KEYS[12], group, '$', 'MKSTREAM')
local added, rows = 0, {}
local function available(fields, attempts, lapsed)
  if alone(policy, attempts, lapsed) then add(solo, fields) else
    add(retry, fields)
    added = added + 1
  end
end

-- The first write frees something: a server that is out of memory lets the rest pass.
for _, id in ipairs(redis.call('ZRANGEBYSCORE', delayed, '-inf', int(at), 'LIMIT', 0, ARGV[4])) do
  local packed = redis.call('HGET', body, id)
  redis.call('ZREM', delayed, id)
  redis.call('HDEL', body, id)
  if packed then
    local fields = unpacked(packed)
    available(fields, tonumber(find(fields, 'a') or 0), find(fields, 'l') == '1')
  end
end

local function lapse(number, id, consumer, count)
  local stream = KEYS[number]
  local fields = one(stream, id)
  redis.call('XACK', stream, group, id)
  if not fields then return { number, id, consumer, prefix .. id, count, 3 } end
  local attempts = tonumber(find(fields, 'a') or 0) + count
  local result, copied, name = 0, nil, nil
  if attempts < policy.md then
    copied, name = copy(fields, prefix .. id, storedAt(id), attempts, true)
    available(copied, attempts, true)
  else
    copied, name = copy(plain(fields), prefix .. id, storedAt(id), attempts)
    result = policy.dl == 1 and 1 or 2
    if policy.dl == 1 then bury(dead, deadBody, copied, name, at, attempts, '"reason":"MaxDeliveries"') end
  end
  if number > 1 then redis.call('XDEL', stream, id) end
  return { number, id, consumer, name, attempts, result }
end
local function after(id)
  local ms, seq = string.match(id, '^(%d+)-(%d+)$')
  return ms .. '-' .. int(tonumber(seq) + 1)
end
local credit, number, from = tonumber(ARGV[5]), tonumber(ARGV[6]), ARGV[7]
-- Sent before the server stood still and carried out after it: whoever holds leases could not renew them.
if credit > 0 and at > tonumber(ARGV[8]) then number = -1 end
local nextEnd, looked, left = -1, 0, {}
while credit > 0 and number > 0 and looked < 500 do
  local page = redis.call('XPENDING', KEYS[number], group, from, '+', 500)
  looked = looked + #page
  for _, row in ipairs(page) do
    local id, idle = row[1], row[3]
    if idle >= policy.vt then
      if credit == 0 then
        nextEnd = 0
        from = id
        break
      end
      credit = credit - 1
      rows[#rows + 1] = lapse(number, id, row[2], row[4])
      left[row[2]] = number
    elseif nextEnd < 0 or policy.vt - idle < nextEnd then nextEnd = policy.vt - idle end
    from = after(id)
  end
  if credit > 0 and #page < 500 then
    number = (number + 1) % 4
    from = '-'
  end
end
for index = 9, #ARGV do redis.pcall('ZADD', seen, int(at), ARGV[index]) end
-- Whoever is not here any more goes with the last it held.
for consumer, stream in pairs(left) do
  if not redis.call('ZSCORE', seen, consumer) and #redis.call('XPENDING', KEYS[stream], group, '-', '+', 1, consumer) == 0 then
    redis.call('XGROUP', 'DELCONSUMER', KEYS[stream], group, consumer)
  end
end
-- Up to here the stream is settled; from here the group is made again, should it be lost.
local function floor()
  local oldest = redis.call('XPENDING', KEYS[1], group, '-', '+', 1)[1]
  if oldest then
    local ms, seq = string.match(oldest[1], '^(%d+)-(%d+)$')
    if seq ~= '0' then return ms .. '-' .. int(tonumber(seq) - 1) end
    return int(tonumber(ms) - 1) .. '-9007199254740991'
  end
  for _, info in ipairs(redis.call('XINFO', 'GROUPS', KEYS[1])) do
    if find(info, 'name') == group then return find(info, 'last-delivered-id') end
  end
end
local settled = floor()
-- These two are no reason to stop where memory is full.
if settled then redis.pcall('HSET', KEYS[10], 'floor', settled) end
local out = { at, version, due(delayed, at), added, unread(solo, group), number, from, nextEnd, tonumber(redis.call('HGET', KEYS[11], 'sc') or 0) }
for _, row in ipairs(rows) do out[#out + 1] = row end
return out`);
