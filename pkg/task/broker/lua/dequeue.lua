-- Takes the oldest pending tasks of one queue.
-- KEYS: pending, active, lease, paused
-- ARGV: the prefix of task keys, how many at most, when the lease ends in s, the owner's token
-- Answers id, message, id, message, ...; "paused" when the queue is.
--
-- An id whose task is gone is dropped: it must not become active. `pending_since` stays: nobody reads it of a task that
-- is not pending.
local call = redis.call
local prefix, lease_end, owner = ARGV[1], ARGV[3], ARGV[4]
if call('EXISTS', KEYS[4]) == 1 then return redis.status_reply('paused') end
local ids = call('LRANGE', KEYS[1], -tonumber(ARGV[2]), -1)
if #ids == 0 then return {} end
call('LTRIM', KEYS[1], 0, -#ids - 1)
local taken, active, lease = {}, {}, {}
for i = #ids, 1, -1 do
  local id = ids[i]
  local task = prefix .. id
  local message = call('HGET', task, 'msg')
  if message then
    call('HSET', task, 'state', 'active', 'x:owner', owner)
    active[#active + 1] = id
    lease[#lease + 1] = lease_end
    lease[#lease + 1] = id
    taken[#taken + 1] = id
    taken[#taken + 1] = message
  else
    call('UNLINK', task)
  end
end
if #active > 0 then
  call('LPUSH', KEYS[2], unpack(active))
  call('ZADD', KEYS[3], unpack(lease))
end
return taken
