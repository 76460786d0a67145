-- Close the fast door of an entry. ARGV: candidate, entry, connection ('-': the seat stands empty), its rank (0: unknown).
-- A closed door is kept even where no seat was known, or a late attach would open it again. Every node hears of it: the
-- one that closes the door may die before it has said why, and somebody must go on.
local candidate, entry, connection, rank = ARGV[1], tonumber(ARGV[2]), ARGV[3], tonumber(ARGV[4])
local facts = is_loaded and read_facts(candidate)
if not facts or entry < facts.entry then return 0 end
local seat = read_seat(candidate)
if seat and seat.entry > entry then return 0 end
-- An empty seat that a newer connection held: it was emptied by somebody's mistake, and is about to be taken again.
if seat and rank > 0 and seat.rank > rank then return 0 end
if not seat or seat.entry < entry then
  seat = { entry = entry, client = facts.client, previous = '-', rank = seat and seat.rank or 0 }
elseif seat.connection ~= '-' and seat.connection ~= connection then
  return 0
end
if seat.connection == '-' and seat.door == 'closed' then return 1 end
seat.connection, seat.node, seat.door = '-', '-', 'closed'
write_seat(candidate, seat)
emit(live_head('seat.emptied', candidate, now()), '')
announce()
stay_alive()
return 1
