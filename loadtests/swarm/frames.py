"""What the swarm reads of a dashboard's frames: only what it checks, so that one core reads for hundreds of them."""

from __future__ import annotations

import msgspec
from msgspec import UNSET, Struct, UnsetType

from channels import wire


class Progress(Struct):
    """How far somebody is."""

    answered: int


class Row(Struct):
    """One candidate in a snapshot."""

    id: int
    attempt: str
    progress: Progress | None


class Snapshot(Struct, tag="snapshot"):
    """The room as a whole."""

    epoch: str
    seq: int
    candidates: list[Row]


class Facets(Struct):
    """What an event changed, as far as it is checked."""

    attempt: str | UnsetType = UNSET
    progress: Progress | UnsetType | None = UNSET


class Event(Struct):
    """One event."""

    type: str
    set: Facets | None
    candidate: int | UnsetType = UNSET


class Events(Struct, tag="events", rename={"first": "from"}):
    """A stretch of events."""

    epoch: str
    first: int
    to: int
    events: list[Event]


class Beat(Struct, tag="beat"):
    """What the hub says that this dashboard was given."""

    epoch: str
    seq: int


class Other(Struct, tag="colleagues"):
    """Nothing that is checked here."""


Heard = wire.Welcome | Snapshot | Events | Beat | wire.Reply | wire.Bye | Other

read = msgspec.json.Decoder(Heard).decode
