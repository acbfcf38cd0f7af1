-- A page of the members of an aggregation set, in the order in which they were added.
-- KEYS: the set
-- ARGV: the prefix of task keys, first rank, last rank
-- Answers id, message, ...; "" for the message of a member whose task is gone.
local answer = {}
for _, id in ipairs(redis.call('ZRANGE', KEYS[1], ARGV[2], ARGV[3])) do
  answer[#answer + 1] = id
  answer[#answer + 1] = redis.call('HGET', ARGV[1] .. id, 'msg') or ''
end
return answer
