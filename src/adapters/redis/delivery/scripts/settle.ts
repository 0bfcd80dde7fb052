import { script, type Script } from '../../connection/script.js';
import { lua } from '../../scripts/prelude.js';
import { pieces } from './pieces.js';

/**
 * Ends leases of any kind, each for itself: acknowledgements first, then the others in the order given. An item that cannot be done stays leased.
 * KEYS: topic, retry, solo, delayed, held, dead, dead-body, state, subs, open.
 * ARGV: group, consumer, number of the call, subscription, what message ids of this shard begin with, first and last id in each of the three streams (`-` where it
 * has none); then for each item: action, stream (1-3), id, delay (-1: by policy), note.
 * Actions: a ack, r retry, d dead-letter, f release, l leak, x expired, s spent before it was handed out (unless the policy as stored lets it live), u undecodable. x, s, u and f give the attempt back.
 * Answers: results (`place` and a letter: L lost, G gone, D dead-lettered, O dropped, F failed; behind it the error, or N where nobody ever started it; joined by
 * commas), version of the policy, ms to the next delayed one, copies added to retry, copies added to solo.
 */
export const settleScript: Script = script('settle', `${lua.now}${lua.int}${lua.find}${lua.copy}${lua.storedAt}${lua.add}${lua.one}${lua.pack}${lua.holdings}${lua.bury}${pieces.slot}${pieces.gate}${pieces.policy}${pieces.kinds}${pieces.alone}${pieces.plain}${pieces.due}
local topic, retry, solo, delayed, body, dead, deadBody, state = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6], KEYS[7], KEYS[8]
local group, consumer, seq, prefix = ARGV[1], ARGV[2], ARGV[3], ARGV[5]
local at = now()
local policy, version = policyOf(KEYS[9], ARGV[4])
local toRetry, toSolo = 0, 0
local function answer(results) return { results, version or -1, due(delayed, at), toRetry, toSolo } end
local before, refused = answered(state, consumer, seq)
if refused then return refused end
if before then return answer(before) end
refused = shut(KEYS[10])
if refused then return refused end

local held = {}
for n = 1, 3 do
  local first, last = ARGV[4 + 2 * n], ARGV[5 + 2 * n]
  if first ~= '-' then held[n] = holdings(KEYS[n], group, consumer, first, last) else held[n] = {} end
end
local results, acks, others = {}, { {}, {}, {} }, {}
for from = 12, #ARGV, 5 do
  local place, stream, id = (from - 12) / 5, tonumber(ARGV[from + 1]), ARGV[from + 2]
  local count = held[stream][id]
  if not count then results[#results + 1] = int(place) .. 'L'
  elseif ARGV[from] == 'a' then table.insert(acks[stream], id)
  else others[#others + 1] = { place = place, action = ARGV[from], stream = stream, id = id, delay = tonumber(ARGV[from + 3]), note = ARGV[from + 4], count = count } end
end
for n = 1, 3 do
  for from = 1, #acks[n], 1000 do
    local to = math.min(#acks[n], from + 999)
    redis.call('XACK', KEYS[n], group, unpack(acks[n], from, to))
    if n > 1 then redis.call('XDEL', KEYS[n], unpack(acks[n], from, to)) end
  end
end

local function wrong(name) return 'F' .. name .. ' is of another type' end
-- What to do with an item once it is out of the pending list; what cannot be done is found before that.
local function plan(item, fields)
  local action = item.action
  local attempts = tonumber(find(fields, 'a') or 0) + item.count
  local lapsed, leaks = find(fields, 'l') == '1', tonumber(find(fields, 'n') or 0)
  local spent, reason, code = attempts >= policy.md, nil, ''
  if action == 'd' then reason = true
  -- This delivery does not count. Those before it do: what was leased under an order has them in its count, not in a copy.
  elseif action == 's' and attempts - 1 < policy.md then action, attempts = 'f', attempts - 1
  elseif action == 'x' or action == 's' or action == 'u' then reason, attempts = true, attempts - 1
  elseif action == 'l' then
    leaks, lapsed = leaks + 1, true
    if spent then
      code = leaks >= attempts and 'N' or ''
      reason = code == 'N' and '"reason":"NeverStarted"' or '"reason":"MaxDeliveries"'
    end
  elseif action == 'r' and spent then reason = '"reason":"MaxDeliveries"'
  elseif action == 'f' then attempts = attempts - 1 end
  if reason then
    local keep = policy.dl == 1 and not (action == 'x' and policy.ex == 'drop')
    if not keep then return function() return 'O' .. code end end
    if not fits(dead, 'zset') or not fits(deadBody, 'hash') then return wrong('dead') end
    return function()
      local copied, id = copy(plain(fields), prefix .. item.id, storedAt(item.id), attempts)
      bury(dead, deadBody, copied, id, at, attempts, reason == true and item.note or reason .. item.note)
      return 'D' .. code
    end
  end
  local delay = 0
  if action == 'r' then
    delay = item.delay
    if delay < 0 then delay = policy.rb[math.min(attempts, #policy.rb)] or 0 end
  end
  local copied, id = copy(fields, prefix .. item.id, storedAt(item.id), attempts, lapsed or nil)
  if action == 'l' then
    for n = 1, #copied, 2 do
      if copied[n] == 'n' then copied[n + 1] = int(leaks); leaks = nil break end
    end
    if leaks then copied[#copied + 1] = 'n'; copied[#copied + 1] = int(leaks) end
  end
  if delay > 0 then
    if not fits(delayed, 'zset') or not fits(body, 'hash') then return wrong('delayed') end
    return function()
      redis.call('HSET', body, id, pack(copied))
      redis.call('ZADD', delayed, int(at + delay), id)
    end
  end
  local runsAlone = alone(policy, attempts, lapsed)
  if not fits(runsAlone and solo or retry, 'stream') then return wrong(runsAlone and 'solo' or 'retry') end
  return function()
    add(runsAlone and solo or retry, copied)
    if runsAlone then toSolo = toSolo + 1 else toRetry = toRetry + 1 end
  end
end
local function done(item)
  local stream = KEYS[item.stream]
  local fields = one(stream, item.id)
  local work = fields and plan(item, fields)
  if type(work) == 'string' then return work end
  -- First: a server that is out of memory lets a script go on that began by freeing.
  redis.call('XACK', stream, group, item.id)
  if not fields then return 'G' end
  local ok, result = pcall(work)
  if not ok then
    redis.call('XCLAIM', stream, group, consumer, 0, item.id, 'FORCE', 'JUSTID', 'RETRYCOUNT', item.count)
    return 'F' .. tostring(type(result) == 'table' and result.err or result)
  end
  if item.stream > 1 then redis.call('XDEL', stream, item.id) end
  return result
end
for _, item in ipairs(others) do
  local result = 'L'
  if policy then
    local ok, found = pcall(done, item)
    result = ok and found or not ok and 'F' .. tostring(type(found) == 'table' and found.err or found) or nil
  end
  if result then results[#results + 1] = int(item.place) .. string.gsub(result, '[,|%c]', ' ') end
end
local text = table.concat(results, ',')
remember(state, consumer, seq, text)
return answer(text)`);
