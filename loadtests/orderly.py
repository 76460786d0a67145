"""An order to end is obeyed in order: what was started is ended by whoever started it."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Coroutine
from typing import Any, TypeVar

Done = TypeVar("Done")


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
