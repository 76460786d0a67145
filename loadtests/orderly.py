"""How a long run behaves: it says what it does, an order to end is obeyed in order, a failure is one line."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Coroutine
from typing import Any, TypeVar

Done = TypeVar("Done")
INTERRUPTED = 130
"""The exit code of a run that was told to end."""


def say(text: str) -> None:
    """Print a line, at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


async def until_signalled(work: Coroutine[Any, Any, Done]) -> Done:
    """Let SIGTERM end the work in order, as Ctrl-C does; a second one does not disturb the order."""
    task = asyncio.ensure_future(work)

    def end() -> None:
        if not task.cancelling():
            sys.stderr.write("Ending what was started …\n")
            task.cancel()

    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, end)
    return await task


def reason(failed: BaseException, silent: str) -> str:
    """Say in one line why something failed, the first of a group for all; `silent` where it says nothing itself."""
    while isinstance(failed, BaseExceptionGroup):
        failed = failed.exceptions[0]
    lines = str(failed).strip().splitlines()
    return f"{type(failed).__name__}: {lines[-1] if lines else silent}"
