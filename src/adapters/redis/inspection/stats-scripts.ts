import type { Script } from '../connection/script.js';
import { script } from '../connection/script.js';
import { upkeep } from '../publish/upkeep-lua.js';
import { lua } from '../scripts/prelude.js';
import { inspectionLua } from './lua.js';

/** KEYS: stream, scheduled. Answers the length, and how many scheduled messages are not due. */
export const topicCountsScript: Script = script('topic-counts', `${lua.now}${lua.int}
return { redis.call('XLEN', KEYS[1]), redis.call('ZCOUNT', KEYS[2], '(' .. int(now()), '(+inf') }`);

/**
 * Counts of a subscription in one shard. KEYS: stream, retry, solo, delayed, dead; in order: held, parked, due, floor. ARGV: group, visibility timeout.
 * Answers nil where the group is gone, else {now, undelivered, where to go on counting, leases and lapsed ones of stream, retry, solo and where to go on each,
 * waiting copies, delayed, delayed and due, dead, oldest ms or '', '1' where the oldest parked one has to be looked for}.
 */
export const subscriptionCountsScript: Script = script('subscription-counts', `${lua.now}${lua.int}${upkeep.ids}${inspectionLua.eachBehind}${inspectionLua.groupOf}${inspectionLua.lapsedIn}
local group, idle = groupOf(KEYS[1], ARGV[1]), tonumber(ARGV[2])
if not group then return nil end
local at, oldest, last = now(), nil, group['last-delivered-id']
local function older(ms)
  ms = tonumber(ms)
  if ms and (not oldest or ms < oldest) then oldest = ms end
end

local stream = {}
local info = redis.call('XINFO', 'STREAM', KEYS[1])
for n = 1, #info, 2 do stream[info[n]] = info[n + 1] end
local undelivered, following_ = 0, ''
local first = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 1)[1]
if first and isBefore(last, stream['last-generated-id']) then
  if isBefore(last, first[1]) then undelivered = stream.length
  elseif type(group.lag) == 'number' then undelivered = group.lag
  else undelivered, following_ = eachBehind(KEYS[1], last, 1000) end
  local next_ = redis.call('XRANGE', KEYS[1], following(last), '+', 'COUNT', 1)[1]
  older(next_ and halves(next_[1]))
end

local answer, waiting = { int(at), undelivered, following_ }, 0
for n = 1, 3 do
  local own = n == 1 and group or groupOf(KEYS[n], ARGV[1])
  local pending = own and own.pending or 0
  local lapsed, more = 0, ''
  if pending > 0 then lapsed, more = lapsedIn(KEYS[n], ARGV[1], '-', idle) end
  answer[#answer + 1] = pending; answer[#answer + 1] = lapsed; answer[#answer + 1] = more
  if n > 1 then waiting = waiting + redis.call('XLEN', KEYS[n]) - pending
  elseif pending > 0 then
    local row = redis.call('XPENDING', KEYS[1], ARGV[1], '-', '+', 1)[1]
    older(row and halves(row[1]))
  end
end

local delayed = redis.call('ZCOUNT', KEYS[4], '-inf', '(+inf')
local due = redis.call('ZCOUNT', KEYS[4], '-inf', int(at))
local isHidden = ''
if #KEYS > 5 then
  waiting = waiting + redis.call('ZLEXCOUNT', KEYS[7], '(', '+') 
  delayed = delayed + redis.call('ZCOUNT', KEYS[8], '-inf', '(+inf')
  due = due + redis.call('ZCOUNT', KEYS[8], '-inf', int(at))
  older(redis.call('ZRANGEBYSCORE', KEYS[9], '-inf', '(+inf', 'WITHSCORES', 'LIMIT', 0, 1)[2])
  -- What came back from the dead letters is not in the floor.
  if redis.call('HLEN', KEYS[6]) > 1 then isHidden = '1' end
end
answer[#answer + 1] = waiting
answer[#answer + 1] = delayed
answer[#answer + 1] = due
answer[#answer + 1] = redis.call('ZCOUNT', KEYS[5], '-inf', '(+inf')
answer[#answer + 1] = oldest and int(oldest) or ''
answer[#answer + 1] = isHidden
return answer`);

/** KEYS: stream. ARGV: id. Answers how many entries stand behind it, and where to go on. */
export const countBehindScript: Script = script('count-behind', `${lua.int}${upkeep.ids}${inspectionLua.eachBehind}
local count, more = eachBehind(KEYS[1], ARGV[1], 1000)
return { count, more }`);

/** KEYS: stream. ARGV: group, id, visibility timeout. */
export const countLapsedScript: Script = script('count-lapsed', `${lua.int}${upkeep.ids}${inspectionLua.lapsedIn}
local lapsed, more = lapsedIn(KEYS[1], ARGV[1], ARGV[2], tonumber(ARGV[3]))
return { lapsed, more }`);

/** The oldest publish time among copies. KEYS: retry or solo. ARGV: id or '-'. Answers ms or '', and where to go on. */
export const oldestCopyScript: Script = script('oldest-copy', `${lua.int}${lua.find}${upkeep.ids}${inspectionLua.eachBehind}
local oldest
local _, more = eachBehind(KEYS[1], ARGV[1], 1000, function(id, fields)
  local ms = tonumber(find(fields, 'p')) or halves(id)
  if not oldest or ms < oldest then oldest = ms end
end)
return { oldest and int(oldest) or '', more }`);

/** The oldest among ids of a sorted set: the time is in the id. KEYS: delayed, due or parked. ARGV: rank, 'parked' where members are such. */
export const oldestMemberScript: Script = script('oldest-member', `${lua.int}${inspectionLua.placedIn}
local members, oldest = redis.call('ZRANGE', KEYS[1], ARGV[1], ARGV[1] + 999), nil
for _, member in ipairs(members) do
  if member ~= '' then
    local ms = tonumber(string.match(ARGV[2] == 'parked' and placedIn(member) or member, '^s?(%d+)'))
    if ms and (not oldest or ms < oldest) then oldest = ms end
  end
end
return { oldest and int(oldest) or '', #members == 1000 and int(ARGV[1] + 1000) or '' }`);
