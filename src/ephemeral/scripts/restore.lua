-- Makes a redeemed code redeemable again, unless a newer one was issued. KEYS: slot. ARGV: id.
if redis.call('HGET', KEYS[1], 'id') == ARGV[1] then
  redis.call('HSET', KEYS[1], 'redeemed', '0')
end
return 1
