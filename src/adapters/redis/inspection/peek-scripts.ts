import type { Script } from '../connection/script.js';
import { script } from '../connection/script.js';
import { upkeep } from '../publish/upkeep-lua.js';
import { lua } from '../scripts/prelude.js';
import { inspectionLua } from './lua.js';

/** What of a subscription is in somebody's hands, in order. KEYS: stream. ARGV: group, id or '-', visibility timeout, count. Answers {last delivered, where to go on, id, state, count, …}, nil where the group is gone. */
export const listLeasedScript: Script = script('list-leased', `${lua.int}${upkeep.ids}${inspectionLua.groupOf}
local group = groupOf(KEYS[1], ARGV[1])
if not group then return nil end
local rows, idle, most = {}, tonumber(ARGV[3]), tonumber(ARGV[4])
if group.pending > 0 then rows = redis.call('XPENDING', KEYS[1], ARGV[1], ARGV[2] == '-' and '-' or following(ARGV[2]), '+', most) end
local answer = { group['last-delivered-id'], #rows == most and rows[most][1] or '' }
for _, row in ipairs(rows) do
  answer[#answer + 1] = row[1]; answer[#answer + 1] = row[3] >= idle and 'waiting' or 'leased'; answer[#answer + 1] = int(row[4])
end
return answer`);

/** Copies that may be handed out, or are. KEYS: retry or solo. ARGV: group, id or '-', visibility timeout. Answers {where to go on, id, state, deliveries, message id, publish time, entry id in the topic or '', …}. */
export const listCopiesScript: Script = script('list-copies', `${lua.int}${lua.find}${upkeep.ids}${inspectionLua.eachBehind}
local ids, rows, idle = {}, {}, tonumber(ARGV[3])
local _, more = eachBehind(KEYS[1], ARGV[2], 1000, function(id, fields)
  ids[#ids + 1] = id
  rows[id] = { tonumber(find(fields, 'a') or '0') or 0, find(fields, 'i') or id, find(fields, 'p') or string.match(id, '^%d+'), find(fields, 'o') or '' }
end)
local pending = {}
if #ids > 0 then
  for _, row in ipairs(redis.call('XPENDING', KEYS[1], ARGV[1], ids[1], ids[#ids], 1000)) do pending[row[1]] = row end
end
local answer = { more }
for _, id in ipairs(ids) do
  local row, held = rows[id], pending[id]
  answer[#answer + 1] = id
  answer[#answer + 1] = held and held[3] < idle and 'leased' or 'waiting'
  answer[#answer + 1] = int(row[1] + (held and held[4] or 0))
  answer[#answer + 1] = row[2]; answer[#answer + 1] = row[3]; answer[#answer + 1] = row[4]
  answer[#answer + 1] = held and '1' or '0'
end
return answer`);

/** Members of a sorted set of ids. KEYS: delayed or due or parked, and tries in order. ARGV: rank, 'parked' where members are such. Answers {where to go on, id, state, what is known of its past, …}. */
export const listMembersScript: Script = script('list-members', `${lua.now}${lua.int}${inspectionLua.placedIn}
local rows, at, isParked = redis.call('ZRANGE', KEYS[1], ARGV[1], ARGV[1] + 999, 'WITHSCORES'), now(), ARGV[2] == 'parked'
local answer = { #rows == 2000 and int(ARGV[1] + 1000) or '' }
for n = 1, #rows, 2 do
  if rows[n] ~= '' then
    local id = isParked and placedIn(rows[n]) or rows[n]
    answer[#answer + 1] = id
    answer[#answer + 1] = (isParked or tonumber(rows[n + 1]) <= at) and 'waiting' or 'delayed'
    answer[#answer + 1] = KEYS[2] and redis.call('HGET', KEYS[2], id) or ''
  end
end
return answer`);

/** KEYS: stream, retry, solo, held. ARGV: number of the key and id of each; 5: in held, else in the stream. Answers the pairs of each, nil where it is gone. */
export const readPlacesScript: Script = script('read-places', `${lua.one}${lua.pack}
local found = {}
for n = 1, #ARGV, 2 do
  local where, id = tonumber(ARGV[n]), ARGV[n + 1]
  local fields
  if where >= 4 then
    local packed = id ~= '' and redis.call('HGET', KEYS[4], id)
    fields = packed and unpacked(packed)
  end
  if not fields and where ~= 4 then fields = one(KEYS[where == 5 and 1 or where], id) end
  found[#found + 1] = fields or false
end
return found`);
