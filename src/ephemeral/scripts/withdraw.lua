-- Deletes a code, unless a newer one was issued or it was redeemed. KEYS: slot. ARGV: id; empty for any code.
local kept = redis.call('HMGET', KEYS[1], 'id', 'redeemed')
if (ARGV[1] == '' or kept[1] == ARGV[1]) and kept[2] == '0' then
  redis.call('HDEL', KEYS[1], 'id', 'digest', 'expires', 'redeemed')
end
return 1
