"""A scene: one room of the rig and the bare lines a test opens in it, each on the hub it names.

Unlike a `Player`, a line here never comes back by itself: the test says when, and where. Every line still checks the
protocol on each frame; what it heard that is forbidden is raised when the scene is left.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.faults import truth
from tests.faults.agreement import true_rows
from tests.faults.ground import patient
from tests.faults.hubs import Hub
from tests.faults.player import hang_up
from tests.faults.reading import Truth
from tests.faults.rig import Colleague, Rig, RigRoom
from tests.story.client import Candidate, Dashboard, Frame, Line, dial
from tests.story.rooms import accepted, ok

POLL_SECONDS = 0.05
OPEN_SECONDS = 5.0
BURST, PACE_SECONDS = 25, 0.2


class Tab(Candidate):
    """A candidate's tab that knows whose it is and where it is connected; `author` is how decisions name it."""

    token: str
    author: str
    place: int
    hub: Hub

    @property
    def is_seated(self) -> bool:
        return bool(self.state.get("in_test"))

    @property
    def is_standing(self) -> bool:
        """Tell whether the line is there still."""
        return not self._reader.done()


@dataclass(eq=False)
class Scene:
    """One room. `boards` has one dashboard per hub, in the order of the hubs, when `watched` opened them."""

    rig: Rig
    room: RigRoom
    boards: list[Dashboard] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    _turns: dict[Dashboard, asyncio.Lock] = field(default_factory=dict)

    # ── lines ──────────────────────────────────────────────────────────────────────────────────────────────

    async def board(self, hub: Hub, who: Colleague | None = None) -> Dashboard:
        """Open a dashboard on a hub and wait for its data."""
        who = who or self.rig.staff.invigilators[0]
        line: Dashboard = await Dashboard.open(hub.ws_url, {"token": who.token, "session": self.room.number})
        self.lines.append(line)
        await line.until(lambda: line.epoch, f"the first data on {hub.name}")
        return line

    async def tab(
        self, place: int, hub: Hub, token: str | None = None, *, url: str | None = None, is_greeting: bool = True
    ) -> Tab:
        """Open a tab on a hub (or on another way to it) as a new client, or with the token of one; wait for its state.

        Without a greeting only the socket stands: its hello is for the test to say.
        """
        token = token or await self.rig.identify(self.room, place)
        line = Tab(await dial(url or hub.ws_url, Tab.path, open_timeout=OPEN_SECONDS))
        line.token, line.place, line.hub = token, place, hub
        self.lines.append(line)
        if is_greeting:
            await line.say({"type": "hello", "token": token})
            await line.until(lambda: line.state or line.bye, f"the first state of {self.name(place)} on {hub.name}")
        return line

    async def seated(self, place: int, hub: Hub, *, url: str | None = None) -> Tab:
        """Bring a candidate into the test, on a hub."""
        tab = await self.tab(place, hub, url=url)
        accepted(await self.command(self.boards[0], "presence.confirm", place, late_reason="en retard"))
        ok(await tab.enter(self.room.access_code, total=100))
        await tab.told("the test", in_test=True)
        await self.shown(place, lambda row: row["attempt"] == "running", "entered")
        return tab

    async def command(self, board: Dashboard, type_: str, place: int, **fields: Any) -> Frame:
        """Give a command about one candidate; one after the other, no faster than a board may speak for long."""
        async with self._turns.setdefault(board, asyncio.Lock()):
            if len(board.replies) > BURST:
                await asyncio.sleep(PACE_SECONDS)
            return await board.command(type_, self.id(place), **fields)

    def id(self, place: int) -> int:
        return self.room.ids[place]

    def name(self, place: int) -> str:
        return f"c{self.id(place)}@{self.room.number}"

    # ── what must hold ─────────────────────────────────────────────────────────────────────────────────────

    async def shown(self, place: int, found: Callable[[Frame], Any], what: str, within: float = 4.0) -> None:
        """Wait until every board shows a row as wanted."""
        await asyncio.gather(*(board.row(self.id(place), found, what, patient(within)) for board in self.boards))

    async def eventually(self, found: Callable[[], Awaitable[Any]], what: str, within: float = 4.0) -> Any:
        """Ask again until the answer is true."""
        async with asyncio.timeout(patient(within)):
            while not (value := await found()):
                await asyncio.sleep(POLL_SECONDS)
        self.rig.journal.note("scene", what)
        return value

    async def goes_on(self, tab: Tab, answered: int) -> None:
        """Assert that a tab is in the test: what it says is shown on every board."""
        assert tab.is_standing, f"{self.name(tab.place)}: closed with {tab.close_code} {tab.bye}"
        assert tab.is_seated, f"{self.name(tab.place)}: {tab.state}"
        await tab.progress(answered, 100)
        await self.shown(tab.place, lambda row: (row["progress"] or {}).get("answered") == answered, "progress")

    async def kept(self) -> Truth:
        """Assert that the audit is whole and explains the rows; return it."""
        return await truth.assert_nothing_lost(self.rig, self.room)

    async def true_row(self, place: int) -> Frame:
        """Read one row as it should be shown, from Postgres."""
        return (await true_rows(self.rig, self.room))[self.id(place)]

    async def leave(self) -> None:
        """Close every line and raise the first thing that was heard and should not have been."""
        await asyncio.gather(*(hang_up(line) for line in self.lines))
        faults = [line.fault for line in self.lines if line.fault is not None]
        if faults:
            raise faults[0]


@asynccontextmanager
async def scene(rig: Rig, people: int, hubs: Sequence[Hub] | None = None) -> AsyncIterator[Scene]:
    """Make a room with one dashboard on each hub."""
    found = Scene(rig, await rig.room(people))
    try:
        for number, hub in enumerate(rig.hubs if hubs is None else hubs):
            found.boards.append(await found.board(hub, rig.staff.invigilators[number]))
        yield found
    except BaseException:
        await asyncio.gather(*(hang_up(line) for line in found.lines))
        raise
    await found.leave()


def about(board: Dashboard, candidate: int, since: int = 0) -> list[str]:
    """Name the events of a candidate a board was given after so many, but for what its screen acknowledged."""
    events = board.events[since:]
    return [one["type"] for one in events if one.get("candidate") == candidate and one["type"] != "candidate.told"]
