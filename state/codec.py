"""How rooms, rows and events are written in Redis: JSON by msgspec, straight from and to the hub's values.

Scripts never decode durable JSON (their JSON library turns empty lists into objects); they only join inner texts of
objects. So an event travels to a script in pieces, `head` and `changes` without their braces, and the script writes
`{"seq":…,<head>,"changes":{<changes>,<live facets>}}`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import msgspec
from msgspec.structs import replace

from hub.events import Changes, EventKind, RoomChanges, RoomEvent
from hub.model import (
    Author,
    Candidate,
    CandidateId,
    Link,
    Progress,
    Room,
    Waiting,
)

NOBODY = "-"
"""Stands for no client, connection or node in a script's arguments; ids hold no spaces and are never this."""


class _Head(msgspec.Struct, frozen=True, omit_defaults=True):
    """An event without what the script adds: its `seq`, its `connection`, its changes."""

    kind: EventKind
    at: datetime
    candidate: CandidateId | None = None
    by: Author | None = None
    decision: int | None = None
    text: str | None = None
    client: str | None = None
    room: RoomChanges = msgspec.field(default_factory=lambda: RoomChanges())


@dataclass(frozen=True, slots=True)
class EventPieces:
    """One durable event as `apply.lua` takes it; `progress` is '' (untouched), 'null', or as `progress_text`."""

    head: bytes
    changes: bytes
    progress: bytes


_encoder = msgspec.json.Encoder()
_room_decoder = msgspec.json.Decoder(Room)
_row_decoder = msgspec.json.Decoder(Candidate)
_link_decoder = msgspec.json.Decoder(Link)
_progress_decoder = msgspec.json.Decoder(Progress)
_events_decoder = msgspec.json.Decoder(list[RoomEvent])


def word(text: str | None) -> str:
    """Return an id as a script takes it. Raises ValueError for one that would break the fields of the live part."""
    if text is None:
        return NOBODY
    if text == NOBODY or not text.isprintable() or any(character in ' "\\' for character in text) or not text:
        raise ValueError("not an id")
    return text


def encode_room(room: Room) -> bytes:
    """Write the room's own facts; its rows are kept one by one."""
    return _encoder.encode(replace(room, candidates={}))


def decode_room(text: bytes) -> Room:
    """Read the room's own facts; no rows."""
    return _room_decoder.decode(text)


def encode_row(row: Candidate) -> bytes:
    """Write the durable facets of a row; the live ones stand at their defaults."""
    return _encoder.encode(replace(row, link=Link(), waiting=Waiting(), progress=None, told_version=0))


def decode_row(text: bytes) -> Candidate:
    """Read the durable facets of a row."""
    return _row_decoder.decode(text)


def facts_text(row: Candidate) -> str:
    """Write what scripts must know of a row: entry, attempt, seated client, whether interrupted."""
    client = word(row.seat.client if row.seat else None)
    return f"{row.entry_no} {row.attempt.value} {client} {int(row.interrupted_at is not None)}"


def encode_progress(progress: Progress) -> bytes:
    """Write progress as its event carries it."""
    return _encoder.encode(progress)


def progress_text(progress: Progress | None) -> bytes:
    """Write progress with what a script compares in front: `answered total json`; '' for none."""
    if progress is None:
        return b""
    return b"%d %d %b" % (progress.answered, progress.total, _encoder.encode(progress))


def decode_progress_text(text: bytes) -> Progress:
    """Read what `progress_text` wrote."""
    return _progress_decoder.decode(text.split(b" ", 2)[2])


def decode_link(text: bytes) -> Link:
    """Read a link as scripts write it."""
    return _link_decoder.decode(text)


def event_pieces(event: RoomEvent) -> EventPieces:
    """Cut a durable event into what the script joins; progress apart, because a live one may be ahead."""
    changes: Changes = event.changes.copy()
    progress = b""
    if "progress" in changes:
        progress = progress_text(changes.pop("progress")) or b"null"
    head = _Head(
        event.kind,
        event.at,
        event.candidate,
        event.by,
        event.decision,
        event.text,
        event.client,
        event.room,
    )
    return EventPieces(_encoder.encode(head)[1:-1], _encoder.encode(changes)[1:-1], progress)


def decode_events(text: bytes) -> tuple[RoomEvent, ...]:
    """Read a stretch of the stream. Raises msgspec.DecodeError, whatever somebody else has put there."""
    try:
        return tuple(_events_decoder.decode(text))
    except (UnicodeDecodeError, RecursionError) as wrong:
        raise msgspec.DecodeError(str(wrong)) from None
