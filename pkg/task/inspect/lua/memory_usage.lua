-- About how many bytes the tasks of a queue take: some of each state are measured.
-- KEYS: pending, active, scheduled, retry, archived, completed, groups
-- ARGV: the queue's prefix, how many tasks of each state and how many groups to measure
-- Answers the bytes. An id without a task does not count.
local prefix, most = ARGV[1], tonumber(ARGV[2])

local function usage(key) return redis.call('MEMORY', 'USAGE', key) or 0 end

local function tasks(ids, size)
  local bytes, measured = 0, 0
  for _, id in ipairs(ids) do
    local task = usage(prefix .. 't:' .. id)
    if task > 0 then
      bytes = bytes + task
      measured = measured + 1
    end
  end
  return measured == 0 and 0 or bytes / measured * size
end

local function zset(key)
  return usage(key) + tasks(redis.call('ZRANGE', key, 0, most - 1), redis.call('ZCARD', key))
end

local bytes = usage(KEYS[7])
for i = 1, 2 do
  bytes = bytes + usage(KEYS[i]) + tasks(redis.call('LRANGE', KEYS[i], 0, most - 1), redis.call('LLEN', KEYS[i]))
end
for i = 3, 6 do bytes = bytes + zset(KEYS[i]) end
local groups = redis.call('SRANDMEMBER', KEYS[7], ARGV[3])
local in_groups = 0
for _, group in ipairs(groups) do in_groups = in_groups + zset(prefix .. 'g:' .. group) end
if #groups > 0 then bytes = bytes + in_groups / #groups * redis.call('SCARD', KEYS[7]) end
return math.floor(bytes)
