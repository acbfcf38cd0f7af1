-- Adds one task; part of the scripts that do. Theirs are
-- KEYS[1..3]: pending, scheduled, groups
-- ARGV[1..3]: the queue's prefix, now in ns, now in s
-- and from ARGV[i]: id, message, kind (pending | scheduled | group), due in s, group, lock, its seconds, tick, its
--                   seconds
-- Answers added | conflict (the id is taken) | duplicate (the lock is held) | ticked (the tick was used).
--
-- Everything is looked at before anything is written: a refused task leaves no lock behind.
local function add(i)
  local prefix = ARGV[1]
  local id, message, kind, due, group = ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3], ARGV[i + 4]
  local lock, lock_s, tick, tick_s = ARGV[i + 5], ARGV[i + 6], ARGV[i + 7], ARGV[i + 8]
  local task = prefix .. 't:' .. id
  if tick ~= '' and redis.call('EXISTS', tick) == 1 then return 'ticked' end
  if lock ~= '' and redis.call('EXISTS', lock) == 1 then return 'duplicate' end
  if redis.call('EXISTS', task) == 1 then return 'conflict' end
  if kind == 'pending' then
    redis.call('HSET', task, 'msg', message, 'state', 'pending', 'pending_since', ARGV[2])
    redis.call('LPUSH', KEYS[1], id)
  elseif kind == 'scheduled' then
    redis.call('HSET', task, 'msg', message, 'state', 'scheduled')
    redis.call('ZADD', KEYS[2], due, id)
  else
    redis.call('HSET', task, 'msg', message, 'state', 'aggregating')
    redis.call('ZADD', prefix .. 'g:' .. group, ARGV[3], id)
    redis.call('SADD', KEYS[3], group)
  end
  if group ~= '' then redis.call('HSET', task, 'group', group) end
  if lock ~= '' then
    redis.call('HSET', task, 'unique_key', lock)
    redis.call('SET', lock, id, 'EX', lock_s)
  end
  if tick ~= '' then redis.call('SET', tick, id, 'EX', tick_s) end
  return 'added'
end
