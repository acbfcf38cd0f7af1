-- Gives a scheduled task another message, if it still has the one that was read.
-- KEYS: the task
-- ARGV: its id, the message that was read, the new one, the lock of the old content, the lock of the new ("" and "" for
--       a task without one), "check" to change nothing and only answer as if
-- Answers updated | missing | state (it is not scheduled) | changed (read it again) | duplicate (the new lock is held).
local id, old, new, checking = ARGV[1], ARGV[4], ARGV[5], ARGV[6] == 'check'
local fields = redis.call('HMGET', KEYS[1], 'msg', 'state')
if not fields[1] then return redis.status_reply('missing') end
if fields[2] ~= 'scheduled' then return redis.status_reply('state') end
if fields[1] ~= ARGV[2] then return redis.status_reply('changed') end
if new ~= old then
  local milliseconds = redis.call('GET', old) == id and redis.call('PTTL', old) or 0
  if milliseconds > 0 then
    if redis.call('EXISTS', new) == 1 then return redis.status_reply('duplicate') end
    if not checking then
      redis.call('SET', new, id, 'PX', milliseconds)
      redis.call('DEL', old)
    end
  end
  if not checking then redis.call('HSET', KEYS[1], 'unique_key', new) end
end
if checking then return redis.status_reply('updated') end
redis.call('HSET', KEYS[1], 'msg', ARGV[3])
return redis.status_reply('updated')
