-- Takes the oldest pending tasks of one queue.
-- KEYS: pending, active, lease, paused
-- ARGV: the prefix of task keys, how many at most, when the lease ends in s, the owner's token
-- Answers id, message, id, message, ...; "paused" when the queue is.
--
-- An id whose task is gone is dropped: it must not become active.
if redis.call('EXISTS', KEYS[4]) == 1 then return redis.status_reply('paused') end
local ids = redis.call('LRANGE', KEYS[1], -tonumber(ARGV[2]), -1)
if #ids == 0 then return {} end
redis.call('LTRIM', KEYS[1], 0, -#ids - 1)
local taken, active, lease = {}, {}, {}
for i = #ids, 1, -1 do
  local id = ids[i]
  local task = ARGV[1] .. id
  local message = redis.call('HGET', task, 'msg')
  if message then
    redis.call('HSET', task, 'state', 'active', 'x:owner', ARGV[4])
    redis.call('HDEL', task, 'pending_since')
    active[#active + 1] = id
    lease[#lease + 1] = ARGV[3]
    lease[#lease + 1] = id
    taken[#taken + 1] = id
    taken[#taken + 1] = message
  else
    redis.call('UNLINK', task)
  end
end
if #active > 0 then
  redis.call('LPUSH', KEYS[2], unpack(active))
  redis.call('ZADD', KEYS[3], unpack(lease))
end
return taken
