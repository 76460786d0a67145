-- What every script of a room begins with: its keys, whether it is loaded, its clock and its stream.
-- A room that was loaded under another history (another server, or one that forgot) counts as not loaded.
local meta, stream, rows, live, staff = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local STREAM_LENGTH = 2048
local LIFE_SECONDS = 86400

local known = redis.call('HMGET', meta, 'epoch', 'history', 'life')
local epoch, current_life = known[1], tonumber(known[3] or 0)
local history = string.match(redis.call('INFO', 'replication'), 'master_replid:(%w+)') or 'none'
local is_loaded = epoch and known[2] == history

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

-- The last event's place; the stream itself counts (ids are 0-<seq>, from 1 after each load), nothing beside it.
local seq = 0
local function read_seq()
  local last = redis.call('XREVRANGE', stream, '+', '-', 'COUNT', 1)[1]
  return last and tonumber(string.sub(last[1], 3)) or 0
end

local function stay_alive()
  for _, key in ipairs({ meta, stream, rows, live, staff }) do
    redis.call('EXPIRE', key, LIFE_SECONDS)
  end
end

-- Append one event: `head` and `changes` are the inner texts of JSON objects, never decoded here.
-- Housekeeping at each event would be a tenth of the cost: every 64th (and the first, which makes the key) does it.
local function emit(head, changes)
  seq = tonumber(string.sub(redis.call('XADD', stream, '0-*', 'e', head .. ',"changes":{' .. changes .. '}}'), 3))
  if seq % 64 == 1 then
    redis.call('XTRIM', stream, 'MAXLEN', '~', STREAM_LENGTH)
    stay_alive()
  end
end

-- Ring: the bell says only which room moved, and how far in which life. Of a cluster only this shard hears it.
local bell = string.sub(meta, 1, -2) .. 'bell'
local function announce()
  redis.call('SPUBLISH', bell, string.sub(meta, 8, -4) .. ':' .. seq .. ':' .. epoch)
end
