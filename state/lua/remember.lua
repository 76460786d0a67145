-- Put progress back that the store has forgotten. ARGV: candidate, answered, total, progress as JSON.
local candidate = ARGV[1]
local facts = is_loaded and read_facts(candidate)
if not facts or facts.entry == 0 then return 0 end
local stored, offered = field(candidate, 'p'), ARGV[2] .. ' ' .. ARGV[3] .. ' ' .. ARGV[4]
local total = stored and string.match(stored, '^%d+ (%d+) ')
if stored and (total ~= ARGV[3] or furthest(stored, offered) == stored) then return 0 end
redis.call('HSET', live, candidate .. ':p', offered)
emit(live_head('candidate.progressed', candidate, now()), '"progress":' .. ARGV[4])
announce()
stay_alive()
return 1
