-- One candidate's live fields. Ids never hold spaces; '-' stands for nobody.
local function field(candidate, letter)
  return redis.call('HGET', live, candidate .. ':' .. letter)
end

-- Facts of the durable row that scripts need: entry, attempt, seated client, whether interrupted. Nil: no such row.
local function read_facts(candidate)
  local text = field(candidate, 'f')
  if not text then return nil end
  local entry, attempt, client, interrupted = string.match(text, '^(%d+) (%S+) (%S+) (%d)$')
  return { entry = tonumber(entry), attempt = attempt, client = client, is_interrupted = interrupted == '1' }
end

-- The seat: `previous` is the connection that was replaced last, so that its late retry steals nothing back.
local function read_seat(candidate)
  local text = field(candidate, 's')
  if not text then return nil end
  local entry, client, connection, node, door, previous, rank =
    string.match(text, '^(%d+) (%S+) (%S+) (%S+) (%S+) (%S+) (%d+)$')
  -- Written by another version: nobody's, until its client tells its place again.
  if not entry then return nil end
  return { entry = tonumber(entry), client = client, connection = connection, node = node, door = door,
    previous = previous, rank = tonumber(rank) }
end

local function write_seat(candidate, seat)
  redis.call('HSET', live, candidate .. ':s', string.format('%d %s %s %s %s %s %d', seat.entry, seat.client,
    seat.connection, seat.node, seat.door, seat.previous, seat.rank))
end

-- Clients outside the test, one line each.
local function read_waiting(candidate)
  local list = {}
  local lines = string.gmatch(field(candidate, 'w') or '', '(%S+) (%S+) (%S+) (%S+) (%d+)\n')
  for client, connection, node, previous, rank in lines do
    list[#list + 1] = { client = client, connection = connection, node = node, previous = previous,
      rank = tonumber(rank) }
  end
  return list
end

local function write_waiting(candidate, list)
  local lines = {}
  for index, one in ipairs(list) do
    lines[index] = string.format('%s %s %s %s %d\n', one.client, one.connection, one.node, one.previous, one.rank)
  end
  redis.call('HSET', live, candidate .. ':w', table.concat(lines))
end

-- The order of a candidate's connections. Who tells its place for the first time (0) gets the next rank; who tells it
-- again presents the one it has. A later life of the live store ranks above every earlier one: what it forgot is older.
local RANKS_OF_A_LIFE = 1048576
local function ranked(candidate, presented)
  if presented > 0 then return presented end
  return current_life * RANKS_OF_A_LIFE + redis.call('HINCRBY', live, candidate .. ':g', 1)
end

-- Tell whether a connection comes after another one of its client took the place: `held` is a seat or a waiting line.
local function is_overtaken(held, connection, presented)
  if held.connection == connection then return false end
  return held.previous == connection or (presented > 0 and presented < held.rank)
end

-- Return those for whom `is_kept` holds, and whether anybody left.
local function keep(list, is_kept)
  local kept = {}
  for _, one in ipairs(list) do
    if is_kept(one) then kept[#kept + 1] = one end
  end
  return kept, #kept < #list
end

local function waiting_text(list)
  return '"waiting":{"clients":' .. #list .. '}'
end

local function read_link(candidate)
  local text = field(candidate, 'l') or '{"state":"never","since":null}'
  return string.match(text, '"state":"(%a+)"'), text
end

-- Return the link's JSON and whether it changed; the same state keeps its `since`.
local function set_link(candidate, state, at)
  local before, text = read_link(candidate)
  if before == state then return text, false end
  text = '{"state":"' .. state .. '","since":"' .. at .. '"}'
  redis.call('HSET', live, candidate .. ':l', text)
  return text, true
end

local function live_head(kind, candidate, at, client, connection)
  local head = '"kind":"' .. kind .. '","at":"' .. at .. '","candidate":' .. candidate
  if client then head = head .. ',"client":"' .. client .. '"' end
  if connection then head = head .. ',"connection":"' .. connection .. '"' end
  return head
end

-- Of two values of "answered total json" the one that is ahead; another total is a newer truth: `offered` wins.
local function furthest(stored, offered)
  if not stored then return offered end
  if offered == '' then return stored end
  local answered, total = string.match(stored, '^(%d+) (%d+) ')
  local other_answered, other_total = string.match(offered, '^(%d+) (%d+) ')
  if total == other_total and tonumber(answered) >= tonumber(other_answered) then return stored end
  return offered
end
