-- The hot path. ARGV: candidate, connection, answered, total, progress as JSON.
-- Only the seat's connection counts, and only ahead; the very same value again was a retry and is accepted again.
-- Answers 0 (dropped), 1 (known already), or where and when the event stands: `<epoch> <seq> <at>`.
if not is_loaded then return 0 end
local candidate = ARGV[1]
local found = redis.call('HMGET', live, candidate .. ':f', candidate .. ':s', candidate .. ':p')
if not found[1] or not found[2] then return 0 end
local entry, attempt = string.match(found[1], '^(%d+) (%S+)')
local seat_entry, connection = string.match(found[2], '^(%d+) %S+ (%S+)')
if attempt ~= 'running' or tonumber(seat_entry) < tonumber(entry) or connection ~= ARGV[2] then return 0 end
if found[3] then
  local answered, total, json = string.match(found[3], '^(%d+) (%d+) (.*)$')
  if json == ARGV[5] then return 1 end
  if total ~= ARGV[4] or tonumber(ARGV[3]) <= tonumber(answered) then return 0 end
end
redis.call('HSET', live, candidate .. ':p', ARGV[3] .. ' ' .. ARGV[4] .. ' ' .. ARGV[5])
local at = now()
emit('"kind":"candidate.progressed","at":"' .. at .. '","candidate":' .. candidate, '"progress":' .. ARGV[5])
announce()
return epoch .. ' ' .. seq .. ' ' .. at
