-- Everything after a position as one JSON list; nil when the stream cannot tell. ARGV: epoch, seq.
if not is_loaded or epoch ~= ARGV[1] then return nil end
local after = tonumber(ARGV[2])
local found = redis.call('XRANGE', stream, string.format('0-%d', after + 1), '+')
if #found == 0 then return after == read_seq() and '[]' or nil end
-- Ids have no holes, so only the front may be missing: trimmed.
if found[1][1] ~= string.format('0-%d', after + 1) then return nil end
local events = {}
for index, entry in ipairs(found) do
  events[index] = '{"seq":' .. string.sub(entry[1], 3) .. ',' .. entry[2][2]
end
return '[' .. table.concat(events, ',') .. ']'
