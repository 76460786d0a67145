-- Note a client outside the test. ARGV: candidate, client, connection, node.
local candidate, client, connection, node = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local facts = is_loaded and read_facts(candidate)
if not facts then return 0 end
local seat = read_seat(candidate)
if seat and seat.connection == connection then return 0 end
local waiting = read_waiting(candidate)
local mine
for _, one in ipairs(waiting) do
  if one.client == client then mine = one end
end
-- A retry, of the connection that is noted or of the one it replaced.
if mine and (mine.connection == connection or mine.previous == connection) then return 0 end
local at = now()
local parts = {}
if facts.entry == 0 then
  local link, has_changed = set_link(candidate, 'online', at)
  if has_changed then parts[1] = '"link":' .. link end
end
if mine then
  mine.previous, mine.connection, mine.node = mine.connection, connection, node
  write_waiting(candidate, waiting)
  local kind = parts[1] and 'candidate.reconnected' or 'seat.attached'
  emit(live_head(kind, candidate, at, client, connection), parts[1] or '')
else
  waiting[#waiting + 1] = { client = client, connection = connection, node = node, previous = '-' }
  write_waiting(candidate, waiting)
  local kind = (#waiting == 1 and facts.entry == 0) and 'candidate.joined' or 'candidate.waiting'
  local _, link = read_link(candidate)
  emit(live_head(kind, candidate, at, client, connection), '"link":' .. link .. ',' .. waiting_text(waiting))
end
announce()
stay_alive()
return 1
