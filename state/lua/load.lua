-- Replace the durable part, keep the live part, empty the stream.
-- ARGV: new string epoch, decision seq, hash, live epoch, roster version, room JSON,
-- then per row: candidate, row JSON, facts, progress ('' or "answered total json").
local decision, life = tonumber(ARGV[2]), tonumber(ARGV[4])
local stored = redis.call('HMGET', meta, 'decision', 'life')
local stored_life = tonumber(stored[2] or 0)
if is_loaded and (stored_life > life or (stored_life == life and tonumber(stored[1]) >= decision)) then return 0 end
redis.call('DEL', rows, stream)
-- Left by another history (an old file, another server): who sat or waited then may be long gone, and nobody would
-- ever miss them. Those who are there tell their place again.
local is_foreign = epoch and not is_loaded
-- The ledger was put back to an earlier state: what was shown or answered after it never happened.
local is_rewound = stored[1] and decision < tonumber(stored[1])
local is_row = {}
for index = 7, #ARGV, 4 do
  local candidate, progress = ARGV[index], ARGV[index + 3]
  is_row[candidate] = true
  redis.call('HSET', rows, candidate, ARGV[index + 1])
  redis.call('HSET', live, candidate .. ':f', ARGV[index + 2])
  local seat, facts = read_seat(candidate), read_facts(candidate)
  if facts.entry == 0 then redis.call('HDEL', live, candidate .. ':p') end
  local ahead = furthest(field(candidate, 'p'), progress)
  if ahead ~= '' then redis.call('HSET', live, candidate .. ':p', ahead) end
  -- A seat of an earlier entry is nobody's; of a later one only if the ledger's history is the same.
  if is_foreign or (seat and (seat.entry < facts.entry or (seat.entry > facts.entry and life > stored_life))) then
    redis.call('HDEL', live, candidate .. ':s')
  end
  if is_foreign then redis.call('HDEL', live, candidate .. ':w') end
  if is_rewound then redis.call('HDEL', live, candidate .. ':t') end
end
for _, name in ipairs(redis.call('HKEYS', live)) do
  if not is_row[string.match(name, '^%d+')] then redis.call('HDEL', live, name) end
end
if is_foreign then redis.call('DEL', staff) end
-- Nobody has ever attended to it, as far as is known: that began now at the latest.
if redis.call('EXISTS', staff) == 0 then redis.call('HSET', staff, 'empty', now(), 'known', now()) end
redis.call('HSET', meta, 'epoch', ARGV[1], 'decision', ARGV[2], 'hash', ARGV[3], 'life', ARGV[4], 'roster', ARGV[5],
  'room', ARGV[6], 'history', history)
epoch = ARGV[1]
announce()
stay_alive()
return 1
