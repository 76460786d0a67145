"""One supervised server process: started through `launch`, ready when it answers, started again when it dies.

Plain `Popen` and bounded polling: no thread, no pipe, no child watcher, the same under asyncio and uvloop.
The server dies with the *thread* that started it (that is how Linux sees a parent), hence main thread only.
"""

import asyncio
import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from state.embedded import launch
from state.embedded.folder import EmbeddedServersError

POLL_SECONDS = 0.02
WATCH_SECONDS = 0.25
READY_SECONDS = 60.0  # a database that was killed under load replays its journal first
GONE_SECONDS = 30.0  # servers of a killed parent are stopping by themselves: usually well under a second
STOP_SECONDS = 15.0
FIRST_RESTART_SECONDS = 0.25
LAST_RESTART_SECONDS = 10.0
LOG_TAIL_LINES = 8
LOG_TAIL_BYTES = 8192

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Program:
    """What to run: the command, who to be, where it logs, and how it likes to be asked to stop."""

    name: str
    command: tuple[str, ...]
    log_file: Path
    stop_signal: signal.Signals
    identity: str = "self"


def spawn(program: Program) -> subprocess.Popen[bytes]:
    """Starts the program, tied to this process's life, in a session of its own (Ctrl-C is for us alone)."""
    if threading.current_thread() is not threading.main_thread():
        raise EmbeddedServersError("The default servers live as long as the thread that starts them: use the main one.")
    death = str(int(program.stop_signal))
    launcher = (sys.executable, "-I", "-S", launch.__file__, str(os.getpid()), death, program.identity)
    with program.log_file.open("ab") as output:
        return subprocess.Popen(  # nosec B603 # our own words, no shell
            [*launcher, *program.command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd="/",
            env=_environment(),
            start_new_session=True,
        )


async def run_to_end(program: Program, seconds: float) -> int:
    """Runs a program that ends by itself; gives its exit code."""
    process = spawn(program)
    try:
        async with asyncio.timeout(seconds):
            await _until(lambda: process.poll() is not None)
    finally:
        if process.poll() is None:
            process.kill()
    return process.wait()


def living(program_names: frozenset[str], mark: str) -> list[int]:
    """Lists the processes with one of these names that carry the mark in their title."""
    found: list[int] = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            name = (entry / "comm").read_text().strip()
            if name in program_names and mark.encode() in (entry / "cmdline").read_bytes():
                found.append(int(entry.name))
        except OSError:  # gone between the listing and the reading
            continue
    return found


async def wait_until_gone(program_names: frozenset[str], mark: str) -> None:
    """Waits for the servers of an earlier, killed parent to finish stopping."""
    try:
        async with asyncio.timeout(GONE_SECONDS):
            await _until(lambda: not living(program_names, mark))
    except TimeoutError:
        pids = ", ".join(map(str, living(program_names, mark)))
        raise EmbeddedServersError(
            f"Servers of an earlier run still hold the data folder (process {pids}) and do not stop. "
            "Look at them, stop them, then start again."
        ) from None


def log_tail(path: Path) -> str:
    """Gives the last lines a server wrote: the reason is usually there."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - LOG_TAIL_BYTES))
            lines = file.read().decode(errors="replace").splitlines()
    except OSError:
        return "(no log)"
    return "\n".join(f"    {line}" for line in lines[-LOG_TAIL_LINES:])


class Child:
    """A server that is kept alive between `start` and `stop`."""

    def __init__(
        self, program: Program, prepare: Callable[[], Awaitable[None]], answers: Callable[[], Awaitable[bool]]
    ) -> None:
        """Takes what must be true before a start (`prepare`) and a real question to the server (`answers`)."""
        self.program = program
        self._prepare = prepare
        self._answers = answers
        self._process: subprocess.Popen[bytes] | None = None
        self._watcher: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int:
        """Gives the process id of the server that runs now."""
        if self._process is None:
            raise LookupError(f"{self.program.name} is not started")
        return self._process.pid

    async def start(self) -> None:
        """Starts the server, returns once it answers, and watches it from then on."""
        await self._bring_up()
        self._watcher = asyncio.create_task(self._watch(), name=f"watch-{self.program.name}")

    async def stop(self) -> None:
        """Asks the server to stop, insists if it does not, and returns once it is gone."""
        if self._watcher is not None:
            self._watcher.cancel()
            await asyncio.gather(self._watcher, return_exceptions=True)
            self._watcher = None
        for number in (self.program.stop_signal, signal.SIGQUIT, signal.SIGKILL):
            if self._process is None or await self._ended_after(number):
                return

    async def _bring_up(self) -> None:
        await self._prepare()
        self._process = spawn(self.program)
        try:
            async with asyncio.timeout(READY_SECONDS):
                while not await self._answers():
                    if self._process.poll() is not None:
                        raise EmbeddedServersError(self._failure(f"ended with code {self._process.returncode}"))
                    await asyncio.sleep(POLL_SECONDS)
        except TimeoutError:
            raise EmbeddedServersError(self._failure(f"did not answer within {READY_SECONDS:.0f} s")) from None

    async def _ended_after(self, number: signal.Signals) -> bool:
        assert self._process is not None  # nosec B101 # narrows a type
        if self._process.poll() is None:
            self._process.send_signal(number)
        process = self._process
        try:
            async with asyncio.timeout(STOP_SECONDS):
                await _until(lambda: process.poll() is not None)
        except TimeoutError:
            log.warning("%s does not stop on %s", self.program.name, number.name)
            return False
        return True

    async def _watch(self) -> None:
        delay = FIRST_RESTART_SECONDS
        while True:
            await asyncio.sleep(WATCH_SECONDS)
            if self._process is not None and self._process.poll() is None:
                delay = FIRST_RESTART_SECONDS
                continue
            log.error("%s ended by itself; starting it again in %.2f s", self.program.name, delay)
            await asyncio.sleep(delay)
            delay = min(delay * 2, LAST_RESTART_SECONDS)
            try:
                await self._bring_up()
            except (EmbeddedServersError, OSError) as error:
                log.error("%s", error)

    def _failure(self, what: str) -> str:
        path = self.program.log_file
        return f"{self.program.name} {what}. Its log, {path}, ends with:\n{log_tail(path)}"


async def _until(condition: Callable[[], bool]) -> None:
    while True:
        if condition():
            return
        await asyncio.sleep(POLL_SECONDS)


def _environment() -> dict[str, str]:
    # Nothing of ours leaks into the servers: our environment may hold secrets, and PG* variables would steer them.
    kept = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
    return {**kept, "LC_ALL": "C"}
