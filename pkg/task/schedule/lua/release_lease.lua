-- Gives the lease up when it is the caller's.
-- KEYS: the lease
-- ARGV: the caller's token
-- Answers 1, or 0 when it is not.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])
