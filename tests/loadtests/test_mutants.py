"""A long right stream, and the same with one fault at every place it can have: none gets by."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import msgspec
import pytest

from loadtests.heard import Heard
from loadtests.owed import missing
from tests.loadtests.mutants import AT_ONCE, BEGUN, HAPPENED, LAST, MUTATIONS, RIGHT, Frames, sent
from tests.loadtests.readers import READERS, Reader
from tests.loadtests.rooms import ROOM, beat, events, snapshot, through


def heard_whole(frames: Frames) -> list[str]:
    """Judge a stream as it is judged at rest: the beat, what is missing, the stretch told again."""
    heard = Heard(ROOM, keeps_log=True)
    heard.hear(snapshot())
    for frame in frames:
        heard.hear(through(frame))
    heard.hear(beat(LAST))
    lost = missing(heard, sent())
    heard.ask_again()
    heard.hear(events(BEGUN, LAST, *HAPPENED))
    return [*heard.faults, *lost]


def test_the_right_stream_has_no_fault() -> None:
    assert heard_whole(RIGHT) == []


@pytest.mark.parametrize("mutate", MUTATIONS)
def test_no_fault_gets_by_wherever_it_is(mutate: Callable[[Frames], Iterator[Frames]]) -> None:
    mutants = list(mutate(RIGHT))
    assert len(mutants) >= 5
    assert [at for at, mutant in enumerate(mutants) if not heard_whole(mutant)] == []


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("mutate", AT_ONCE)
async def test_what_shows_at_once_is_noted_whoever_listens(
    mutate: Callable[[Frames], Iterator[Frames]], reader: Reader
) -> None:
    for mutant in mutate(RIGHT):
        hear, faults = reader()
        for text in (snapshot(), *mutant, beat(LAST)):
            hear(msgspec.json.encode(text))
        assert faults
