"""Python's collector of cycles, told what a hub holds: sockets and rooms that live for hours.

By default it looks through everything again whenever a quarter more objects live than at the last look, and often in
between. With a thousand sockets it was seen to take a tenth of the processor, and a look is a pause for everybody.
What a hub drops is freed at once by counting references; cycles are few (a traceback, a cancelled task).
"""

from __future__ import annotations

import gc

YOUNG = 50_000
"""Objects made, beyond those dropped, before the youngest are looked through."""
TIMES_YOUNGER = 20
"""Looks at a generation before the next older one has its turn."""


def calm() -> None:
    """Look seldom from now on, and never again at what the start has made."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, TIMES_YOUNGER, TIMES_YOUNGER)
