-- List the nodes whose connections this room knows.
if not is_loaded then return {} end
local found, list = {}, {}
local function note(node)
  if node ~= '-' and not found[node] then
    found[node] = true
    list[#list + 1] = node
  end
end
for _, name in ipairs(redis.call('HKEYS', live)) do
  local candidate, letter = string.match(name, '^(%d+):(%a)$')
  local seat = letter == 's' and read_seat(candidate)
  if seat then note(seat.node) end
  if letter == 'w' then
    for _, one in ipairs(read_waiting(candidate)) do note(one.node) end
  end
end
for _, one in ipairs(read_consoles()) do note(one.node) end
return list
