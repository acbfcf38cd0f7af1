-- Renews leases that are still the owner's.
-- KEYS: lease
-- ARGV: the new end in s, then id, the latest end that the owner ever asked for, ...
-- Answers the ids that somebody else has by now, or nobody.
local lost = {}
for i = 2, #ARGV, 2 do
  local lease = redis.call('ZSCORE', KEYS[1], ARGV[i])
  if lease and tonumber(lease) <= tonumber(ARGV[i + 1]) then
    redis.call('ZADD', KEYS[1], ARGV[1], ARGV[i])
  else
    lost[#lost + 1] = ARGV[i]
  end
end
return lost
