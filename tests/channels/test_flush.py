"""Accepted progress reaches the ledger: the furthest, in batches, again after an outage, past a refused row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import pytest

from channels.figures import Figures
from channels.flush import Flush
from hub.live import LiveStore
from hub.model import CandidateId, Progress
from hub.ports import FlushedProgress, Ledger, Refused, StoreAccident, StoreUnavailable
from tests.builders import NOW, NUMBER

POISONED = CandidateId(2)


class Book:
    """A ledger that only takes progress: it may be away, and never takes a poisoned row."""

    def __init__(self) -> None:
        self.is_away = False
        self.written: dict[int, int] = {}
        self.calls = 0

    async def flush_progress(self, batch: Sequence[FlushedProgress]) -> None:
        self.calls += 1
        if self.is_away:
            raise StoreUnavailable
        if any(one.candidate == POISONED for one in batch):
            raise Refused("no_progress_outside_the_test")
        self.written |= {one.candidate: one.progress.answered for one in batch}


def answered(candidate: int, count: int, entry_no: int = 1) -> FlushedProgress:
    return FlushedProgress(NUMBER, CandidateId(candidate), entry_no, Progress(count, 32, None, NOW))


@pytest.fixture
def book() -> Book:
    return Book()


@pytest.fixture
def flush(book: Book) -> Flush:
    return Flush(cast(Ledger, book), cast(LiveStore, None), lambda _number: None, Figures())


async def test_the_furthest_of_each_candidate_is_written_once(book: Book, flush: Flush) -> None:
    for progress in (answered(1, 3), answered(1, 5), answered(1, 4), answered(3, 1, entry_no=2), answered(3, 9)):
        flush.note(progress)
    await flush.write()
    await flush.write()
    assert (book.written, book.calls) == ({1: 5, 3: 1}, 1)


async def test_what_could_not_be_written_is_written_later_and_never_over_something_newer(
    book: Book, flush: Flush
) -> None:
    flush.note(answered(1, 3))
    book.is_away = True
    with pytest.raises(StoreAccident):
        await flush.write()
    flush.note(answered(1, 2))
    book.is_away = False
    await flush.write()
    assert book.written == {1: 3}


async def test_a_row_that_the_database_refuses_keeps_no_other_from_being_written(book: Book, flush: Flush) -> None:
    for candidate in (1, POISONED, 3):
        flush.note(answered(candidate, 4))
    await flush.write()
    assert book.written == {1: 4, 3: 4}
    calls = book.calls
    await flush.write()
    assert book.calls == calls, "it is not tried for ever"
