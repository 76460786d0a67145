-- Everything after a position as one JSON list; nil when the stream cannot tell. ARGV: epoch, seq.
if not is_loaded or epoch ~= ARGV[1] then return nil end
local after = tonumber(ARGV[2])
if after > seq then return nil end
if after == seq then return '[]' end
local found = redis.call('XRANGE', stream, string.format('%d-0', after + 1), '+')
-- Ids have no holes, so a missing front (trimmed) is a wrong count.
if #found ~= seq - after then return nil end
local events = {}
for index, entry in ipairs(found) do
  events[index] = entry[2][2]
end
return '[' .. table.concat(events, ',') .. ']'
