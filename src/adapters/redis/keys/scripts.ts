import { script, type Script } from '../connection/script.js';
import { opening, settling, writing } from './lua.js';

/** ARGV: the highest revision the caller knows, `1` where that had a value. */
export const lookScript: Script = script('key-look', `${opening}${settling}
settle(tonumber(ARGV[1]), ARGV[2] == '1')
return reply(true)`);

/** ARGV: token, expected revision or '', versions to keep, ttl or '', codec, encoding, body. A write that asks for nothing does not read the old body. */
export const setScript: Script = script('key-set', `${opening}${settling}${writing}
local before = doneBefore(ARGV[1], ARGV[2])
if before then
  local isLatest = before == revision
  revision, body, codec, encoding, mark, cause = before, ARGV[7], ARGV[5], ARGV[6], 'none', 'set'
  if not isLatest then expires = ARGV[4] ~= '' and now + tonumber(ARGV[4]) or nil end
  return reply(true)
end
local kept = tonumber(ARGV[3])
if ARGV[2] ~= '' or kept > 0 then settle(0, false) end
if ARGV[2] ~= '' and int(revision) ~= ARGV[2] then return reply(false) end
if mark == 'closed' then return {'closed'} end
redis.call('SET', value, ARGV[7])
expires = ARGV[4] ~= '' and now + tonumber(ARGV[4]) or nil
if expires then redis.call('PEXPIREAT', value, int(expires)) end
if kept > 0 then archive(body, kept) else forget(0) end
raise(0)
body, codec, encoding = ARGV[7], ARGV[5], ARGV[6]
sha, mark, cause, written, keep = redis.sha1hex(body), 'none', 'set', int(now), kept
note(ARGV[1], ARGV[2])
store()
publish('set', 'w')
return reply(true)`);

/** ARGV: token, expected revision or '', mark. */
export const delScript: Script = script('key-del', `${opening}${settling}${writing}
local wanted = ARGV[3]
local before = doneBefore(ARGV[1], ARGV[2])
if before then
  revision, body, codec, encoding, expires, mark, cause = before, false, '', '', nil, wanted, 'delete'
  return reply(true)
end
settle(0, false)
if ARGV[2] ~= '' and int(revision) ~= ARGV[2] then return reply(false) end
if mark == 'tombstone' and wanted == 'none' and ARGV[2] ~= '' then
  mark = 'none'
  store()
  return reply(true)
end
if not body and (mark == wanted or wanted == 'none' or mark == 'closed') then return reply(true) end
redis.call('DEL', value)
if wanted == 'closed' and keep > 0 then archive(body, keep) else forget(0); keep = 0 end
raise(0)
body, sha, codec, encoding, expires, mark, cause = false, false, '', '', nil, wanted, 'delete'
note(ARGV[1], ARGV[2])
store()
publish('delete', 'w')
return reply(true)`);

/** ARGV: ttl. Not a new revision: watchers are told, so that they look at the right time. */
export const expireScript: Script = script('key-expire', `${opening}${settling}
settle(0, false)
if not body then return reply(false) end
expires = now + tonumber(ARGV[1])
redis.call('PEXPIREAT', value, int(expires))
store()
publish('ttl', 'w')
return reply(true)`);

/** ARGV: limit. Answers revision, time, encoding and body of each. */
export const historyScript: Script = script('key-history', `${opening}${settling}
settle(0, false)
local versions = {'ok'}
for at in string.gmatch(listed, '%d+') do
  if #versions > tonumber(ARGV[1]) then break end
  local packed = redis.call('HGET', key, 'h:' .. at)
  if packed then
    local one = cmsgpack.unpack(packed)
    versions[#versions + 1] = {at, one[1], one[2], one[3]}
  end
end
return versions`);
