"""Seeing what is freed at once: for a while nobody looks for circles."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """Let only what nothing refers to any more be freed."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
