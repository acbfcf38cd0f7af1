-- Adds an event to the history of an entry.
-- KEYS: the history
-- ARGV: its time in s, the event, how many the history may have, seconds to live
redis.call('ZREMRANGEBYRANK', KEYS[1], 0, -tonumber(ARGV[3]))
redis.call('ZADD', KEYS[1], ARGV[1], ARGV[2])
redis.call('EXPIRE', KEYS[1], ARGV[4])
return redis.status_reply('OK')
