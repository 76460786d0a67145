"""The hub that listens on this machine, if one does; and what any hub says of itself on `/readyz`."""

from __future__ import annotations

from collections.abc import Mapping

import httpx
import msgspec

from hub.findings import Check, Finding, doubtful, well, wrong
from web.place import place_of
from web.settings import Settings

ANSWER_SECONDS = 4.0
MEANINGS: Mapping[str, str] = {
    "database": "PostgreSQL does not answer it",
    "live": "the live store does not answer it",
    "draining": "it is stopping",
    "cut_off": "it does not see the live store that other hubs see",
}
"""What is missing when a hub is not ready, by the words of `/readyz`."""


class Readiness(msgspec.Struct, frozen=True):
    """The answer of `/readyz`; `address` is where the request seemed to come from."""

    ready: bool
    missing: list[str]
    overloaded: bool
    address: str = ""


async def look_at_hub(settings: Settings) -> tuple[Finding, bool]:
    """Ask the hub at the address it listens on whether it is ready; also tell whether anybody listens there."""
    if settings.port == 0:
        return doubtful(Check.HUB, "VIGIE_PORT is 0: nobody can know the port", "Choose a port in VIGIE_PORT."), False
    url = place_of(settings, settings.port).local_url
    try:
        async with httpx.AsyncClient(base_url=url, timeout=ANSWER_SECONDS, trust_env=False) as http:
            answer = await http.get("/readyz")
    except httpx.ConnectError:
        return doubtful(Check.HUB, f"no hub listens at {url}", "Start it (`vigie serve`), then look again."), False
    except httpx.HTTPError as accident:
        silent = f"{url} does not answer a request ({type(accident).__name__})"
        fix = "Read the hub's log: it stands still, or another program has this port."
        return wrong(Check.HUB, silent, fix), True
    return judged(Check.HUB, url, answer), True


def readiness(answer: httpx.Response) -> Readiness | None:
    """Read what a hub says of itself; None when it was no hub that answered."""
    try:
        return msgspec.json.decode(answer.content, type=Readiness)
    except msgspec.DecodeError:
        return None


def judged(check: Check, url: str, answer: httpx.Response) -> Finding:
    """Say whether a hub is ready, and what it misses."""
    told = readiness(answer)
    if told is None:
        return wrong(
            check,
            f"what answers at {url} is no hub (status {answer.status_code})",
            "If it is your proxy, it reaches no hub: start one, and compare its upstream with where the hub listens.",
        )
    if not told.ready:
        missing = ", ".join(MEANINGS.get(word, word) for word in told.missing)
        return wrong(check, f"the hub at {url} is not ready: {missing}", "Mend what is missing: the hub needs nothing.")
    if told.overloaded:
        return doubtful(check, f"the hub at {url} is late itself", "Start another hub process, or give it a core.")
    return well(check, f"ready at {url}")
