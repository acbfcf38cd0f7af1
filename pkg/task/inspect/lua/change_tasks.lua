-- Runs, archives or deletes tasks of one state, the oldest or soonest first.
-- ARGV: ..., the state, or "sets" for those that are being aggregated; a group, or "" for all; how many at most
-- Answers how many it changed, how many it looked at, how many there still are.
--
-- An id without a task is dropped, and one whose task is in truth elsewhere leaves this list only.
local place, only, most = ARGV[5], ARGV[6], tonumber(ARGV[7])
local here = place == 'sets' and 'aggregating' or place
local changed, seen = 0, 0

local function change(ids)
  for _, id in ipairs(ids) do
    local task = prefix .. 't:' .. id
    local fields = redis.call('HMGET', task, 'msg', 'state', 'group', 'unique_key')
    if not fields[1] then
      redis.call('UNLINK', task)
    elseif fields[2] == here or not is_at(id, fields[2], fields[3]) then
      apply(id, fields[1], fields[4])
      changed = changed + 1
    end
  end
  seen = seen + #ids
end

local function change_zset(key)
  local ids = redis.call('ZRANGE', key, 0, most - seen - 1)
  if #ids > 0 then redis.call('ZREMRANGEBYRANK', key, 0, #ids - 1) end
  change(ids)
  return redis.call('ZCARD', key)
end

if place == 'pending' then
  local ids = redis.call('LRANGE', KEYS[1], -most, -1)
  if #ids > 0 then redis.call('LTRIM', KEYS[1], 0, -#ids - 1) end
  change(ids)
  return {changed, seen, redis.call('LLEN', KEYS[1])}
end
if zsets[place] then
  local left = change_zset(zsets[place])
  return {changed, seen, left}
end
if place == 'sets' then
  local sets = redis.call('ZRANGE', KEYS[9], 0, most - 1)
  for _, set in ipairs(sets) do
    if seen < most and change_zset(set) == 0 then redis.call('ZREM', KEYS[9], set) end
  end
  return {changed, seen, redis.call('ZCARD', KEYS[9])}
end
local groups = only ~= '' and {only} or redis.call('SRANDMEMBER', KEYS[8], most)
local left = 0
for _, group in ipairs(groups) do
  if seen < most then
    left = left + change_zset(prefix .. 'g:' .. group)
    forget_empty_group(group)
  end
end
return {changed, seen, only ~= '' and left or redis.call('SCARD', KEYS[8])}
