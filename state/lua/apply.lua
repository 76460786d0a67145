-- Append committed events if the store stands exactly before them.
-- ARGV: decision seq and hash before, live epoch; decision seq and hash after, roster version, node, room JSON;
-- number of rows, per row: candidate, row JSON, facts;
-- per event: candidate, head, changes, progress ('' none, 'null', "answered total json"), connection, client, entry
-- (entry 0: the event does not touch the seat).
if not is_loaded then return 'absent' end
local before, before_hash, life, after, after_hash = tonumber(ARGV[1]), ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4]), ARGV[5]
local node = ARGV[7]
local stored = redis.call('HMGET', meta, 'decision', 'hash', 'life')
local at, hash, stored_life = tonumber(stored[1]), stored[2], tonumber(stored[3])

if stored_life ~= life then
  -- A later life was loaded after this commit and holds it; an earlier one waits for its reload.
  return (stored_life > life and at >= after) and 'known' or 'gap'
end
if at < before then return 'gap' end
if at == before then
  if hash ~= before_hash then return 'conflict' end
elseif at == after then
  return hash == after_hash and 'known' or 'conflict'
else
  -- A transaction is applied whole: to stand in its middle is another history.
  return at > after and 'known' or 'conflict'
end

-- The connection that sits down with a decision: the one that asked, or a newer one of its client that waits already,
-- when the line broke between the asking and this moment.
local function sitter_of(candidate, client, connection, seat)
  local before = seat and seat.connection or '-'
  for _, one in ipairs(read_waiting(candidate)) do
    if one.client == client then
      return { connection = one.connection, node = one.node, previous = before, rank = one.rank }
    end
  end
  if connection == '-' then return { connection = '-', node = '-', previous = before, rank = 0 } end
  -- Whoever never left the seat of the entry before replaces nobody, and keeps the rank that it knows.
  if before == connection then
    return { connection = connection, node = node, previous = seat.previous, rank = seat.rank }
  end
  return { connection = connection, node = node, previous = before, rank = ranked(candidate, 0) }
end

-- Give a decision's seat away; return the connection that holds it now, or nil when somebody newer sat there already.
local function take_seat(candidate, entry, client, connection)
  local seat = read_seat(candidate)
  if seat and seat.entry > entry then return nil end
  if seat and seat.entry == entry and (seat.door == 'closed' or seat.connection ~= '-') then
    -- Somebody attached to this very entry after its commit: they are the newer ones.
    return seat.connection == connection and connection or nil
  end
  local sitter = sitter_of(candidate, client, connection, seat)
  write_seat(candidate, { entry = entry, client = client, connection = sitter.connection, node = sitter.node,
    door = 'open', previous = sitter.previous, rank = sitter.rank })
  return sitter.connection
end

local function seated_changes(candidate, client, connection)
  local waiting, has_left = keep(read_waiting(candidate), function(one)
    return one.client ~= client and one.connection ~= connection
  end)
  if has_left then write_waiting(candidate, waiting) end
  local link = set_link(candidate, 'online', now())
  return { '"link":' .. link, waiting_text(waiting) }
end

local function merged_progress(candidate, offered)
  local stored = field(candidate, 'p')
  if offered == 'null' then return '"progress":' .. (stored and string.match(stored, '^%d+ %d+ (.*)$') or 'null') end
  local ahead = furthest(stored, offered)
  redis.call('HSET', live, candidate .. ':p', ahead)
  return '"progress":' .. string.match(ahead, '^%d+ %d+ (.*)$')
end

local index = 10
for _ = 1, tonumber(ARGV[9]) do
  redis.call('HSET', rows, ARGV[index], ARGV[index + 1])
  redis.call('HSET', live, ARGV[index] .. ':f', ARGV[index + 2])
  index = index + 3
end
while index <= #ARGV do
  local candidate, head, changes, progress = ARGV[index], ARGV[index + 1], ARGV[index + 2], ARGV[index + 3]
  local connection, client, entry = ARGV[index + 4], ARGV[index + 5], tonumber(ARGV[index + 6])
  local parts = {}
  if changes ~= '' then parts[1] = changes end
  if progress ~= '' then parts[#parts + 1] = merged_progress(candidate, progress) end
  local holder = entry > 0 and take_seat(candidate, entry, client, connection)
  if holder and holder ~= '-' then head = head .. ',"connection":"' .. holder .. '"' end
  if connection ~= '-' then
    for _, text in ipairs(seated_changes(candidate, client, connection)) do parts[#parts + 1] = text end
  end
  emit(head, table.concat(parts, ','))
  index = index + 7
end
redis.call('HSET', meta, 'decision', ARGV[4], 'hash', after_hash, 'roster', ARGV[6], 'room', ARGV[8])
announce()
stay_alive()
return 'applied'
