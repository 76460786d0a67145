"""Valkey (or Redis) as a default server: a private Unix socket, a password, an append-only log, no eviction."""

import hashlib
import signal
from dataclasses import dataclass
from pathlib import Path

from redis.asyncio import Redis
from redis.exceptions import AuthenticationError, RedisError

from state.embedded.child import Child, Program, wait_until_gone
from state.embedded.discovery import Places, RedisProgram, find_redis
from state.embedded.folder import DataFolder, EmbeddedServersError, Passwords, write_private

PROCESS_NAMES = frozenset({"valkey-server", "redis-server"})
PING_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Valkey:
    """The live store's server of one data folder."""

    folder: DataFolder
    passwords: Passwords
    program: RedisProgram

    @classmethod
    def lay_out(cls, folder: DataFolder, places: Places) -> "Valkey":
        """Finds the program and makes its folder."""
        (folder.path / "redis").mkdir(mode=0o700, exist_ok=True)
        return cls(folder, folder.passwords(), find_redis(places))

    def child(self) -> Child:
        """Gives the server as a process to supervise; its configuration is written anew at each start."""
        config = self.folder.path / "redis.conf"
        # By file and by hash: an argument list can be read by every user of the machine.
        write_private(config, self._configuration())
        command = (str(self.program.server), str(config))
        log_file = self.folder.log_file("redis")
        return Child(Program("Valkey", command, log_file, signal.SIGTERM), self._clear_the_way, self._answers)

    @property
    def url(self) -> str:
        """Gives the address that redis-py understands."""
        return f"unix://:{self.passwords.redis}@{self._socket}?db=0"

    @property
    def _socket(self) -> Path:
        return self.folder.sockets / "redis.sock"

    def _configuration(self) -> str:
        digest = hashlib.sha256(self.passwords.redis.encode()).hexdigest()
        return "\n".join(
            (
                "port 0",
                f"unixsocket {_quoted(self._socket)}",
                "unixsocketperm 700",
                f"dir {_quoted(self.folder.path / 'redis')}",
                "appendonly yes",
                "appendfsync everysec",
                # The append-only log is the copy; periodic snapshots would only fork for nothing.
                'save ""',
                # Losing a room's order silently is worse than refusing a write aloud.
                "maxmemory-policy noeviction",
                f"user default on resetpass #{digest} ~* &* +@all",
                # So that a server of this folder is recognised among all processes.
                f'proc-title-template "{{title}} {self.folder.mark}"',
                "",
            )
        )

    async def _clear_the_way(self) -> None:
        await wait_until_gone(PROCESS_NAMES, self.folder.mark)

    async def _answers(self) -> bool:
        client = Redis.from_url(self.url, socket_timeout=PING_SECONDS, socket_connect_timeout=PING_SECONDS)
        try:
            # While it loads its log it answers every PING with an error: not ready, not broken.
            return bool(await client.ping())
        except AuthenticationError:
            raise EmbeddedServersError(
                f"Another server answers on {self._socket}: stop it, then start again."
            ) from None
        except (RedisError, OSError):
            return False
        finally:
            await client.aclose()


def _quoted(path: Path) -> str:
    escaped = str(path).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
