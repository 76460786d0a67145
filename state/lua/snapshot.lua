-- The room and its position in one atomic read; nil when it is not loaded.
if not is_loaded then return nil end
return { epoch, read_seq(), redis.call('HGET', meta, 'room'), redis.call('HGETALL', rows), redis.call('HGETALL', live) }
