-- Puts the members of sets whose time is over back into their groups.
-- KEYS: aggregation_sets, groups
-- ARGV: the queue's prefix, now in s, how many sets at most
-- Answers how many sets there were.
local sets = redis.call('ZRANGE', KEYS[1], '-inf', ARGV[2], 'BYSCORE', 'LIMIT', 0, ARGV[3])
for _, set in ipairs(sets) do
  local group = string.match(set, '^(.*):[^:]*$')
  local members = redis.call('ZRANGE', set, 0, -1, 'WITHSCORES')
  for i = 1, #members, 2 do
    local task = ARGV[1] .. 't:' .. members[i]
    if redis.call('HEXISTS', task, 'msg') == 1 then
      redis.call('ZADD', group, members[i + 1], members[i])
    else
      redis.call('UNLINK', task)
    end
  end
  redis.call('UNLINK', set)
  redis.call('ZREM', KEYS[1], set)
  local name = string.sub(group, #ARGV[1] + 3)  -- after "g:"
  redis.call(redis.call('EXISTS', group) == 1 and 'SADD' or 'SREM', KEYS[2], name)
end
return #sets
