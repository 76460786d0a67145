"""What is counted of the sockets of one role."""

from __future__ import annotations

import typing

import msgspec
import pytest

from channels import wire
from channels.figures import DECISION_SECONDS, Figures, RoleFigures
from hub.refusals import RETRYABLE, Code

HEARD_BY_CLIENTS = sorted(
    {
        kind
        for union in (wire.CandidateHears, wire.InvigilatorHears, wire.AdminHears)
        for kind in typing.get_args(union)
    },
    key=lambda kind: kind.__name__,
)
ENTER = wire.Enter(ref=1, key="k" * 8, access_code="ABCDEF")
END = wire.AttemptEnd(ref=1, key="k" * 8, candidates=[1])


@pytest.fixture
def role() -> RoleFigures:
    return RoleFigures()


def counted(role: RoleFigures) -> dict[tuple[str, str], int]:
    return {named: spread.count for named, spread in role.decided.items()}


@pytest.mark.parametrize("kind", HEARD_BY_CLIENTS, ids=lambda kind: kind.__name__)
def test_every_frame_to_a_client_begins_with_its_type(kind: type[msgspec.Struct], role: RoleFigures) -> None:
    fields = {one.name: None for one in msgspec.structs.fields(kind)}
    frame = msgspec.json.encode(kind(**fields))
    role.frame_sent(frame)
    assert role.sent == {str(kind.__struct_config__.tag).encode(): 1}
    assert role.sent_bytes == len(frame)


def test_an_accepted_deed_is_timed_under_its_own_name(role: RoleFigures) -> None:
    role.reply_sent(wire.Reply(1, ok=True, decision_seq=7), ENTER, 0.02)
    assert counted(role) == {("enter", "accepted"): 1}
    spread = role.decided["enter", "accepted"]
    assert (spread.bounds, spread.total) == (DECISION_SECONDS, 0.02)


@pytest.mark.parametrize("code", Code)
def test_a_refusal_of_the_moment_is_told_from_one_of_the_deed(code: Code, role: RoleFigures) -> None:
    role.reply_sent(wire.Reply(1, ok=False, error=wire.ErrorView(code)), ENTER, 0.01)
    ((_, outcome),) = counted(role)
    assert role.refused == {code: 1}
    assert (outcome in ("busy", "unavailable")) is (code in RETRYABLE)


def test_a_deed_for_several_is_accepted_when_it_was_for_one_and_each_refusal_counts(role: RoleFigures) -> None:
    mixed = [wire.ResultView(1, ok=True), wire.ResultView(2, ok=False, code="not_started")]
    role.reply_sent(wire.Reply(1, ok=True, results=mixed), END, 0.01)
    role.reply_sent(wire.Reply(1, ok=True, results=mixed[1:]), END, 0.01)
    assert counted(role) == {("attempt.end", "accepted"): 1, ("attempt.end", "refused"): 1}
    assert role.refused == {"not_started": 2}


@pytest.mark.parametrize("asked", [None, wire.Progress(answered=1, total=32)])
def test_what_is_no_deed_is_refused_but_not_timed(asked: object, role: RoleFigures) -> None:
    role.reply_sent(wire.Reply(None, ok=False, error=wire.ErrorView(Code.INVALID)), asked, 0.01)
    assert counted(role) == {}
    assert role.refused == {Code.INVALID: 1}


def test_the_worst_lag_is_told_once() -> None:
    figures = Figures()
    for seconds in (0.01, 0.3, 0.02):
        figures.late(seconds)
    assert figures.lag.count == 3
    assert (figures.take_worst_lag(), figures.take_worst_lag()) == (0.3, 0.0)
