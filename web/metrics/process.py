"""The figures of this process: loop, tasks, descriptors, memory, version.

What the Prometheus client would do costs too much with ten thousand sockets: it lists every descriptor, 50 ms in which
nobody is served. The names are the usual ones.
"""

from __future__ import annotations

import asyncio
import gc
import os
import platform
import resource
import time
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

from prometheus_client.core import Metric

from channels.figures import Figures
from web import logs
from web.metrics.spelling import by_word, counter, gauge, histogram

COUNT_TASKS_SECONDS = 60.0
"""Counting thirty thousand tasks takes 20 ms: once a minute is enough to see a leak."""

_DESCRIPTORS = Path("/proc/self/fd")
_PAGES = Path("/proc/self/statm")


class Process:
    """Reads this process's own figures."""

    def __init__(self) -> None:
        self._started_at = time.time()
        self._tasks, self._counted_at = 0, float("-inf")
        self._build = {(version("vigie"), platform.python_version()): 1.0}

    def collect(self, node: Figures) -> Iterator[Metric]:
        """Tell how the loop runs, and what the process uses."""
        yield histogram("vigie_loop_lag_seconds", "How late the loop woke a job that asked for it", node.lag)
        yield gauge(
            "vigie_loop_lag_worst_seconds", "The worst of it since these figures were last read", node.take_worst_lag()
        )
        yield gauge("vigie_tasks", "Tasks of the loop, counted once a minute", self._count_tasks())
        yield counter("vigie_log_lines", "Lines of the log by level, from warnings on", by_word(logs.lines), ("level",))
        yield gauge("vigie_build_info", "1, with the version that runs", self._build, ("version", "python"))
        yield from self._resources()
        yield counter(
            "python_gc_collections",
            "Runs of the garbage collector, by generation",
            {(str(age),): one["collections"] for age, one in enumerate(gc.get_stats())},
            ("generation",),
        )

    def _count_tasks(self) -> int:
        now = time.monotonic()
        if now - self._counted_at >= COUNT_TASKS_SECONDS:
            self._tasks, self._counted_at = len(asyncio.all_tasks()), now
        return self._tasks

    def _resources(self) -> Iterator[Metric]:
        page = resource.getpagesize()
        pages = _PAGES.read_text().split()
        yield counter("process_cpu_seconds", "CPU time, user and system", time.process_time())
        yield gauge("process_virtual_memory_bytes", "Virtual memory", int(pages[0]) * page)
        yield gauge("process_resident_memory_bytes", "Resident memory", int(pages[1]) * page)
        yield gauge("process_start_time_seconds", "When this process began to serve, since 1970", self._started_at)
        yield gauge("process_open_fds", "Open file descriptors", open_descriptors())
        yield gauge("process_max_fds", "How many there may be", resource.getrlimit(resource.RLIMIT_NOFILE)[0])


def open_descriptors() -> int:
    """Count open descriptors: Linux tells their number as the folder's size since 6.2; before, they are listed."""
    return _DESCRIPTORS.stat().st_size or len(os.listdir(_DESCRIPTORS))
