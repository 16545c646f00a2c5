-- Stores a record and replaces any existing record of its key.
-- KEYS: key. ARGV: now, record, expires (microseconds), spare (milliseconds).
local lasts = math.max(tonumber(ARGV[3]) - tonumber(ARGV[1]), 0)
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'record', ARGV[2], 'expires', ARGV[3])
redis.call('PEXPIRE', KEYS[1], string.format('%.0f', math.ceil(lasts / 1000) + tonumber(ARGV[4])))
return 1
