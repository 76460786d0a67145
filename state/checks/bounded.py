"""One look that always ends as a finding, in its time, so that no look hides another."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from hub.findings import Check, Finding, wrong

LOOK_SECONDS = 5.0
"""Longer than anything that is well takes, short enough to wait for in front of a terminal."""


async def bounded(check: Check, look: Callable[[], Awaitable[Finding]], seconds: float = LOOK_SECONDS) -> Finding:
    """Return what a look finds; one that fails or does not end is a problem by itself."""

    async def one() -> Sequence[Finding]:
        return (await look(),)

    (finding,) = await bounded_all(check, one, seconds)
    return finding


async def bounded_all(
    check: Check, look: Callable[[], Awaitable[Sequence[Finding]]], seconds: float = LOOK_SECONDS
) -> Sequence[Finding]:
    """Return all that a look finds at once; of one that fails only that is told, under the code of its first check."""
    try:
        async with asyncio.timeout(seconds):
            return await look()
    except TimeoutError:
        late = wrong(check, f"no answer in {seconds:.0f} s", "See whether what is asked here is stuck or overloaded.")
        return (late,)
    except Exception as accident:  # noqa: BLE001 - however one look fails, the others go on
        # The type only: the words of an exception may quote a secret.
        seen = f"could not be looked at ({type(accident).__name__})"
        return (wrong(check, seen, "See the findings beside this one; if they are well, this is a bug of the doctor."),)
