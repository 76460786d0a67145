-- The hot path. ARGV: whether who asks hears the bell (1), and five for each offer: candidate, connection, answered,
-- total, progress as JSON.
-- Only the seat's connection counts, and only ahead; the very same value again was a retry and is accepted again.
-- Answers a digit for each offer, 0 (dropped), 1 (known already) or 2 (told), and after the last of those that were told
-- where and when it stands: `<digits> <epoch> <seq> <at>`. They stand side by side, at the same instant.
local DROPPED, KNOWN, TOLD = '0', '1', '2'
local at

local function judged(candidate, connection, answered, total, json)
  local found = redis.call('HMGET', live, candidate .. ':f', candidate .. ':s', candidate .. ':p')
  if not found[1] or not found[2] then return DROPPED end
  local entry, attempt = string.match(found[1], '^(%d+) (%S+)')
  local seat_entry, seated = string.match(found[2], '^(%d+) %S+ (%S+)')
  if attempt ~= 'running' or tonumber(seat_entry) < tonumber(entry) or seated ~= connection then return DROPPED end
  if found[3] then
    local held, held_total, held_json = string.match(found[3], '^(%d+) (%d+) (.*)$')
    if held_json == json then return KNOWN end
    if held_total ~= total or tonumber(answered) <= tonumber(held) then return DROPPED end
  end
  redis.call('HSET', live, candidate .. ':p', answered .. ' ' .. total .. ' ' .. json)
  at = at or now()
  emit('"kind":"candidate.progressed","at":"' .. at .. '","candidate":' .. candidate, '"progress":' .. json)
  return TOLD
end

local outcomes = {}
for place = 2, #ARGV, 5 do
  outcomes[#outcomes + 1] = is_loaded and judged(unpack(ARGV, place, place + 4)) or DROPPED
end
if not at then return table.concat(outcomes) end
-- Who asks is told by this answer. A ring would cost both of us as much again, so it has to have somebody else to tell.
if redis.call('PUBSUB', 'SHARDNUMSUB', bell)[2] > tonumber(ARGV[1]) then announce() end
return table.concat(outcomes) .. ' ' .. epoch .. ' ' .. seq .. ' ' .. at
