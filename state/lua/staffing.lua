-- Who attends to the room, and the server's time.
if not is_loaded then return nil end
return { now(), redis.call('HGETALL', staff) }
