"""What the scripts answer, read into the hub's values. An answer of another shape counts as a store that is away.

What the answers are made of may have been written by anybody who reaches the store: it is read, or it is `Unreadable`.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime

import msgspec
from msgspec.structs import replace

from hub.events import Changes, EventKind, RoomEvent
from hub.live import Accepted, Door, HeldSeat, LiveRoom, Offer, Position, Told
from hub.model import Author, Candidate, CandidateId, ClientId, ConnectionId, Link, NodeId, Progress, Waiting
from hub.ports import Head, StoreUnavailable
from hub.staffing import Claim, Console, Staffing
from state import codec
from state.figures import Memory
from state.resp import Reply

SEAT_WORDS = 7
"""Entry, client, connection, node, door, previous connection, rank."""
MAX_NUMBER = 2**53
NOT_THERE = 3
DROPPED, TOLD = "0", "2"
"""What `progress` answers for each offer; anything else was known already."""
_DOORS = (Door.CLOSED, Door.OPEN, Door.REPLACED)
"""What `attach` and `connect` answer by number."""


class Unreadable(StoreUnavailable):
    """What is kept of a room is not what we write."""


@dataclass(slots=True)
class _LivePart:
    """The live fields of one candidate, as they are read."""

    link: Link | None = None
    waiting: Waiting | None = None
    progress: Progress | None = None
    told_version: int = 0
    seat: HeldSeat | None = None

    def take(self, letter: str, text: bytes) -> None:
        """Read one field."""
        if letter == "l":
            self.link = codec.decode_link(text)
        elif letter == "w":
            self.waiting = Waiting(text.count(b"\n"))
        elif letter == "p":
            self.progress = codec.decode_progress_text(text)
        elif letter == "t":
            self.told_version = int(text)
        elif letter == "s":
            self.seat = _held(text.decode().split(" "))

    def laid_on(self, row: Candidate) -> Candidate:
        """Return the whole row."""
        link, waiting = self.link or row.link, self.waiting or row.waiting
        return replace(row, link=link, waiting=waiting, progress=self.progress, told_version=self.told_version)


def said(reply: Reply) -> dict[str, str]:
    """Read what INFO tells, by name."""
    lines = reply.decode(errors="replace").splitlines() if isinstance(reply, bytes) else []
    return {name: value for name, _, value in (line.partition(":") for line in lines)}


@dataclass(slots=True)
class _StaffPart:
    """Who attends to a room, as it is read."""

    consoles: list[Console] = field(default_factory=list)
    claims: list[Claim] = field(default_factory=list)
    left_at: dict[Author, datetime] = field(default_factory=dict)
    unattended_since: datetime | None = None
    known_since: datetime | None = None

    def take(self, name: str, words: list[str]) -> None:
        """Read one field. Raises ValueError."""
        kind, _, key = name.partition(":")
        match kind, words:
            case "c", [by, is_invigilator, look, _node]:
                looked_at = None if look == codec.NOBODY else CandidateId(int(look))
                self.consoles.append(Console(ConnectionId(key), Author(by), is_invigilator == "1", looked_at))
            case "k", [by, claimed_at]:
                self.claims.append(Claim(CandidateId(int(key)), Author(by), _instant(claimed_at)))
            case "l", [gone_at]:
                self.left_at[Author(key)] = _instant(gone_at)
            case "empty", [gone_at]:
                self.unattended_since = _instant(gone_at)
            case "known", [begun_at]:
                self.known_since = _instant(begun_at)
            case _:
                pass


def _instant(written: str) -> datetime:
    """Read an instant of the server's clock; one without a zone could not be compared with the others."""
    read = datetime.fromisoformat(written)
    if read.tzinfo is None:
        raise ValueError("no time zone")
    return read


def memory(reply: Reply) -> Memory:
    """Read the part of INFO about memory."""
    told = said(reply)
    try:
        return Memory(int(told["used_memory"]), int(told.get("maxmemory", 0)) or None)
    except (KeyError, ValueError):
        raise StoreUnavailable("the live store does not say what it uses") from None


def live_room(reply: list[Reply]) -> LiveRoom:
    """Read the answer of `snapshot`. Raises Unreadable."""
    try:
        return _live_room(reply)
    except (msgspec.DecodeError, ValueError, IndexError, RecursionError) as wrong:
        # The words of the error would quote what is kept there.
        raise Unreadable(f"Redis: a room that cannot be read ({type(wrong).__name__})") from None


def _live_room(reply: list[Reply]) -> LiveRoom:
    epoch, seq, facts, flat_rows, flat_live = reply
    parts: dict[CandidateId, _LivePart] = {}
    for name, value in _pairs(flat_live):
        candidate, _, letter = name.decode().partition(":")
        parts.setdefault(CandidateId(int(candidate)), _LivePart()).take(letter, value)
    rows = [codec.decode_row(value) for _, value in _pairs(flat_rows)]
    whole = {row.id: parts.get(row.id, _LivePart()).laid_on(row) for row in sorted(rows, key=lambda row: row.id)}
    seats = {candidate: part.seat for candidate, part in parts.items() if part.seat is not None and candidate in whole}
    room = replace(codec.decode_room(_bytes(facts)), candidates=whole)
    return LiveRoom(room, Position(text(epoch), integer(seq)), seats)


def staffing(reply: list[Reply]) -> Staffing:
    """Read the fields of the staff's hash; what another version wrote, or nobody of ours, is passed over."""
    at, flat = reply
    part = _StaffPart()
    for name, value in _pairs(flat):
        with suppress(ValueError):
            part.take(name.decode(), value.decode().split(" "))
    consoles = sorted(part.consoles, key=lambda one: (one.by, one.connection))
    claims = sorted(part.claims, key=lambda one: one.candidate)
    read_at = datetime.fromisoformat(text(at))
    return Staffing(tuple(consoles), tuple(claims), part.left_at, part.unattended_since, part.known_since, read_at)


def _held(words: Sequence[str]) -> HeldSeat | None:
    if len(words) != SEAT_WORDS:
        return None  # written by another version: nobody's, until its client tells its place again
    entry_no, client, connection, node, *_ = words
    return HeldSeat(
        int(entry_no),
        ClientId(client),
        None if connection == codec.NOBODY else ConnectionId(connection),
        None if node == codec.NOBODY else NodeId(node),
    )


def head(fields: list[Reply], seq: int, present: bytes) -> tuple[Head, Position] | None:
    """Read where a room stands; None when it is not loaded under the server's present history. Raises Unreadable."""
    epoch, decision, digest, life, roster, loaded_under = fields
    if epoch is None or loaded_under != present:
        return None
    stands = Head(integer(decision), text(digest), integer(life), integer(roster))
    return stands, Position(text(epoch), seq)


def last_seq(entries: Reply) -> int:
    """Read a stream's last id, `0-<seq>`; an empty stream stands at 0."""
    match many(entries):
        case [[bytes(entry), *_]]:
            return integer(entry.partition(b"-")[2])
        case _:
            return 0


def history(info: Reply) -> bytes:
    """Read the server's own replication id: it changes when the server forgot, or is another one."""
    lines = _bytes(info).splitlines()
    return next((line.partition(b":")[2] for line in lines if line.startswith(b"master_replid:")), b"none")


def _pairs(reply: Reply) -> Sequence[tuple[bytes, bytes]]:
    flat = [_bytes(one) for one in many(reply)]
    return list(zip(flat[::2], flat[1::2], strict=True))


def told(reply: Reply) -> Told:
    """Read what became of a connection that told its place."""
    outcome, rank = (integer(one) for one in many(reply))
    if outcome == NOT_THERE:
        raise StoreUnavailable("the room is not loaded, or does not know the candidate yet")
    return Told(_DOORS[outcome], rank)


def accepted(reply: Reply, offers: Sequence[Offer]) -> Accepted:
    """Read what became of progress; its events are what `read` would give at their places."""
    outcomes, *stands = _bytes(reply).decode().split(" ")
    if len(outcomes) != len(offers):
        raise StoreUnavailable("Redis: another number of answers than of offers")
    is_taken = tuple(one != DROPPED for one in outcomes)
    if not stands:
        return Accepted(is_taken)
    epoch, last_seq, when = stands
    at, seq = datetime.fromisoformat(when), int(last_seq) - outcomes.count(TOLD)
    told = [offer for offer, outcome in zip(offers, outcomes, strict=True) if outcome == TOLD]
    events = tuple(
        RoomEvent(EventKind.PROGRESSED, at, one.candidate, seq=seq + place, changes=Changes(progress=one.progress))
        for place, one in enumerate(told, 1)
    )
    return Accepted(is_taken, epoch, events)


def many(reply: Reply) -> list[Reply]:
    """Expect a list."""
    if not isinstance(reply, list):
        raise StoreUnavailable("Redis: not a list")
    return reply


def _bytes(reply: Reply) -> bytes:
    if not isinstance(reply, bytes):
        raise StoreUnavailable("Redis: not a string")
    return reply


def text(reply: Reply) -> str:
    """Expect a string. Raises Unreadable."""
    try:
        return _bytes(reply).decode()
    except UnicodeDecodeError:
        raise Unreadable("Redis: not a text") from None


def integer(reply: Reply) -> int:
    """Expect a whole number, one that scripts can count with. Raises Unreadable."""
    try:
        number = reply if isinstance(reply, int) else int(_bytes(reply))
    except ValueError:
        raise Unreadable("Redis: not a number") from None
    if abs(number) > MAX_NUMBER:
        raise Unreadable("Redis: no number of ours")
    return number
