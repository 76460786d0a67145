-- Forget one console. ARGV: connection.
if not is_loaded then return 0 end
if not close_consoles(function(one) return one.connection == ARGV[1] end) then return 0 end
announce()
stay_alive()
return 1
