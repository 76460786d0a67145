-- Forget a client outside the test. ARGV: candidate, connection.
local candidate, connection = ARGV[1], ARGV[2]
if not (is_loaded and read_facts(candidate)) then return 0 end
local waiting, has_left = keep(read_waiting(candidate), function(one) return one.connection ~= connection end)
if not has_left then return 0 end
write_waiting(candidate, waiting)
local _, link = read_link(candidate)
emit(live_head('candidate.left', candidate, now()), '"link":' .. link .. ',' .. waiting_text(waiting))
announce()
stay_alive()
return 1
