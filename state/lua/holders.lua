-- List the nodes that hold the seats of those whose test runs. Empty when one of these seats is nobody's, or no test runs.
if not is_loaded then return {} end
local found, list = {}, {}
for _, name in ipairs(redis.call('HKEYS', live)) do
  local candidate, letter = string.match(name, '^(%d+):(%a)$')
  local facts = letter == 'f' and read_facts(candidate)
  if facts and facts.attempt == 'running' and not facts.is_interrupted then
    local seat = read_seat(candidate)
    if not seat or seat.node == '-' then return {} end
    if not found[seat.node] then
      found[seat.node] = true
      list[#list + 1] = seat.node
    end
  end
end
return list
