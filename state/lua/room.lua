-- What every script of a room begins with: its keys, whether it is loaded, its clock and its stream.
-- A room that was loaded under another history (another server, or one that forgot) counts as not loaded.
local meta, stream, rows, live, bell = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local STREAM_LENGTH = 2048
local LIFE_SECONDS = 86400

local known = redis.call('HMGET', meta, 'epoch', 'seq', 'history')
local epoch, seq = known[1], tonumber(known[2] or 0)
local history = string.match(redis.call('INFO', 'replication'), 'master_replid:(%w+)') or 'none'
local is_loaded = epoch and known[3] == history

-- The server's time as RFC 3339 with microseconds; days to date after the proleptic Gregorian calendar.
local function now()
  local time = redis.call('TIME')
  local seconds = tonumber(time[1])
  local z = math.floor(seconds / 86400) + 719468
  local rest = seconds % 86400
  local era = math.floor(z / 146097)
  local doe = z - era * 146097
  local yoe = math.floor((doe - math.floor(doe / 1460) + math.floor(doe / 36524) - math.floor(doe / 146096)) / 365)
  local doy = doe - (365 * yoe + math.floor(yoe / 4) - math.floor(yoe / 100))
  local mp = math.floor((5 * doy + 2) / 153)
  local month = mp < 10 and mp + 3 or mp - 9
  local year = yoe + era * 400 + (month <= 2 and 1 or 0)
  return string.format('%04d-%02d-%02dT%02d:%02d:%02d.%06dZ', year, month, doy - math.floor((153 * mp + 2) / 5) + 1,
    math.floor(rest / 3600), math.floor(rest / 60) % 60, rest % 60, tonumber(time[2]))
end

-- Append one event: `head` and `changes` are the inner texts of JSON objects, never decoded here.
local function emit(head, changes)
  seq = seq + 1
  redis.call('XADD', stream, 'MAXLEN', '~', STREAM_LENGTH, seq .. '-0', 'e',
    '{"seq":' .. seq .. ',' .. head .. ',"changes":{' .. changes .. '}}')
end

local function stay_alive()
  for index = 1, 4 do
    redis.call('EXPIRE', KEYS[index], LIFE_SECONDS)
  end
end

-- Keep the new seq and ring; the bell says only which room moved, and how far.
local function announce()
  redis.call('HSET', meta, 'seq', seq)
  redis.call('PUBLISH', bell, string.match(meta, '{(.-)}') .. ':' .. seq)
end
