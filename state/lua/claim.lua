-- Note who goes where. ARGV: author, 1 to go there or 0 to go no longer, candidates.
if not is_loaded then return 0 end
local author, is_taken, has_news, at = ARGV[1], ARGV[2] == '1', false, now()
for index = 3, #ARGV do
  local name = 'k:' .. ARGV[index]
  local by = string.match(redis.call('HGET', staff, name) or '', '^%S+')
  if is_taken and by ~= author and read_facts(ARGV[index]) then
    redis.call('HSET', staff, name, author .. ' ' .. at)
    has_news = true
  elseif not is_taken and by == author then
    redis.call('HDEL', staff, name)
    has_news = true
  end
end
if not has_news then return 0 end
staffing_changed()
announce()
stay_alive()
return 1
