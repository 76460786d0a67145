"""What dashboards could see, in a real Postgres: appended, read in its order, changed by nobody, without any name."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import asyncpg
import msgspec
import pytest

from channels import wire
from channels.close_codes import CloseCode
from channels.watch_log import WatchLog
from hub.model import ConnectionId, SessionNumber
from hub.watch import WatchEntry, WatchFacts, WatchKind, WatchNote
from state import watch_log
from state.archive import PostgresArchive
from state.database import Database
from tests.builders import ManualClock
from tests.contract.ledgers import Exam, PostgresWorld
from tests.state.lived import dump, live

if TYPE_CHECKING:
    from collections.abc import Sequence

    Db = asyncpg.Connection[asyncpg.Record]

PHONE, TABLET = ConnectionId("c-phone"), ConnectionId("c-tablet")
WORD = "goldfinch"
"""Not the word of other tests, which look through the same tables."""


@pytest.fixture
def world(database: Database, owner_db: Db) -> PostgresWorld:
    return PostgresWorld(database, owner_db)


def note(exam: Exam, kind: WatchKind, ago: float, connection: ConnectionId = PHONE) -> WatchNote:
    return WatchNote(exam.number, exam.invigilator, connection, kind, timedelta(seconds=ago), WatchFacts())


async def read(world: PostgresWorld, number: SessionNumber) -> Sequence[WatchEntry]:
    return await PostgresArchive(world.database).watch(number)


async def test_what_was_noted_is_read_whole_and_by_when_it_was_not_by_when_it_was_written(world: PostgresWorld) -> None:
    exam = await world.exam()
    facts = WatchFacts("slow", 3_500, True, ((exam.candidates[0], "help"), (exam.candidates[1], "outage")))
    later = WatchNote(exam.number, exam.invigilator, PHONE, WatchKind.SAW, timedelta(seconds=10), facts)
    await world.ledger.keep_watch([later, note(exam, WatchKind.OPENED, 30, TABLET)])
    await world.ledger.keep_watch([note(exam, WatchKind.OPENED, 40)])
    entries = await read(world, exam.number)
    assert [(one.connection, one.kind) for one in entries] == [(PHONE, "opened"), (TABLET, "opened"), (PHONE, "saw")]
    assert (entries[2].facts, entries[2].by) == (facts, exam.invigilator)
    assert timedelta(seconds=19) < entries[2].at - entries[1].at < timedelta(seconds=21)


async def test_notes_of_one_instant_keep_the_order_in_which_they_were_heard(world: PostgresWorld) -> None:
    exam = await world.exam()
    heard = [WatchKind.SAW, WatchKind.OPENED, WatchKind.CLOSED, WatchKind.CLAIMED, WatchKind.RELEASED]
    await world.ledger.keep_watch([note(exam, kind, 5) for kind in heard])
    assert [one.kind for one in await read(world, exam.number)] == heard


async def test_another_session_is_not_in_it(world: PostgresWorld) -> None:
    exam, other = await world.exam(), await world.exam()
    await world.ledger.keep_watch([note(exam, WatchKind.OPENED, 1), note(other, WatchKind.OPENED, 2, TABLET)])
    assert [one.connection for one in await read(world, other.number)] == [TABLET]


async def test_a_record_that_is_too_long_is_read_from_its_beginning(
    world: PostgresWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    exam = await world.exam()
    monkeypatch.setattr(watch_log, "MOST_READ", 2)
    await world.ledger.keep_watch([note(exam, WatchKind.SAW, ago, ConnectionId(f"c{ago}")) for ago in (1, 2, 3)])
    assert [one.connection for one in await read(world, exam.number)] == ["c3", "c2"]


CHANGES = (
    "UPDATE watch_log SET kind = 'closed' WHERE number = $1",
    "UPDATE watch_log SET facts = '{}' WHERE number = $1",
    "DELETE FROM watch_log WHERE number = $1",
)


@pytest.mark.parametrize("statement", CHANGES)
async def test_what_was_noted_is_changed_by_nobody(world: PostgresWorld, app_db: Db, statement: str) -> None:
    exam = await world.exam()
    await world.ledger.keep_watch([note(exam, WatchKind.OPENED, 1)])
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await app_db.execute(statement, exam.number)
    with pytest.raises(asyncpg.PostgresError, match="the_audit_is_append_only"):
        await world.owner_db.execute(statement, exam.number)
    assert len(await read(world, exam.number)) == 1


async def test_nothing_is_emptied_as_a_whole(world: PostgresWorld, app_db: Db) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await app_db.execute("TRUNCATE watch_log")
    with pytest.raises(asyncpg.PostgresError, match="the_audit_is_append_only"):
        await world.owner_db.execute("TRUNCATE watch_log")


async def test_no_word_of_a_lived_room_ever_gets_there(world: PostgresWorld) -> None:
    exam = await world.exam()
    await world.owner_db.execute(
        "UPDATE candidates SET last_name = $2, first_name = $2 WHERE number = $1", exam.number, WORD
    )
    await live(world, exam, exam.candidates[0], WORD)
    log, who = WatchLog(world.ledger, ManualClock()), (exam.number, exam.invigilator, PHONE)
    log.opened(*who)
    for said in (
        {"type": "saw", "freshness": "live", "age_ms": 5, "is_hidden": False,
         "alerts": [{"candidate": exam.candidates[0], "need": "help"}]},
        {"type": "claim", "candidates": [exam.candidates[0]]},
        {"type": "claim", "candidates": [exam.candidates[0]], "is_taken": False},
    ):  # fmt: skip
        frame = msgspec.convert(said, wire.Saw | wire.Claim)
        log.saw(*who, frame) if isinstance(frame, wire.Saw) else log.claimed(*who, frame)
    log.closed(*who, CloseCode.SILENT)
    await log.write()
    assert [one.kind for one in await read(world, exam.number)] == list(WatchKind)
    tables = await dump(world.owner_db)
    assert any(WORD in line for line in tables["candidates"]), "the test sees what it looks for"
    assert not [line for line in tables["watch_log"] if WORD in line]
