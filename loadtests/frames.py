"""A dashboard's frames as far as a generator checks them: lean to read, a hundred thousand a second.

Names and tags are those of `channels.wire`; a test holds them against it.
"""

from __future__ import annotations

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


DashboardHears = Snapshot | Events | wire.Welcome | wire.Reply | wire.Beat | wire.Colleagues | wire.Bye
decode = msgspec.json.Decoder(DashboardHears).decode
"""Read a dashboard's frame; msgspec.ValidationError for a frame of a later version."""
