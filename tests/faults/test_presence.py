"""Confirmed, cancelled and entering all at once, on two hubs, and with a Redis that lies: P3."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from msgspec import structs

from hub.model import (
    AttemptState,
    Author,
    Authorization,
    AuthorizationKind,
    Candidate,
    Presence,
    PresenceState,
    Seat,
)
from state.codec import decode_row, encode_row, facts_text
from state.keys import RoomKeys, room_keys
from tests.faults import truth
from tests.faults.halls import Hall, halls
from tests.faults.race import Race, racing
from tests.faults.rig import Rig

QUICK_ROUNDS, LONG_ROUNDS = 150, 10_000
MOST_ROUNDS = 4
"""For one candidate: somebody who enters is out of the race, and a client may say ten things at once."""
JITTER_SECONDS = 0.012
BOARDS_EACH = 3
RIGHT_SECONDS = 3.0
"""A lie stands on a screen for no longer."""
HALLS_AT_ONCE = 4


async def contradicted(race: Race, place: int) -> int:
    """Confirm, cancel and enter at the same moment, again until the candidate is in; return how many rounds it took."""
    chance = race.rig.chance
    tab = await race.tab(place, chance.choice(race.rig.hubs[:2]))
    for round_ in range(MOST_ROUNDS):
        board = chance.randrange(len(race.boards))

        async def soon(asking: Coroutine[Any, Any, str]) -> str:
            await asyncio.sleep(chance.uniform(0, JITTER_SECONDS))
            return await asking

        _, _, entered = await asyncio.gather(
            soon(race.command(board, "presence.confirm", place)),
            # The next board is on the other hub.
            soon(race.command(board + 1, "presence.cancel", place)),
            soon(race.enter(tab)),
        )
        if entered == "ok":
            await tab.told("the test", in_test=True)
            return round_ + 1
        assert not tab.is_seated
    return MOST_ROUNDS


async def raced(rig: Rig, hall: Hall) -> int:
    """Race everybody of a hall; return the number of rounds."""
    async with racing(rig, hall, BOARDS_EACH) as race:
        rounds = sum(await asyncio.gather(*(contradicted(race, place) for place in range(len(hall.tokens)))))
        known = await race.explained()
        entered = [one for one in known.audit if one.kind == "candidate.entered"]
        running = [row for row in known.room.candidates.values() if row.attempt != "not_started"]
        assert len(entered) == len(running) > 0
    return rounds


async def raced_all(rig: Rig, found: Sequence[Hall]) -> int:
    turns = asyncio.Semaphore(HALLS_AT_ONCE)

    async def one(hall: Hall) -> int:
        async with turns:
            return await raced(rig, hall)

    rounds = sum(await asyncio.gather(*(one(hall) for hall in found)))
    rig.journal.note("test", f"{rounds} rounds")
    rig.tally.add("rounds", rounds)
    return rounds


async def test_p03_nobody_starts_without_a_confirmed_presence_in_any_order(rig: Rig) -> None:
    assert await raced_all(rig, await halls(rig, 3)) >= QUICK_ROUNDS * 0.8
    assert not rig.complaints(), rig.complaints()[:5]


# ── a Redis that lies ──────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Liar:
    """What a candidate truly is, and how to say otherwise in Redis."""

    rig: Rig
    hall: Hall
    place: int

    @property
    def id(self) -> int:
        return self.hall.room.ids[self.place]

    @property
    def keys(self) -> RoomKeys:
        return room_keys(self.hall.room.number)

    async def ask(self, *command: object) -> object:
        return await self.rig.redis.ask(*command)

    async def confirmed(self) -> None:
        """Say that this person was confirmed and may start."""
        row = await self._row()
        now = datetime.now(UTC)
        author = Author("account:1")
        start = Authorization(AuthorizationKind.START, author, now)
        presence = Presence(PresenceState.CONFIRMED, author, now)
        await self._write(structs.replace(row, presence=presence, authorization=start))

    async def running(self) -> None:
        """Say that this person's first client is in the test, and that its seat stands empty with the door open."""
        row, now = await self._row(), datetime.now(UTC)
        client = self.hall.clients[self.place]
        lie = structs.replace(
            row, attempt=AttemptState.RUNNING, entry_no=1, certification_number=1, seat=Seat(client, now)
        )
        await self._write(structs.replace(lie, presence=Presence(PresenceState.CONFIRMED, Author("account:1"), now)))
        await self.ask("HSET", self.keys.live, f"{self.id}:s", f"1 {client} - - open - 1")

    async def told(self) -> None:
        """Forge an entry of the stream, and ring."""
        head = f'"kind":"presence.confirmed","at":"{datetime.now(UTC).isoformat()}","candidate":{self.id}'
        presence = f'{{"state":"confirmed","by":"account:1","at":"{datetime.now(UTC).isoformat()}"}}'
        event = f'{head},"by":"account:1","decision":1,"changes":{{"presence":{presence}}}}}'
        await self.ask("XADD", self.keys.stream, "0-*", "e", event)
        await self.ask("SPUBLISH", self.keys.bell, f"{self.hall.room.number}:1")

    async def _row(self) -> Candidate:
        found = await self.ask("HGET", self.keys.rows, self.id)
        assert isinstance(found, bytes), "the room is loaded"
        return decode_row(found)

    async def _write(self, row: Candidate) -> None:
        await self.ask("HSET", self.keys.rows, self.id, encode_row(row))
        await self.ask("HSET", self.keys.live, f"{self.id}:f", facts_text(row))


async def deceived(rig: Rig, hall: Hall, lie: Callable[[Liar], Awaitable[None]]) -> list[str]:
    """Lie about somebody in a room that one hub knows, and come in through the other one; return what is wrong."""
    liar, wrong = Liar(rig, hall, 0), []
    async with racing(rig, hall, 0) as race:
        await race.open_board(0, rig.hubs[0])
        await lie(liar)
        told_at = time.monotonic()
        await race.open_board(1, rig.hubs[1])
        tabs, answers = [], set()
        for hub in reversed(rig.hubs[:2]):
            tabs.append(await race.tab(0, hub))
            answers.add(await race.enter(tabs[-1]))
        # The tab that came first may be replaced while it asks: then it is told nothing.
        is_refused = answers - {"unknown"} == {"presence_not_confirmed"}
        wrong += [] if is_refused else [f"who asks to enter is told {answers}"]
        try:
            await race.shown(RIGHT_SECONDS)
            rig.journal.note("test", f"{lie.__name__}: right again after {time.monotonic() - told_at:.2f} s")
        except AssertionError as untrue:
            wrong.append(str(untrue))
        states = [frame for tab in tabs for frame in tab.frames if frame["type"] == "state"]
        wrong += [f"a candidate is told to be in the test: {one}" for one in states if one["in_test"]]
        wrong += [f"a candidate is told still: {tab.state}" for tab in tabs if tab.state["authorization"]]
        known = await truth.assert_nothing_lost(rig, hall.room)
        assert known.room.candidates[hall.room.ids[0]].attempt == "not_started"
        assert not [one for one in known.audit if one.kind in ("candidate.entered", "candidate.reconnected")]
    return [f"{lie.__name__}: {one}" for one in wrong]


async def test_p03_a_redis_that_lies_starts_nobody_and_is_soon_corrected(rig: Rig) -> None:
    found = await halls(rig, 3, seats=3)
    lies = (Liar.confirmed, Liar.running, Liar.told)
    wrongs = await asyncio.gather(*(deceived(rig, hall, lie) for hall, lie in zip(found, lies, strict=True)))
    said = [one for wrong in wrongs for one in wrong]
    assert not said, "\n".join(said)


# ── for a long time ────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.long_faults
@pytest.mark.timeout(1800)
async def test_p03_nobody_starts_without_a_confirmed_presence_in_ten_thousand_rounds(rig: Rig) -> None:
    rounds = 0
    while rounds < LONG_ROUNDS:
        rounds += await raced_all(rig, await halls(rig, 40))
    assert not rig.complaints(), rig.complaints()[:5]
