-- Puts one task in the place of a set's members: all of it happens, or nothing. Begins with add.lua, which says what
-- KEYS[1..3] and ARGV[1..3] are.
-- KEYS[4...]: archived, aggregation_sets, the set, its group
-- ARGV[4...]: the nine arguments of the new task (no id: there is none), the group's name, how many locks follow, then
--             lock, id of its holder, ..., then the ids of members to be archived as they are
-- Answers what add() does, or lost (the members were put back into their group).
if not redis.call('ZSCORE', KEYS[5], KEYS[6]) then return 'lost' end
if ARGV[4] ~= '' then
  local answer = add(4)
  if answer ~= 'added' then return answer end
end
local last_lock = 14 + 2 * tonumber(ARGV[14])
for i = 15, last_lock, 2 do
  if redis.call('GET', ARGV[i]) == ARGV[i + 1] then redis.call('DEL', ARGV[i]) end
end
for i = last_lock + 1, #ARGV do
  redis.call('ZREM', KEYS[6], ARGV[i])
  redis.call('ZADD', KEYS[4], ARGV[3], ARGV[i])
  redis.call('HSET', ARGV[1] .. 't:' .. ARGV[i], 'state', 'archived')
end
for _, id in ipairs(redis.call('ZRANGE', KEYS[6], 0, -1)) do redis.call('UNLINK', ARGV[1] .. 't:' .. id) end
redis.call('UNLINK', KEYS[6])
redis.call('ZREM', KEYS[5], KEYS[6])
if redis.call('EXISTS', KEYS[7]) == 0 then redis.call('SREM', KEYS[3], ARGV[13]) end
return 'added'
