"""The chain of decisions: every audit row carries the hash of the row before it, per session.

The chained part holds ids, codes and numbers only. Free text lives in a salted detail beside it, of which the row
holds the digest: purging a detail leaves the chain whole, and the salt keeps a short text from being guessed back.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from hub.events import Codes, Event, EventKind, RoomEvent
from hub.fold import evolve
from hub.model import Author, CandidateId, Room, SessionNumber


@dataclass(frozen=True, slots=True)
class AuditRecord:
    """One decision as the audit keeps it. `at` is the database's clock, `node_at` the deciding node's."""

    number: SessionNumber
    seq: int
    kind: EventKind
    candidate: CandidateId | None
    author: Author
    at: datetime
    node_at: datetime
    codes: Codes
    detail: Mapping[str, str]
    salt: str
    detail_digest: str
    previous_hash: str
    hash: str


@dataclass(frozen=True, slots=True)
class Recorded:
    """A room after some events, with their audit rows and what the room's stream will carry."""

    room: Room
    records: tuple[AuditRecord, ...] = ()
    events: tuple[RoomEvent, ...] = ()

    def then(self, later: Recorded) -> Recorded:
        """Join two stretches of the same room's history."""
        return Recorded(later.room, self.records + later.records, self.events + later.events)


@dataclass(frozen=True, slots=True)
class Signature:
    """Who decides, when by both clocks, and where salt comes from."""

    author: Author
    now: datetime
    node_now: datetime
    salt: Callable[[], str]


def record(room: Room, events: Sequence[Event], signature: Signature) -> Recorded:
    """Number, chain and fold events; an echo of a session event shares its number and has no row of its own."""
    records: list[AuditRecord] = []
    announced: list[RoomEvent] = []
    for event in events:
        if not event.is_echo:
            row = _sealed(room, event, signature)
            records.append(row)
            room = replace(room, decision_hash=row.hash)
        room_event = RoomEvent(
            kind=event.kind,
            at=signature.now,
            candidate=event.candidate,
            by=signature.author,
            decision=room.decision_seq if event.is_echo else room.decision_seq + 1,
            text=event.text,
            room=event.room,
            changes=event.changes,
        )
        announced.append(room_event)
        room = evolve(room, room_event)
    return Recorded(room, tuple(records), tuple(announced))


def _sealed(room: Room, event: Event, signature: Signature) -> AuditRecord:
    salt = signature.salt() if event.detail else ""
    digest = detail_digest(salt, event.detail) if event.detail else ""
    row = AuditRecord(
        room.number,
        room.decision_seq + 1,
        event.kind,
        event.candidate,
        signature.author,
        signature.now,
        signature.node_now,
        dict(event.codes),
        dict(event.detail),
        salt,
        digest,
        room.decision_hash,
        "",
    )
    return replace(row, hash=row_hash(row))


def detail_digest(salt: str, detail: Mapping[str, str]) -> str:
    """Return the SHA-256 (hex) of a salted detail."""
    return hashlib.sha256((salt + json.dumps(detail, sort_keys=True, ensure_ascii=False)).encode()).hexdigest()


def row_hash(row: AuditRecord) -> str:
    """Return the SHA-256 (hex) over the chained part of a row, the previous hash included."""
    chained = [
        row.number,
        row.seq,
        row.kind,
        row.candidate,
        row.author,
        row.at.isoformat(),
        row.node_at.isoformat(),
        row.codes,
        row.detail_digest,
        row.previous_hash,
    ]
    return hashlib.sha256(json.dumps(chained, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
