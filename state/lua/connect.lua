-- Note a client outside the test. ARGV: candidate, client, connection, node, rank (0: first time).
-- Returns what became of it (1: noted, 2: a newer connection of this client is noted, 3: no such room or candidate) and
-- the rank.
local candidate, client, connection, node, presented = ARGV[1], ARGV[2], ARGV[3], ARGV[4], tonumber(ARGV[5])
local facts = is_loaded and read_facts(candidate)
if not facts then return { 3, presented } end
local seat = read_seat(candidate)
if seat and seat.connection == connection then return { 1, seat.rank } end
local waiting = read_waiting(candidate)
local mine
for _, one in ipairs(waiting) do
  if one.client == client then mine = one end
end
if mine and is_overtaken(mine, connection, presented) then return { 2, presented } end
if mine and mine.connection == connection then
  if mine.node ~= node then
    mine.node = node
    write_waiting(candidate, waiting)
  end
  return { 1, mine.rank }
end
local at = now()
local parts = {}
if facts.entry == 0 then
  local link, has_changed = set_link(candidate, 'online', at)
  if has_changed then parts[1] = '"link":' .. link end
end
local rank = ranked(candidate, presented)
if mine then
  mine.previous, mine.connection, mine.node, mine.rank = mine.connection, connection, node, rank
  write_waiting(candidate, waiting)
  local kind = parts[1] and 'candidate.reconnected' or 'seat.attached'
  emit(live_head(kind, candidate, at, client, connection), parts[1] or '')
else
  waiting[#waiting + 1] = { client = client, connection = connection, node = node, previous = '-', rank = rank }
  write_waiting(candidate, waiting)
  local kind = (#waiting == 1 and facts.entry == 0) and 'candidate.joined' or 'candidate.waiting'
  local _, link = read_link(candidate)
  emit(live_head(kind, candidate, at, client, connection), '"link":' .. link .. ',' .. waiting_text(waiting))
end
announce()
stay_alive()
return { 1, rank }
