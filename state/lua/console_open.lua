-- Note an open console. ARGV: connection, author, 1 for an invigilator, candidate looked at or '-', node.
if not is_loaded then return 0 end
local text = table.concat({ ARGV[2], ARGV[3], ARGV[4], ARGV[5] }, ' ')
if redis.call('HGET', staff, 'c:' .. ARGV[1]) == text then return 0 end
redis.call('HSET', staff, 'c:' .. ARGV[1], text)
redis.call('HDEL', staff, 'l:' .. ARGV[2])
if ARGV[3] == '1' then redis.call('HDEL', staff, 'empty') end
staffing_changed()
announce()
stay_alive()
return 1
