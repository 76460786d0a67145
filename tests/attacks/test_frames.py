"""Frames as no client makes them, against everything that reads: a refusal or a goodbye, never another accident."""

from __future__ import annotations

import json
import typing
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from channels import wire
from channels.figures import RoleFigures
from channels.hearing import Hearing
from channels.line import Goodbye
from channels.rates import Rate
from hub.model import SessionNumber
from hub.ports import StoreUnavailable
from state import codec, keys
from state import live_replies as replies
from tests.contract.live_house import fresh_room
from web.bodies import decoded
from web.errors import Refused

EXAMPLES = Path(__file__).parents[1] / "channels" / "examples"
ROLES: dict[str, typing.Any] = {
    "candidate_says": wire.CandidateFrame,
    "invigilator_says": wire.InvigilatorFrame,
    "admin_says": wire.AdminFrame,
}
QUICK, LONG = 300, 60_000
QUIET = (HealthCheck.too_slow, HealthCheck.data_too_large)
DEEP = 4000

ODD = st.one_of(
    st.sampled_from(
        ["", "\0", "\u202e", "\x1b[31m", "all", "x" * 9000, "\ud800", [], {}, [[]], None, True, False, 0, -1, -0.0, 1.5]
    ),
    st.sampled_from([2**31, 2**53, 2**63, 2**64, 10**400, -(2**63) - 1]),
    st.text(max_size=8),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.recursive(st.none() | st.integers(), lambda inner: st.lists(inner, max_size=3), max_leaves=5),
)
PIECES = st.sampled_from(
    [
        *'"{}[],:',
        *("\\", "\\u0000", "\\ud800", "\0", "\ufeff", "\u2028"),
        *("null", "NaN", "Infinity", "1e999", "9" * 400, '"type":"alive",', '"ref":-1,'),
        *("[" * DEEP, '{"x":' * DEEP),
    ]
)


def example_texts(role: str) -> list[str]:
    return [file.read_text("utf-8") for file in sorted((EXAMPLES / role).iterdir())]


@st.composite
def with_an_odd_value(draw: st.DrawFn, texts: list[str]) -> str:
    """Replace, add or leave out one value of a good frame, wherever it stands."""
    frame = json.loads(draw(st.sampled_from(texts)))
    places = [frame, *(one for one in frame.values() if isinstance(one, dict))]
    place = draw(st.sampled_from(places))
    name = draw(st.sampled_from([*place, "surprise", "type", "ref", "key", "candidates", "token"]))
    if draw(st.booleans()):
        place[name] = draw(ODD)
    else:
        place.pop(name, None)
    text = json.dumps(frame, ensure_ascii=draw(st.booleans()))
    return text.replace("{", '{"type":"hello",', 1) if draw(st.integers(0, 9)) == 0 else text


@st.composite
def with_odd_pieces(draw: st.DrawFn, texts: list[str]) -> str:
    """Cut a good frame and put something in between."""
    text = draw(st.sampled_from(texts))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.integers(0, 6)))
        text = text[:start] + draw(PIECES | st.text(max_size=3)) + text[end:]
    return text


def frames(role: str) -> st.SearchStrategy[str | bytes]:
    texts = example_texts(role)
    return st.one_of(with_an_odd_value(texts), with_odd_pieces(texts), st.text(max_size=50), st.binary(max_size=50))


def heard(role: str, said: str | bytes) -> None:
    """Let both ears of a socket hear it: as its first words, and later. Whatever else is raised fails the test."""
    replies_given: list[wire.Reply] = []
    decoder: msgspec.json.Decoder[typing.Any] = msgspec.json.Decoder(ROLES[role])
    hearing = Hearing(decoder, Rate(5, 30), 0.0, RoleFigures(), replies_given.append)
    for ear in (hearing.hello, lambda raw: hearing.frame(raw, 0.0)):
        try:
            frame = ear(said)
        except Goodbye:
            continue
        assert frame is None or isinstance(frame, msgspec.Struct)
    for reply in replies_given:
        assert not reply.ok
        assert reply.error is not None
        msgspec.json.encode(reply)


def ascii_head(text: str) -> str:
    return ascii(text)[:12]


def never_another_accident(examples: int) -> Callable[[Callable[..., None]], Callable[..., None]]:
    return settings(max_examples=examples, deadline=None, suppress_health_check=QUIET, derandomize=examples == QUICK)


@pytest.mark.parametrize("deep", ["[" * DEEP, '{"x":' * (DEEP // 4), '"\\ud800"', "9" * DEEP, "NaN"], ids=ascii_head)
@pytest.mark.parametrize("role", ROLES)
def test_a_field_nobody_knows_may_hold_anything(role: str, deep: str) -> None:
    heard(role, '{"x":' + deep)
    heard(role, '{"x":' + deep + ',"type":"alive"}')


@pytest.mark.parametrize("role", ROLES)
def test_p14_a_mutated_frame_is_a_frame_or_refused(role: str) -> None:
    @never_another_accident(QUICK)
    @given(frames(role))
    def play(said: str | bytes) -> None:
        heard(role, said)

    play()


@pytest.mark.long_faults
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("role", ROLES)
def test_p14_a_mutated_frame_is_a_frame_or_refused_however_often(role: str) -> None:
    @never_another_accident(LONG)
    @given(frames(role))
    def play(said: str | bytes) -> None:
        heard(role, said)

    play()


# ── what stands in Redis ───────────────────────────────────────────────────────────────────────────────────────

EVENT = b'{"seq":1,"kind":"candidate.left","at":"2027-01-01T00:00:00Z","candidate":1,"changes":{"told_version":1}}'
ROOM = fresh_room(SessionNumber(1042))
AT = b"2027-01-01T00:00:00Z"
ROWS = [field for row in ROOM.candidates.values() for field in (b"%d" % row.id, codec.encode_row(row))]
LIVE_FIELDS = [b"1:l", b'{"state":"online","since":"%b"}' % AT, b"1:s", b"1 tab c1 n1 open - 1", b"1:t", b"7"]
STAFF_FIELDS = [b"c:c1", b"account:1 1 - n1", b"k:1", b"account:1 " + AT, b"empty", AT]


def cut(text: bytes) -> st.SearchStrategy[bytes]:
    """Mutate bytes as somebody does who writes to Redis."""
    odd = st.binary(max_size=4) | st.sampled_from([b"9" * 5000, b"[" * DEEP, b"\xff", b"NaN", b'"\\ud800"', b""])
    return st.tuples(st.integers(0, len(text)), st.integers(0, 6), odd).map(
        lambda at: text[: at[0]] + at[2] + text[at[0] + at[1] :]
    )


@never_another_accident(QUICK)
@given(cut(b"[" + EVENT + b"]"))
def test_p14_an_event_in_the_stream_is_read_or_refused(text: bytes) -> None:
    with suppress(msgspec.DecodeError):
        codec.decode_events(text)


@never_another_accident(QUICK)
@given(st.sampled_from(range(1, 6, 2)), st.data())
def test_p14_what_stands_of_a_room_is_read_or_the_room_is_unreadable(place: int, data: st.DataObject) -> None:
    rows: list[typing.Any] = list(ROWS)
    live: list[typing.Any] = list(LIVE_FIELDS)
    assert replies.live_room([b"1-x", 1, codec.encode_room(ROOM), rows, live]).room.candidates
    rows[1] = data.draw(st.just(rows[1]) | cut(rows[1]))
    live[place] = data.draw(cut(live[place]))
    live[place - 1] = data.draw(cut(live[place - 1]) | st.just(live[place - 1]))
    with suppress(StoreUnavailable):
        replies.live_room([b"1-x", 1, codec.encode_room(ROOM), rows, live])
    staff: list[typing.Any] = list(STAFF_FIELDS)
    staff[place] = data.draw(cut(staff[place]))
    replies.staffing([b"2027-01-01T00:00:00Z", staff])


@never_another_accident(QUICK)
@given(cut(b"1042:17:3-abcdef") | st.binary(max_size=40))
def test_p14_a_ring_is_heard_or_nothing(payload: bytes) -> None:
    keys.rung(payload)


# ── bodies over HTTP ───────────────────────────────────────────────────────────────────────────────────────────


class Body(msgspec.Struct, forbid_unknown_fields=True):
    """As the bodies of the calls are."""

    email: str
    number: int = 1
    inner: dict[str, list[int]] = {}


@never_another_accident(QUICK)
@given(cut(b'{"email":"a@example.org","number":7,"inner":{"x":[1,2]}}'))
def test_p14_a_body_is_understood_or_invalid(body: bytes) -> None:
    with suppress(Refused):
        decoded(body, Body)
