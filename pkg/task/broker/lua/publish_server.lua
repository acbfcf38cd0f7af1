-- Says what a server is doing.
-- KEYS: the server's key, its workers' key
-- ARGV: seconds to live, the server's record, then task id, record of each worker
redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[1])
redis.call('DEL', KEYS[2])
for i = 3, #ARGV, 2 do redis.call('HSET', KEYS[2], ARGV[i], ARGV[i + 1]) end
if #ARGV > 2 then redis.call('EXPIRE', KEYS[2], ARGV[1]) end
return redis.status_reply('OK')
