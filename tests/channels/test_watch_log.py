"""What dashboards say of themselves, on its way into the ledger: gathered, tried again, and with no room for a word."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import cast

import msgspec
import pytest

from channels import watch_log, wire
from channels.close_codes import CloseCode
from channels.watch_log import WatchLog
from hub.model import Author, ConnectionId
from hub.ports import Ledger, Refused, StoreUnavailable
from hub.watch import WatchFacts, WatchKind, WatchNote
from tests.builders import NUMBER, ManualClock

WHERE = (NUMBER, Author("account:7"), ConnectionId("c1"))
SAW = wire.Saw("slow", 3_500, True, [wire.Alert(12, "help")])


class Book:
    """A ledger that only takes notes: it may be away, or never take what it is given."""

    def __init__(self) -> None:
        self.accident: Exception | None = None
        self.batches: list[list[WatchNote]] = []

    async def keep_watch(self, notes: Sequence[WatchNote]) -> None:
        if self.accident is not None:
            raise self.accident
        self.batches.append(list(notes))

    @property
    def kinds(self) -> list[WatchKind]:
        return [note.kind for batch in self.batches for note in batch]


@pytest.fixture
def book() -> Book:
    return Book()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def log(book: Book, clock: ManualClock) -> WatchLog:
    return WatchLog(cast(Ledger, book), clock)


async def test_what_was_heard_is_written_once_in_its_order_with_its_facts(book: Book, log: WatchLog) -> None:
    log.opened(*WHERE)
    log.saw(*WHERE, SAW)
    log.claimed(*WHERE, wire.Claim([12, 13]))
    log.claimed(*WHERE, wire.Claim([12], is_taken=False))
    log.closed(*WHERE, CloseCode.SILENT)
    await log.write()
    await log.write()
    (batch,) = book.batches
    assert [(note.kind, note.facts) for note in batch] == [
        (WatchKind.OPENED, WatchFacts()),
        (WatchKind.SAW, WatchFacts("slow", 3_500, True, ((12, "help"),))),
        (WatchKind.CLAIMED, WatchFacts(candidates=(12, 13))),
        (WatchKind.RELEASED, WatchFacts(candidates=(12,))),
        (WatchKind.CLOSED, WatchFacts(code=4103)),
    ]
    assert {(note.number, note.by, note.connection) for note in batch} == {WHERE}


async def test_a_line_that_broke_has_no_code(book: Book, log: WatchLog) -> None:
    log.opened(*WHERE)
    log.closed(*WHERE, None)
    await log.write()
    assert book.batches[0][-1].facts == WatchFacts()


async def test_nothing_is_noted_before_the_opening_nor_after_the_end(book: Book, log: WatchLog) -> None:
    log.saw(*WHERE, SAW)
    log.closed(*WHERE, None)
    log.opened(*WHERE)
    log.closed(*WHERE, CloseCode.SESSION_OVER)
    log.saw(*WHERE, SAW)
    log.claimed(*WHERE, wire.Claim([12]))
    log.closed(*WHERE, None)
    await log.write()
    assert [(note.kind, note.facts.code) for note in book.batches[0]] == [("opened", None), ("closed", 4011)]


async def test_a_note_is_as_old_as_it_is_when_it_is_written(book: Book, log: WatchLog, clock: ManualClock) -> None:
    log.opened(*WHERE)
    clock.advance(3)
    log.closed(*WHERE, None)
    clock.advance(2)
    book.accident = StoreUnavailable()
    with pytest.raises(StoreUnavailable):
        await log.write()
    book.accident = None
    clock.advance(60)
    await log.write()
    assert [note.ago for note in book.batches[0]] == [timedelta(seconds=65), timedelta(seconds=62)]


async def test_what_came_while_the_ledger_was_away_is_written_after_what_waited(book: Book, log: WatchLog) -> None:
    book.accident = StoreUnavailable()
    log.opened(*WHERE)
    with pytest.raises(StoreUnavailable):
        await log.write()
    log.saw(*WHERE, SAW)
    book.accident = None
    await log.write()
    assert book.kinds == [WatchKind.OPENED, WatchKind.SAW]


async def test_while_the_ledger_stays_away_the_oldest_notes_go(
    book: Book, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch_log, "MOST", 2)
    log = WatchLog(cast(Ledger, book), clock)
    log.opened(*WHERE)
    log.saw(*WHERE, SAW)
    log.closed(*WHERE, None)
    await log.write()
    assert book.kinds == [WatchKind.SAW, WatchKind.CLOSED]


async def test_what_the_ledger_will_never_take_holds_nothing_up(book: Book, log: WatchLog) -> None:
    log.opened(*WHERE)
    await log.write()
    book.accident = Refused("no")
    log.claimed(*WHERE, wire.Claim([12]))
    await log.write()
    book.accident = None
    log.saw(*WHERE, SAW)
    await log.write()
    assert book.kinds == [WatchKind.OPENED, WatchKind.SAW]


def open_texts(said: msgspec.inspect.Type) -> Iterator[str]:
    """Find where a frame takes any text."""
    match said:
        case msgspec.inspect.StructType(cls, fields):
            for field in fields:
                yield from (f"{cls.__name__}.{field.name}{place}" for place in open_texts(field.type))
        case msgspec.inspect.ListType(item_type):
            yield from open_texts(item_type)
        case msgspec.inspect.UnionType(types):
            for one in types:
                yield from open_texts(one)
        case msgspec.inspect.StrType():
            yield ""


@pytest.mark.parametrize("frame", [wire.Saw, wire.Claim])
def test_what_a_dashboard_says_of_itself_has_no_room_for_a_word(frame: type) -> None:
    assert list(open_texts(msgspec.inspect.type_info(wire.MessageSend))), "the test finds what it looks for"
    assert list(open_texts(msgspec.inspect.type_info(frame))) == []


async def test_what_is_said_too_often_takes_the_place_of_what_was_said_before(
    book: Book, log: WatchLog, clock: ManualClock
) -> None:
    log.opened(*WHERE)
    for age_ms in (3_500, 4_000, 100):
        log.saw(*WHERE, wire.Saw("slow", age_ms, False, [wire.Alert(age_ms, "help")]))
    clock.advance(2)
    log.saw(*WHERE, wire.Saw("live", 0, False, []))
    await log.write()
    facts = [note.facts for note in book.batches[0] if note.kind is WatchKind.SAW]
    assert [(one.freshness, one.age_ms, one.alerts) for one in facts] == [
        ("slow", 4_000, ((100, "help"),)),
        ("live", 0, ()),
    ]
