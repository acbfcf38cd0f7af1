-- The attempts whose lease ended long enough ago, and repairs of what no recoverer could see.
-- KEYS: active, lease
-- ARGV: the prefix of task keys, cutoff in s, how many at most
-- Answers id, lease end, message, ... of the expired ones.
--
-- An active id without a lease is given one that has ended: the next look, of this or of a Go program, recovers it. An
-- id without a task is taken out.
local ids = redis.call('ZRANGE', KEYS[2], '-inf', ARGV[2], 'BYSCORE', 'LIMIT', 0, ARGV[3], 'WITHSCORES')
local answer = {}
for i = 1, #ids, 2 do
  local message = redis.call('HGET', ARGV[1] .. ids[i], 'msg')
  if message then
    answer[#answer + 1] = ids[i]
    answer[#answer + 1] = ids[i + 1]
    answer[#answer + 1] = message
  else
    redis.call('LREM', KEYS[1], 0, ids[i])
    redis.call('ZREM', KEYS[2], ids[i])
    redis.call('UNLINK', ARGV[1] .. ids[i])
  end
end
if redis.call('LLEN', KEYS[1]) > redis.call('ZCARD', KEYS[2]) then
  for _, id in ipairs(redis.call('LRANGE', KEYS[1], 0, -1)) do
    if not redis.call('ZSCORE', KEYS[2], id) then redis.call('ZADD', KEYS[2], ARGV[2], id) end
  end
end
return answer
