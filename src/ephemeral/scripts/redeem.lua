-- Redeems a code. The rule is in code.rs.
-- KEYS: slot. ARGV: now, digest, max attempts, window, remembered (microseconds), spare (milliseconds).
-- Returns {result, attempts left, id}; for 'locked', the second is when codes are accepted again.
local slot = KEYS[1]
local now, digest, max = tonumber(ARGV[1]), ARGV[2], tonumber(ARGV[3])
local window, remembered = tonumber(ARGV[4]), tonumber(ARGV[5])
local kept = redis.call('HMGET', slot, 'digest', 'expires', 'redeemed', 'id', 'wrong', 'until')
local expires = tonumber(kept[2] or 0)
local wrong, forgotten = tonumber(kept[5] or 0), tonumber(kept[6] or 0)
if now >= forgotten then
  wrong = 0
end
if wrong >= max then
  return {'locked', forgotten, ''}
end
local left = max - wrong
if kept[1] == digest and now < expires + remembered then
  if kept[3] == '1' then
    return {'used_up', left, ''}
  end
  if now >= expires then
    return {'expired', left, ''}
  end
  redis.call('HSET', slot, 'redeemed', '1', 'wrong', '0')
  return {'valid', left, kept[4]}
end
if not kept[1] or kept[3] == '1' or now >= expires then
  return {'wrong', left, ''}
end
local lasts = now + window
redis.call('HSET', slot, 'wrong', string.format('%.0f', wrong + 1), 'until', string.format('%.0f', lasts))
local ends = math.max(lasts, kept[1] and expires + remembered or 0)
redis.call('PEXPIRE', slot, string.format('%.0f', math.ceil((ends - now) / 1000) + tonumber(ARGV[6])))
return {'wrong', left - 1, ''}
