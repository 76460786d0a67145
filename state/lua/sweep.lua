-- Forget the connections of dead nodes: waiting clients leave, seats stand empty with their door open, consoles close.
-- ARGV: nodes.
if not is_loaded then return 0 end
local is_dead = {}
for _, node in ipairs(ARGV) do is_dead[node] = true end
local has_news = false
for _, name in ipairs(redis.call('HKEYS', live)) do
  local candidate, letter = string.match(name, '^(%d+):(%a)$')
  if letter == 's' then
    local seat = read_seat(candidate)
    if seat and is_dead[seat.node] then
      seat.connection, seat.node = '-', '-'
      write_seat(candidate, seat)
      emit(live_head('seat.emptied', candidate, now()), '')
      has_news = true
    end
  elseif letter == 'w' then
    local waiting, has_left = keep(read_waiting(candidate), function(one) return not is_dead[one.node] end)
    if has_left then
      write_waiting(candidate, waiting)
      local _, link = read_link(candidate)
      emit(live_head('candidate.left', candidate, now()), '"link":' .. link .. ',' .. waiting_text(waiting))
      has_news = true
    end
  end
end
if close_consoles(function(one) return is_dead[one.node] end) then has_news = true end
if has_news then announce() end
return has_news and 1 or 0
