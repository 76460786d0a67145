-- The fast door: take the seat of this very entry. ARGV: candidate, client, connection, node, entry, rank (0: first time).
-- Returns what became of it (0: only the ledger can tell, 1: seated, 2: a newer connection of this client sits there,
-- 3: no such room or candidate) and the rank.
local candidate, client, connection, node, entry = ARGV[1], ARGV[2], ARGV[3], ARGV[4], tonumber(ARGV[5])
local presented = tonumber(ARGV[6])
local facts = is_loaded and read_facts(candidate)
if not facts then return { 3, presented } end
local seat = read_seat(candidate)
-- Whichever entry either of them is of: a line that nobody holds any more, at a hub that wakes, takes nothing back.
if seat and seat.client == client and is_overtaken(seat, connection, presented) then return { 2, presented } end
if entry < 1 or entry < facts.entry then return { 0, presented } end
if entry == facts.entry and (facts.client ~= client or facts.is_interrupted) then return { 0, presented } end
if seat and entry < seat.entry then return { 0, presented } end
local is_mine = false
if seat and entry == seat.entry then
  if seat.client ~= client or seat.door == 'closed' then return { 0, presented } end
  is_mine = seat.connection == connection
end
local rank = is_mine and seat.rank or ranked(candidate, presented)
local at = now()
local link, has_changed = set_link(candidate, 'online', at)
if not is_mine or seat.node ~= node then
  local previous = is_mine and seat.previous or (seat and seat.connection or '-')
  write_seat(candidate, { entry = entry, client = client, connection = connection, node = node, door = 'open',
    previous = previous, rank = rank })
end
if is_mine and not has_changed then return { 1, rank } end
local waiting, has_left = keep(read_waiting(candidate), function(one) return one.client ~= client end)
if has_left then write_waiting(candidate, waiting) end
local parts = {}
if has_changed then parts[1] = '"link":' .. link end
if has_left then parts[#parts + 1] = waiting_text(waiting) end
-- Only what changes nothing on a dashboard stays silent.
local kind = has_changed and 'candidate.reconnected' or has_left and 'candidate.left' or 'seat.attached'
emit(live_head(kind, candidate, at, client, connection), table.concat(parts, ','))
announce()
stay_alive()
return { 1, rank }
