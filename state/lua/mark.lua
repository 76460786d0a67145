-- Show a line as suspect, offline or online. ARGV: candidate, connection ('-': nobody), state, kind of event.
local candidate, connection, state = ARGV[1], ARGV[2], ARGV[3]
local facts = is_loaded and read_facts(candidate)
if not facts then return 0 end
local seat = read_seat(candidate)
if seat or facts.entry > 0 then
  if (seat and seat.connection or '-') ~= connection then return 0 end
else
  local waiting = read_waiting(candidate)
  local speaks = connection == '-' and #waiting == 0
  for _, one in ipairs(waiting) do
    speaks = speaks or one.connection == connection
  end
  if not speaks then return 0 end
end
-- A doubt that comes after the certainty is no news.
if state == 'suspect' and read_link(candidate) == 'offline' then return 1 end
local at = now()
local link, has_changed = set_link(candidate, state, at)
if has_changed then
  emit(live_head(ARGV[4], candidate, at), '"link":' .. link)
  announce()
  stay_alive()
end
return 1
