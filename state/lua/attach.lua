-- The fast door: take the seat of this very entry. ARGV: candidate, client, connection, node, entry.
-- Returns 1 when the door was open, 0 when only the ledger can tell.
local candidate, client, connection, node, entry = ARGV[1], ARGV[2], ARGV[3], ARGV[4], tonumber(ARGV[5])
local facts = is_loaded and read_facts(candidate)
if not facts or entry < 1 or entry < facts.entry then return 0 end
if entry == facts.entry and (facts.client ~= client or facts.is_interrupted) then return 0 end
local seat = read_seat(candidate)
if seat and entry < seat.entry then return 0 end
local is_mine = false
if seat and entry == seat.entry then
  if seat.client ~= client or seat.door == 'closed' then return 0 end
  -- The late retry of a connection that was replaced meanwhile: its attachment did happen.
  if seat.previous == connection then return 1 end
  is_mine = seat.connection == connection
end
local at = now()
local link, has_changed = set_link(candidate, 'online', at)
if is_mine and not has_changed then return 1 end
local waiting, has_left = keep(read_waiting(candidate), function(one) return one.client ~= client end)
if has_left then write_waiting(candidate, waiting) end
if not is_mine then
  write_seat(candidate, { entry = entry, client = client, connection = connection, node = node, door = 'open',
    previous = seat and seat.connection or '-' })
end
local parts = {}
if has_changed then parts[1] = '"link":' .. link end
if has_left then parts[#parts + 1] = waiting_text(waiting) end
-- Only what changes nothing on a dashboard stays silent.
local kind = has_changed and 'candidate.reconnected' or has_left and 'candidate.left' or 'seat.attached'
emit(live_head(kind, candidate, at, client, connection), table.concat(parts, ','))
announce()
stay_alive()
return 1
