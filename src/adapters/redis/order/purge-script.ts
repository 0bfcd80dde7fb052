import type { Script } from '../connection/script.js';
import { script } from '../connection/script.js';
import { orderLua } from './lua-state.js';

/**
 * A step of a purge. ARGV: subscription, group, id up to which the stream is purged ('': to its present end). The cursor goes over a page of the
 * stream; once it is there, everything parked or delayed goes. What is leased stays, and its key is free when it ends. Answers {'gone'}, {'mode'},
 * or {'more' or 'done', how many, id up to which}.
 */
export const purgeScript: Script = script('order-purge', `${orderLua.tools}
${orderLua.opening}${orderLua.state}
local target = ARGV[3]
if target == '' then
  local last = redis.call('XREVRANGE', T, '+', '-', 'COUNT', 1)[1]
  target = last and last[1] or cur
end
local removed = 0
if enc(cur) < enc(target) then
  local page = redis.call('XRANGE', T, idAfter(cur), target, 'COUNT', 1000)
  removed = #page
  cur = #page == 1000 and page[1000][1] or target
  redis.call('XGROUP', 'SETID', T, group, cur)
  redis.call('HSET', M, 'cur', cur)
  if cur ~= target then return { 'more', removed, target } end
end
removed = removed + redis.call('ZREMRANGEBYLEX', P, '(', '+') + redis.call('ZREMRANGEBYSCORE', D, '-inf', '(+inf')
redis.call('ZREMRANGEBYSCORE', Q, '-inf', '(+inf')
redis.call('ZREMRANGEBYSCORE', F, '-inf', '(+inf')
local keys = {}
for _, key in ipairs(redis.call('HKEYS', H)) do
  if key ~= '' then keys[#keys + 1] = key end
end
loadHolds(keys)
for _, key in ipairs(keys) do
  local h = holds[key]
  if h.p + h.d + h.w > 0 then
    h.p, h.d, h.w = 0, 0, 0
    change(key, h)
  end
end
saveHolds()
local inHand = {}
for _, row in ipairs(redis.call('XPENDING', T, group, '-', '+', 1000000)) do inHand[row[1]] = true end
for _, stream in ipairs({ RETRY, SOLO }) do
  for _, row in ipairs(redis.call('XPENDING', stream, group, '-', '+', 1000000)) do
    local fields = one(stream, row[1])
    if fields then inHand[placeOf(fields, find(fields, 'i') or '')] = true end
  end
end
for _, id in ipairs(redis.call('HKEYS', A)) do
  if id ~= '' and not inHand[id] then forget(id, pastOf(redis.call('HGET', A, id))) end
end
rang = true
ring()
return { 'done', removed, target }`);
