"""A dashboard's frames as far as a generator checks them: lean to read, a hundred thousand a second.

Names and tags are those of `channels.wire`; a test holds them against it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct

from channels import wire

PROGRESSED = "candidate.progressed"
Facets = dict[str, Any]


class Event(Struct, gc=False):
    """An event as far as it is checked."""

    type: str
    candidate: int = 0
    decision: int = 0
    set: Facets | None = None


class Events(Struct, tag="events", rename={"first": "from"}, gc=False):
    """Everything after a position."""

    session: int
    epoch: str
    first: int
    to: int
    events: list[Event]


class Snapshot(Struct, tag="snapshot"):
    """A whole room."""

    session: Facets
    epoch: str
    seq: int
    live: bool
    candidates: list[Facets]


class Beat(Struct, tag="beat", gc=False):
    """What the hub says that this dashboard was given."""

    session: int
    epoch: str
    seq: int


DashboardHears = Snapshot | Events | Beat | wire.Welcome | wire.Reply | wire.Colleagues | wire.Bye
decode = msgspec.json.Decoder(DashboardHears).decode
"""Read a dashboard's frame; msgspec.ValidationError for a frame of a later version."""


def answered(row: Facets) -> int:
    """Return how far a row is."""
    progress = row["progress"]
    value: int = progress["answered"] if progress else 0
    return value


def progress_of(rows: Mapping[int, Facets]) -> dict[int, int]:
    """Return how far everybody is who has begun."""
    return {number: row["progress"]["answered"] for number, row in rows.items() if row["progress"]}


def differing(held: Facets, fresh: Facets) -> str:
    """Name the first facets that differ, with both values."""
    keys = [key for key in sorted(held.keys() | fresh.keys()) if held.get(key) != fresh.get(key)]
    return ", ".join(f"{key} {held.get(key)!r} instead of {fresh.get(key)!r}" for key in keys[:3])
