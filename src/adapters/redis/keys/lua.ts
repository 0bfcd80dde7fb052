/**
 * What the scripts of shared values have in common. KEYS[1] is the value, KEYS[2] its record; a change is published on the channel that has the
 * name of the value. The record (format 1) has: `f` format, `v` revision, `s` sha1 of the body (only where there is one), `x` when it expires (ms),
 * `m` mark, `c` codec, `e` `1`: the body is base64 of bytes, `y` what the latest revision was (`set`, `delete`, `expire`), `w` when it was written
 * (ms), `t` the latest calls that wrote at an expected revision (token=revision), `k` how many replaced bodies are kept, `hl` their revisions, newest first, `h:<revision>`
 * such a body, packed with its time and encoding.
 *
 * Where a script finds another body than the record says, somebody else wrote (or deleted, or the time to live did): what is there becomes a new
 * revision, and is published, so that everybody sees the same. So a read may write: it runs on the master.
 */
export const opening = `
local format, remembered, inlined, slack = 1, 86400000, 16384, 20
local value, key = KEYS[1], KEYS[2]
local time = redis.call('TIME')
local micros = time[1] * 1000000 + time[2]
local now = math.floor(micros / 1000)
local function int(n) return string.format('%.0f', n) end
local found = redis.call('HMGET', key, 'f', 'v', 's', 'x', 'm', 'c', 'e', 'y', 't', 'hl', 'w', 'k')
if found[1] and tonumber(found[1]) > format then return {'newer', found[1]} end
local kind = redis.call('TYPE', value).ok
if kind ~= 'string' and kind ~= 'none' then return {'foreign', kind} end
local revision, sha = tonumber(found[2] or 0), found[3]
local expires, mark = found[4] and tonumber(found[4]) or nil, found[5] or 'none'
local codec, encoding, cause = found[6] or '', found[7] or '', found[8] or 'set'
local tokens, listed, written, keep = found[9] or '', found[10] or '', found[11], tonumber(found[12] or 0)
local body = false

local function reply(done)
  return {'ok', int(now), done and '1' or '0', int(revision), body, codec, encoding, expires and int(expires) or '', mark, cause}
end

local function raise(seen) revision = math.max(revision + 1, seen + 1, micros) end

-- HDEL first: a server that is out of memory refuses a script by its first write.
local function store()
  local set, del = {'f', int(format), 'v', int(revision), 'y', cause}, {'-'}
  local function put(name, text)
    if text and text ~= '' then set[#set + 1] = name; set[#set + 1] = text else del[#del + 1] = name end
  end
  put('s', sha); put('x', expires and int(expires)); put('m', mark ~= 'none' and mark); put('c', codec); put('e', encoding)
  put('t', tokens); put('hl', listed); put('w', sha and written); put('k', keep > 0 and int(keep))
  redis.call('HDEL', key, unpack(del))
  redis.call('HSET', key, unpack(set))
  if sha and expires then redis.call('PEXPIREAT', key, int(expires + remembered))
  elseif not sha and mark == 'none' then redis.call('PEXPIREAT', key, int(now + remembered))
  else redis.call('PERSIST', key) end
end

-- 'w': this script wrote the value, 'n': it noticed what others did.
local function publish(what, how)
  local isInside = body and #body <= inlined
  local carried = not body and '-' or isInside and 'b' or 'r'
  local head = {'1', int(revision), what, how, expires and int(expires) or '-', mark, encoding == '' and '-' or encoding, codec == '' and '-' or codec, carried}
  redis.call('PUBLISH', value, table.concat(head, ' ') .. '\\n' .. (isInside and body or ''))
end

local function forget(kept)
  local del, rest, count = {}, {}, 0
  for at in string.gmatch(listed, '%d+') do
    count = count + 1
    if count <= kept then rest[#rest + 1] = at else del[#del + 1] = 'h:' .. at end
  end
  if #del > 0 then redis.call('HDEL', key, unpack(del)) end
  listed = table.concat(rest, ',')
end

local function become(newCause, newSha)
  sha, cause, mark, codec, encoding, keep = newSha, newCause, 'none', '', '', 0
  expires, written = nil, newSha and int(now)
  forget(0)
end
`;

/** `settle(seen, isShown)`: reads the body and takes note of what others did. \`seen\` is the highest revision the caller knows, isShown: with a value. */
export const settling = `
local function settle(seen, isShown)
  if mark == 'closed' then
    if seen > revision then raise(seen); store(); publish('delete', 'n') end
    return
  end
  body = redis.call('GET', value)
  local left = body and redis.call('PTTL', value) or -1
  local ends = left >= 0 and now + left or nil
  if body and sha ~= redis.sha1hex(body) then
    become('set', redis.sha1hex(body))
    expires = ends
  elseif body then
    local isSame = ends == expires or (ends and expires and math.abs(ends - expires) <= slack)
    if not isSame then
      expires = ends
      if seen <= revision then store(); publish('ttl', 'n') end
    end
    if seen <= revision then return end
    cause = 'set'
  elseif sha then
    become(expires and expires <= now + slack and 'expire' or 'delete', nil)
  else
    if seen <= revision or (mark == 'none' and not isShown) then return end
    cause = 'delete'
  end
  raise(seen)
  store()
  publish(cause, 'n')
end
`;

/**
 * For the scripts that write: a replaced body is kept; a call with an expected revision that was sent twice is carried out once (one without may be:
 * it ends the same). A client waits for an answer before it knows the next revision, so a few of each client are enough; others may write as often
 * as they like meanwhile.
 */
export const writing = `
local function doneBefore(token, expected)
  return expected ~= '' and tonumber(string.match(' ' .. tokens, ' ' .. token .. '=(%d+)')) or nil
end

local function note(token, expected)
  if expected == '' then return end
  local client, mine, latest = string.match(token, '^[^_]+'), 1, {token .. '=' .. int(revision)}
  for one in string.gmatch(tokens, '%S+') do
    local isMine = string.match(one, '^[^_]+') == client
    if isMine then mine = mine + 1 end
    if #latest < 64 and (not isMine or mine <= 4) then latest[#latest + 1] = one end
  end
  tokens = table.concat(latest, ' ')
end

local function archive(old, kept)
  if old then
    redis.call('HSET', key, 'h:' .. int(revision), cmsgpack.pack({written or '0', encoding, old}))
    listed = int(revision) .. (listed ~= '' and ',' .. listed or '')
  end
  forget(kept)
end
`;
