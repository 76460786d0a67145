"""A race in one hall: several people ask for contradictory things at the same moment, on two hubs; all is written down.

What was asked and answered is compared with the audit afterwards (`linear`), the screens with the truth.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from hub.model import ClientId, client_author
from hub.tokens import new_token, token_digest
from state.directory import PostgresDirectory
from tests.contract.ledgers import minted
from tests.faults import agreement, truth
from tests.faults.ground import patient
from tests.faults.halls import Hall
from tests.faults.hubs import Hub
from tests.faults.linear import ALREADY, OF_THE_MOMENT, OK, UNANSWERED, UNKNOWN, Asked, unexplained
from tests.faults.player import hang_up
from tests.faults.reading import Truth
from tests.faults.rig import Colleague, Rig
from tests.faults.scene import OPEN_SECONDS, Tab
from tests.story.client import Dashboard, Frame, dial

ANSWER_SECONDS = 45.0
"""A hub may be frozen in between, for half a minute."""
AGREED_SECONDS = 3.0
REPLACED = 4010
NOT_REFUSED = frozenset({OK, ALREADY, UNKNOWN, UNANSWERED})
PATIENCE = frozenset({"busy", "rate_limited"})
"""What a crowd may be told."""


@dataclass(eq=False)
class Race:
    """One hall and everybody who asks in it. `seconds` are other computers of the same candidates, by place."""

    rig: Rig
    hall: Hall
    boards: list[tuple[Colleague, Dashboard]] = field(default_factory=list)
    tabs: list[Tab] = field(default_factory=list)
    others: dict[int, tuple[ClientId, str]] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    began_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    # ── who asks ───────────────────────────────────────────────────────────────────────────────────────────

    async def open_boards(self, each: int) -> None:
        """Open so many dashboards on each hub, each of a colleague of its own."""
        for number in range(2 * each):
            await self.open_board(number, self.rig.hubs[number % 2])

    async def open_board(self, number: int, hub: Hub) -> Dashboard:
        """Open the dashboard of one colleague on a hub and wait for its data."""
        who = self.rig.staff.invigilators[number]
        async with self.rig.database() as database:
            await PostgresDirectory(database).grant_invigilation(who.account, self.hall.room.number)
        board: Dashboard = await Dashboard.open(hub.ws_url, {"token": who.token, "session": self.hall.room.number})
        self.boards.append((who, board))
        await board.until(lambda: board.epoch, "the first data")
        return board

    async def mint_others(self) -> None:
        """Give each candidate a second computer."""
        async with self.rig.database() as database:
            directory = PostgresDirectory(database)
            for place, candidate in enumerate(self.hall.room.ids):
                token = new_token()
                self.others[place] = await minted(directory, candidate, token_digest(token)), token

    async def tab(self, place: int, hub: Hub, *, is_other: bool = False) -> Tab:
        """Open a candidate's tab, or that of the other computer, and wait for its state."""
        client, token = self.others[place] if is_other else (self.hall.clients[place], self.hall.tokens[place])
        tab = Tab(await dial(hub.ws_url, Tab.path, open_timeout=OPEN_SECONDS))
        tab.token, tab.place, tab.hub, tab.author = token, place, hub, client_author(client)
        self.tabs.append(tab)
        await tab.say({"type": "hello", "token": token})
        await tab.settled()
        return tab

    # ── asking ─────────────────────────────────────────────────────────────────────────────────────────────

    async def command(self, number: int, type_: str, place: int, **fields: Any) -> str:
        """Give a command about one candidate on one of the boards; return the answer in a word."""
        who, board = self.boards[number % len(self.boards)]
        candidate = self.hall.room.ids[place]
        fields["candidates"] = [candidate]
        return await self._ask(board, who.author, candidate, type_, fields)

    async def own(self, tab: Tab, type_: str, **fields: Any) -> str:
        """Ask as a candidate; return the answer in a word."""
        return await self._ask(tab, tab.author, self.hall.room.ids[tab.place], type_, fields)

    async def enter(self, tab: Tab) -> str:
        return await self.own(tab, "enter", access_code=self.hall.room.access_code)

    async def _ask(self, line: Any, author: str, candidate: int, type_: str, fields: Frame) -> str:
        asked_at = datetime.now(UTC)
        try:
            answer = _word(await line.ask(type_, within=ANSWER_SECONDS, **fields))
        except (AssertionError, TimeoutError):
            # Whoever loses the seat to another computer is cut, and what was on its way is dropped.
            answer = UNANSWERED if line.close_code == REPLACED else UNKNOWN
        self.asked.append(Asked(candidate, author, type_, asked_at, datetime.now(UTC), answer))
        return answer

    # ── what must hold ─────────────────────────────────────────────────────────────────────────────────────

    async def explained(self, *, is_disturbed: bool = False) -> Truth:
        """Assert that the audit explains every reply and every row, and that every screen shows the truth.

        Unless somebody disturbed it, everything was judged: a store that refused had a rule to defend.
        """
        unjudged = [str(one) for one in self.asked if one.answer in OF_THE_MOMENT - PATIENCE or one.answer == UNKNOWN]
        assert is_disturbed or not unjudged, "\n".join(unjudged[:20])
        self._count()
        known = await truth.assert_nothing_lost(self.rig, self.hall.room)
        authors = {who.author: who.name for who, _ in self.boards} | {tab.author: f"c{tab.place}" for tab in self.tabs}
        wrong = unexplained(known.audit, self.asked, authors, self.began_at)
        assert not wrong, f"session {self.hall.room.number}, {len(wrong)} wrong:\n" + "\n".join(wrong[:20])
        await self.shown(AGREED_SECONDS)
        return known

    def _count(self) -> None:
        """Tell the tally what was asked for, and how it was answered."""
        tally, answers = self.rig.tally, Counter(one.answer for one in self.asked)
        tally.add("raced requests", answers.total())
        tally.add("acknowledged", answers[OK] + answers[ALREADY])
        tally.add("unknown", answers[UNKNOWN] + answers[UNANSWERED])
        tally.add("refused", sum(many for answer, many in answers.items() if answer not in NOT_REFUSED))

    async def shown(self, within: float) -> None:
        """Assert that within so many seconds every board shows the truth."""
        deadline = time.monotonic() + patient(within)
        while wrong := await self._untrue():
            assert time.monotonic() < deadline, f"not within {within} s:\n" + "\n".join(wrong[:10])
            await asyncio.sleep(0.1)

    async def _untrue(self) -> list[str]:
        true = await agreement.true_rows(self.rig, self.hall.room)
        return [
            wrong for who, board in self.boards
            for wrong in agreement.differences(f"the board of {who.name}", board.rows, true)
        ]  # fmt: skip

    async def leave(self) -> list[BaseException]:
        """Close every line and return what was heard and should not have been."""
        lines = [*self.tabs, *(board for _, board in self.boards)]
        await asyncio.gather(*(hang_up(line) for line in lines))
        return [line.fault for line in lines if line.fault is not None]


@asynccontextmanager
async def racing(rig: Rig, hall: Hall, boards_each: int) -> AsyncIterator[Race]:
    """Open the boards of a race; what any of its lines heard that is forbidden is raised at the end."""
    race = Race(rig, hall)
    try:
        await race.open_boards(boards_each)
        yield race
    except BaseException:
        await race.leave()
        raise
    faults = await race.leave()
    if faults:
        raise faults[0]


def _word(reply: Frame) -> str:
    if not reply["ok"]:
        return str(reply["error"]["code"])
    (result,) = reply.get("results") or ({"ok": True, "already": reply.get("already", False)},)
    return ALREADY if result.get("already") else OK if result["ok"] else str(result["code"])
