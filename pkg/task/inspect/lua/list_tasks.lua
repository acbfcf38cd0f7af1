-- A page of the tasks of one list, oldest first, or of one sorted set, lowest score first.
-- KEYS: the list or set, lease
-- ARGV: the prefix of task keys, list | zset, how many at most, after how many bytes to end, where it begins: of a list
--       the position counted from its old end; of a set nothing, or the score and the id of what came before
-- Answers 1 when there are more, else 0; then of each: id, score, message, result, lease's end ("" for what there is
-- not).
local prefix, most, max_bytes = ARGV[1], tonumber(ARGV[3]), tonumber(ARGV[4])

-- As Redis orders members of one score.
local function less(a, b)
  for i = 1, math.min(#a, #b) do
    local x, y = a:byte(i), b:byte(i)
    if x ~= y then return x < y end
  end
  return #a < #b
end

-- The rank of the first member behind (score, id), which itself may be gone.
local function rank_after(score, id)
  local low, high = 0, redis.call('ZCARD', KEYS[1])
  while low < high do
    local middle = math.floor((low + high) / 2)
    local at = redis.call('ZRANGE', KEYS[1], middle, middle, 'WITHSCORES')
    local at_score = tonumber(at[2])
    if at_score < score or (at_score == score and not less(id, at[1])) then
      low = middle + 1
    else
      high = middle
    end
  end
  return low
end

local ids, scores, more = {}, {}, false
if ARGV[2] == 'list' then
  local first = tonumber(ARGV[5])
  local found = redis.call('LRANGE', KEYS[1], -first - most, -first - 1)
  for i = #found, 1, -1 do ids[#ids + 1] = found[i] end
  more = redis.call('LLEN', KEYS[1]) > first + #ids
else
  local first = ARGV[6] and rank_after(tonumber(ARGV[5]), ARGV[6]) or 0
  local found = redis.call('ZRANGE', KEYS[1], first, first + most - 1, 'WITHSCORES')
  for i = 1, #found, 2 do
    ids[#ids + 1] = found[i]
    scores[#ids] = found[i + 1]
  end
  more = redis.call('ZCARD', KEYS[1]) > first + #ids
end

local answer, bytes = {0}, 0
for i, id in ipairs(ids) do
  local task = redis.call('HMGET', prefix .. id, 'msg', 'result')
  local message, result = task[1] or '', task[2] or ''
  bytes = bytes + #message + #result
  if i > 1 and bytes > max_bytes then
    more = true
    break
  end
  answer[#answer + 1] = id
  answer[#answer + 1] = scores[i] or ''
  answer[#answer + 1] = message
  answer[#answer + 1] = result
  answer[#answer + 1] = redis.call('ZSCORE', KEYS[2], id) or ''
end
if more then answer[1] = 1 end
return answer
