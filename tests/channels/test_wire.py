"""Every frame has an example that decodes, encodes and fits the JSON Schema; what is wrong is refused, by name."""

from __future__ import annotations

import json
import typing
from pathlib import Path

import msgspec
import pytest

from channels import wire
from tests.channels.json_schema import Schema, problems

EXAMPLES = Path(__file__).parent / "examples"
SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "protocol.schema.json").read_text("utf-8"))
DIRECTIONS: dict[str, tuple[str, object]] = {
    "candidate_says": ("CandidateFrame", wire.CandidateFrame),
    "invigilator_says": ("InvigilatorFrame", wire.InvigilatorFrame),
    "admin_says": ("AdminFrame", wire.AdminFrame),
    "candidate_hears": ("CandidateHears", wire.CandidateHears),
    "invigilator_hears": ("InvigilatorHears", wire.InvigilatorHears),
    "admin_hears": ("AdminHears", wire.AdminHears),
}
FILES = sorted(EXAMPLES.rglob("*.json"))
KEY = "0b7e6f0a-52c4-4c26-9f0c-6f2f3b8a9d11"


def decoder(direction: str) -> msgspec.json.Decoder[msgspec.Struct]:
    """Return the decoder of a direction."""
    return msgspec.json.Decoder(typing.cast(type[msgspec.Struct], DIRECTIONS[direction][1]))


def misfits(direction: str, value: object) -> list[str]:
    """Say how a value does not fit the schema of a direction."""
    definitions: dict[str, Schema] = SCHEMA["$defs"]
    return list(problems(value, definitions[DIRECTIONS[direction][0]], definitions))


def without_nulls(value: object) -> object:
    """Leave out keys that are null: on the way in, null and absent are the same."""
    if isinstance(value, dict):
        return {key: without_nulls(one) for key, one in value.items() if one is not None}
    return [without_nulls(one) for one in value] if isinstance(value, list) else value


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_an_example_decodes_and_encodes_to_itself(file: Path) -> None:
    direction, text = file.parent.name, file.read_text("utf-8")
    frame = decoder(direction).decode(text)
    said, again = json.loads(text), json.loads(msgspec.json.encode(frame))
    if direction.endswith("_says"):
        said, again = without_nulls(said), without_nulls(again)
    assert again == said


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_an_example_fits_the_schema(file: Path) -> None:
    assert misfits(file.parent.name, json.loads(file.read_text("utf-8"))) == []


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_every_frame_has_an_example(direction: str) -> None:
    told = {json.loads(file.read_text("utf-8"))["type"] for file in (EXAMPLES / direction).iterdir()}
    assert told == {frame.__struct_config__.tag for frame in typing.get_args(DIRECTIONS[direction][1])}


# ── what is wrong ──────────────────────────────────────────────────────────────────────────────────────────────────


def wrong(**changes: object) -> dict[str, object]:
    """Return a good time.add with something changed; None leaves the key out."""
    frame = {"type": "time.add", "ref": 1, "key": KEY, "candidates": [12], "minutes": 5, "reason": "x", **changes}
    return {key: value for key, value in frame.items() if value is not None}


STAFF_MISTAKES: dict[str, dict[str, object]] = {
    "unknown type": wrong(type="candidate.delete"),
    "no type": wrong(type=None),
    "type of the other role": {"type": "enter", "ref": 1, "key": KEY, "access_code": "XGDZ45"},
    "unknown field": wrong(force=True),
    "missing field": wrong(reason=None),
    "number as text": wrong(minutes="5"),
    "fraction": wrong(minutes=5.5),
    "true as a number": wrong(minutes=True),
    "minutes too many": wrong(minutes=601),
    "minutes too few": wrong(minutes=-601),
    "reason too long": wrong(reason="x" * 201),
    "reason empty": wrong(reason=""),
    "no candidates": wrong(candidates=[]),
    "too many candidates": wrong(candidates=list(range(1, 502))),
    "candidate zero": wrong(candidates=[0]),
    "some instead of all": wrong(candidates="some"),
    "key too short": wrong(key="abc"),
    "key with other characters": wrong(key="x' OR 1=1 --"),
    "negative ref": wrong(ref=-1),
    "ref beyond what JavaScript counts": wrong(ref=2**53 + 1),
    "identity unchecked": {"type": "identity.check", "ref": 1, "key": KEY, "candidates": [1], "state": "unchecked"},
    "lapsed by hand": {
        "type": "help.resolve",
        "ref": 1,
        "key": KEY,
        "candidates": [1],
        "help": 1,
        "outcome": "lapsed",
    },
    "candidates of a room's command": {"type": "session.start", "ref": 1, "key": KEY, "candidates": "all"},
    "message with a NUL": {"type": "message.send", "ref": 1, "key": KEY, "candidates": "all", "text": "a\0b"},
    "reason that ends with a NUL": wrong(reason="x\0"),
    "message too long": {"type": "message.send", "ref": 1, "key": KEY, "candidates": "all", "text": "x" * 281},
}
CANDIDATE_MISTAKES: dict[str, dict[str, object]] = {
    "staff command": wrong(),
    "answered below zero": {"type": "progress", "answered": -1, "total": 20},
    "total zero": {"type": "progress", "answered": 0, "total": 0},
    "total beyond all tests": {"type": "progress", "answered": 0, "total": 10_001},
    "question 501": {"type": "progress", "answered": 0, "total": 20, "question": 501},
    "long code": {"type": "enter", "ref": 1, "key": KEY, "access_code": "X" * 33},
    "enter without a key": {"type": "enter", "ref": 1, "access_code": "XGDZ45"},
    "long call": {"type": "help", "ref": 1, "key": KEY, "kind": "other", "text": "x" * 281},
    "call of another kind": {"type": "help", "ref": 1, "key": KEY, "kind": "content"},
    "long token": {"type": "hello", "token": "x" * 257},
    "position with a field more": {"type": "hello", "position": {"epoch": "e", "seq": 1, "node": 2}},
    "negative version": {"type": "ack", "version": -1},
}


MISTAKES = [
    *(pytest.param("invigilator_says", frame, id=f"invigilator: {name}") for name, frame in STAFF_MISTAKES.items()),
    *(pytest.param("candidate_says", frame, id=f"candidate: {name}") for name, frame in CANDIDATE_MISTAKES.items()),
]


@pytest.mark.parametrize(("direction", "frame"), MISTAKES)
def test_a_wrong_frame_is_refused_and_the_schema_says_so_too(direction: str, frame: dict[str, object]) -> None:
    with pytest.raises(msgspec.ValidationError):
        decoder(direction).decode(json.dumps(frame))
    assert misfits(direction, frame)


NO_OBJECTS = [b"", b"{", b"[]", b"null", b'"hello"', b"\xff\xfe", b"{}{}", b"[" * 5000, b'{"type":"\\ud800"}']


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("raw", NO_OBJECTS)
def test_what_is_not_one_json_object_never_decodes(direction: str, raw: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        decoder(direction).decode(raw)


def test_no_frame_of_a_role_shares_its_type() -> None:
    for name, (_, union) in DIRECTIONS.items():
        tags = [frame.__struct_config__.tag for frame in typing.get_args(union)]
        assert len(tags) == len(set(tags)), name
