"""How a process is started that ends with ours, however ours ends: a run that is cut short leaves nothing behind."""

from __future__ import annotations

import os
import signal
import sys

from state.embedded import launch


def tied() -> tuple[str, ...]:
    """Give the beginning of such a command; the kernel kills the process when the thread that starts it is gone.

    So it is started by the main thread, or by one that lives as long (the event loop's executor keeps its own).
    """
    return (sys.executable, "-I", "-S", launch.__file__, str(os.getpid()), str(int(signal.SIGKILL)), "self")
