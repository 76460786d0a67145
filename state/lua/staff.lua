-- Who attends to the room: fields of one hash, words separated by spaces; ids hold none.
-- `c:<connection>` = author, 1 for an invigilator, where they look or '-', node; `k:<candidate>` = author, instant;
-- `l:<author>` = since when they have no console here; `empty` = since when no invigilator has one; `known` = since when
-- it is known who is here.
local function read_consoles()
  local list = {}
  local flat = redis.call('HGETALL', staff)
  for index = 1, #flat, 2 do
    local connection = string.match(flat[index], '^c:(.*)$')
    if connection then
      local author, rank, look, node = string.match(flat[index + 1], '^(%S+) (%d) (%S+) (%S+)$')
      list[#list + 1] = { connection = connection, author = author, is_invigilator = rank == '1', look = look,
        node = node }
    end
  end
  return list
end

local function staffing_changed()
  emit('"kind":"staffing.changed","at":"' .. now() .. '"', '')
end

-- Forget consoles, and remember who has none left now.
local function close_consoles(is_closed)
  local here, has_closed, closed, is_attended = {}, false, {}, false
  for _, one in ipairs(read_consoles()) do
    if is_closed(one) then
      redis.call('HDEL', staff, 'c:' .. one.connection)
      has_closed = true
      closed[one.author] = true
    else
      here[one.author] = true
      is_attended = is_attended or one.is_invigilator
    end
  end
  if not has_closed then return false end
  local at = now()
  for author in pairs(closed) do
    if not here[author] then redis.call('HSET', staff, 'l:' .. author, at) end
  end
  if not is_attended and redis.call('HEXISTS', staff, 'empty') == 0 then redis.call('HSET', staff, 'empty', at) end
  staffing_changed()
  return true
end
