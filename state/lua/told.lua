-- Note which version a candidate's screen showed. ARGV: candidate, version.
local candidate, version = ARGV[1], tonumber(ARGV[2])
if not (is_loaded and read_facts(candidate)) then return 0 end
if version <= tonumber(field(candidate, 't') or 0) then return 0 end
redis.call('HSET', live, candidate .. ':t', ARGV[2])
emit(live_head('candidate.told', candidate, now()), '"told_version":' .. ARGV[2])
announce()
stay_alive()
return 1
