"""The chain of decisions: every audit row carries the hash of the row before it, per session.

The chained part holds ids, codes and numbers only. Free text lives in a salted detail beside it, of which the row
holds the digest: purging a detail leaves the chain whole, and the salt keeps a short text from being guessed back.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from msgspec import structs

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
            room = structs.replace(room, decision_hash=row.hash)
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


# ── the chain walked again ─────────────────────────────────────────────────────────────────────────────────────────


class Fault(StrEnum):
    """What may be wrong with a chain at one decision."""

    MISSING = "missing"
    MISPLACED = "misplaced"
    CHANGED = "changed"
    DETAIL_CHANGED = "detail_changed"
    HEAD_DIFFERS = "head_differs"


_IN_WORDS = {
    Fault.MISSING: "decision {seq} is missing",
    Fault.MISPLACED: "decision {seq} does not follow the one before it: one of the two was moved or replaced",
    Fault.CHANGED: "decision {seq} was changed",
    Fault.DETAIL_CHANGED: "the detail of decision {seq} is not the one it was written with",
    Fault.HEAD_DIFFERS: "the session's own head is not decision {seq}, the last of the chain",
}


@dataclass(frozen=True, slots=True)
class Break:
    """The first place at which a chain does not hold."""

    seq: int
    fault: Fault

    def __str__(self) -> str:
        return _IN_WORDS[self.fault].format(seq=self.seq)


@dataclass(frozen=True, slots=True)
class Walk:
    """How far a chain was walked: `rows` decisions, the last of them `seq` with the hash `head`.

    `kind` is what the last of them is. `purged` counts the details that are gone, which is no fault. `sought` is a
    hash to look for among the decisions, `found` the decision that has it.
    """

    sought: str = ""
    rows: int = 0
    seq: int = 0
    head: str = ""
    kind: EventKind | None = None
    purged: int = 0
    broken: Break | None = None
    found: int | None = None


START = Walk()


def verify(records: Iterable[AuditRecord], walk: Walk = START) -> Walk:
    """Walk on over the next records of one session, in the order of their numbers; only the first break is kept."""
    for row in records:
        has_detail = bool(row.detail or row.salt)
        walk = replace(
            walk,
            rows=walk.rows + 1,
            seq=row.seq,
            head=row.hash,
            kind=row.kind,
            purged=walk.purged + (row.detail_digest != "" and not has_detail),
            broken=walk.broken or _break_at(row, walk.seq + 1, walk.head, has_detail=has_detail),
            found=row.seq if walk.sought and row.hash == walk.sought else walk.found,
        )
    return walk


def _break_at(row: AuditRecord, expected: int, before: str, *, has_detail: bool) -> Break | None:
    if row.seq > expected:
        return Break(expected, Fault.MISSING)
    if row.seq < expected or row.previous_hash != before:
        return Break(row.seq, Fault.MISPLACED)
    if row_hash(row) != row.hash:
        return Break(row.seq, Fault.CHANGED)
    if has_detail and detail_digest(row.salt, row.detail) != row.detail_digest:
        return Break(row.seq, Fault.DETAIL_CHANGED)
    return None


def compare_head(walk: Walk, seq: int, head: str) -> Walk:
    """Compare the whole chain with the head that its session carries: a chain cut at its end has no other witness."""
    if walk.broken is not None or (walk.seq, walk.head) == (seq, head):
        return walk
    cut = Break(walk.seq + 1, Fault.MISSING) if seq > walk.seq else Break(walk.seq, Fault.HEAD_DIFFERS)
    return replace(walk, broken=cut)


def compare_end(walk: Walk) -> Walk:
    """Look how the chain of a session ends that is not there any more: with its deletion, or it was cut."""
    if walk.broken is not None or walk.kind == EventKind.SESSION_DELETED:
        return walk
    return replace(walk, broken=Break(walk.seq + 1, Fault.MISSING))
