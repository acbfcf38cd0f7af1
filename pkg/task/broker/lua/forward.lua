-- Makes due tasks pending, or members of their group.
-- KEYS: the set they wait in (scheduled | retry), pending, groups
-- ARGV: the queue's prefix, now in s, now in ns, how many at most
-- Answers how many were due, and when the next one is in s ("" when there is none).
local prefix, now = ARGV[1], ARGV[2]
local ids = redis.call('ZRANGE', KEYS[1], '-inf', now, 'BYSCORE', 'LIMIT', 0, ARGV[4])
for _, id in ipairs(ids) do
  local task = prefix .. 't:' .. id
  redis.call('ZREM', KEYS[1], id)
  if redis.call('HEXISTS', task, 'msg') == 0 then
    redis.call('UNLINK', task)
  else
    local group = redis.call('HGET', task, 'group')
    if group and group ~= '' then
      redis.call('ZADD', prefix .. 'g:' .. group, now, id)
      redis.call('SADD', KEYS[3], group)
      redis.call('HSET', task, 'state', 'aggregating')
    else
      redis.call('LPUSH', KEYS[2], id)
      redis.call('HSET', task, 'state', 'pending', 'pending_since', ARGV[3])
    end
  end
end
local next_due = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
return {#ids, next_due[2] or ''}
