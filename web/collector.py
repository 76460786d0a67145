"""Python's collector of cycles, told what a hub holds: sockets and rooms that live for hours.

By default it looks through everything again whenever a quarter more objects live than at the last look, and often in
between. With a thousand sockets it was seen to take a tenth of the processor, and a look is a pause for everybody.
Nearly all that a hub drops is freed at once by counting references, closed connections too: what would make circles of
them is avoided (decision 22).
"""

from __future__ import annotations

import gc

YOUNG = 10_000
"""Objects made, beyond those dropped, before the youngest are looked through: a pause of some 4 ms."""
YOUNG_LOOKS = 5
"""Looks at the youngest before those that outlived them have theirs: some 20 ms. Of a million it is half a second."""
MIDDLE_LOOKS = 400
"""Looks at those before everything has its turn, which is a pause of a second where thousands are connected."""


def calm() -> None:
    """Look seldom from now on, and never again at what the start has made."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, YOUNG_LOOKS, MIDDLE_LOOKS)
