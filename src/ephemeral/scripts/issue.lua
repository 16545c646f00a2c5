-- Stores a code as the newest of its slot and keeps the number of wrong codes. The rule is in code.rs.
-- KEYS: slot. ARGV: now, id, digest, expires, remembered (microseconds), spare (milliseconds).
local slot = KEYS[1]
local now, expires, remembered = tonumber(ARGV[1]), tonumber(ARGV[4]), tonumber(ARGV[5])
redis.call('HSET', slot, 'id', ARGV[2], 'digest', ARGV[3], 'expires', ARGV[4], 'redeemed', '0')
local ends = math.max(expires + remembered, tonumber(redis.call('HGET', slot, 'until') or 0))
redis.call('PEXPIRE', slot, string.format('%.0f', math.ceil((ends - now) / 1000) + tonumber(ARGV[6])))
return 1
