"""The default servers: a real PostgreSQL and a real Redis-protocol server, found, started, watched and stopped.

`EmbeddedServers.start` is the whole door. Behind it, one idea per module:

`discovery`  where the programs are (wheels first, then this machine's own)
`folder`     the data folder: its lock, its passwords, its sockets, its logs
`launch`     the last step before a server: takes its identity, ties its life to ours, becomes the server
`child`      one supervised process: ready, watched, started again, stopped
`postgres`   how PostgreSQL is laid out, started and furnished with roles
`valkey`     how Valkey (or Redis) is configured and started
`servers`    the two together
"""

from state.embedded.discovery import Places
from state.embedded.folder import EmbeddedServersError
from state.embedded.servers import EmbeddedServers

__all__ = ["EmbeddedServers", "EmbeddedServersError", "Places"]
