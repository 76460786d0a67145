"""What the hub needs from the world: a ledger that owns decisions, a clock, and what may go wrong with a store.

The real ledger is in `state.ledger`, its twin in `state.memory_ledger`; one contract suite runs on both. Every method
may raise `StoreUnavailable`; nothing else is an accident the hub expects of it. The live store's port is `hub.live`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from hub.audit import AuditRecord
from hub.events import RoomEvent
from hub.finalization import Draft
from hub.handover import Ticket
from hub.jury import Review
from hub.model import (
    AccountId,
    Author,
    Candidate,
    CandidateId,
    HelpId,
    NodeId,
    Progress,
    Room,
    Roster,
    SessionNumber,
)
from hub.refusals import Refusal
from hub.watch import WatchNote


class StoreAccident(Exception):
    """A store did not do its part; what that means for the deed is said by the kind of accident."""


class StoreUnavailable(StoreAccident):
    """The store did not answer: nothing was written."""


class Refused(StoreUnavailable):
    """The store refused what it was given, and would refuse it again; to whoever asked it is of no use now."""


class Unrecorded(StoreUnavailable):
    """The store can be read and takes no writes, for want of space or because it must not: nothing was written."""


class Crowded(StoreUnavailable):
    """The store is there and answers others; whoever asked waited too long for their turn: nothing was written."""


class OutcomeUnknown(StoreAccident):
    """The connection broke while committing: perhaps written, perhaps not. The key finds out."""


class LockBusy(StoreAccident):
    """Another decision held the session's row for too long: nothing was written."""


class UnknownSession(Exception):
    """There is no such session."""


class Clock(Protocol):
    """A node's clock: for logs, ages and grace, never for a decision."""

    def now(self) -> datetime:
        """Return the node's wall clock, aware UTC."""
        ...

    def monotonic(self) -> float:
        """Return seconds that never go back."""
        ...


# ── the ledger: Postgres owns decisions ────────────────────────────────────────────────────────────────────────


class Standing(StrEnum):
    """What an author may do in one session at this moment, read after the lock, each time."""

    NONE = "none"
    JURY = "jury"
    WATCH = "watch"
    COMMAND = "command"
    CLIENT = "client"
    HUB = "hub"


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one command for one candidate (None: for the room)."""

    candidate: CandidateId | None = None
    refusal: Refusal | None = None
    is_already: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What the author of a judged command is told; `decision_seq` is the last decision it is about."""

    results: tuple[Result, ...]
    decision_seq: int
    help: HelpId | None = None

    @property
    def is_accepted(self) -> bool:
        """Tell whether anything was accepted: such an answer is kept and returned again for its key."""
        return not self.results or any(result.refusal is None for result in self.results)


@dataclass(frozen=True, slots=True)
class KeyedAnswer:
    """An accepted answer under its idempotency key; `digest` tells whether the same key says something else."""

    author: Author
    key: str
    digest: str
    answer: Answer


@dataclass(frozen=True, slots=True)
class Docket:
    """What is read first, after the lock: the session's facts (no rows yet), the time, the right, the stored answer.

    `now` = greatest(database clock, last decision's time). `candidate` is the one a client belongs to. `is_admin`: the
    author is an admin of the session's own center. `is_invigilating`: the author entered with the session's password,
    which is a right without an end.
    """

    room: Room
    now: datetime
    standing: Standing
    candidate: CandidateId | None
    stored: KeyedAnswer | None
    is_admin: bool = False
    is_invigilating: bool = False


class Case(Protocol):
    """One decision in progress: a transaction that holds the session's lock. Leaving it normally commits."""

    async def docket(self, author: Author, key: str | None) -> Docket:
        """Read the docket, in statements later than the lock."""
        ...

    async def dockets(self, asked: Sequence[tuple[Author, str | None]]) -> Sequence[Docket]:
        """Read the dockets of several, in one statement later than the lock: one time, one room for all of them."""
        ...

    async def rows(self, candidates: Collection[CandidateId] | None) -> Mapping[CandidateId, Candidate]:
        """Read the named rows and all rows in which something is due; None: every row of the session."""
        ...

    async def write(
        self,
        before: Room,
        after: Room,
        records: Sequence[AuditRecord],
        now: datetime,
        answers: Sequence[KeyedAnswer] = (),
    ) -> None:
        """Write changed rows (each must still be as read), audit rows, the session's head and the answers to keep.

        With the finalization, progress that is still on its way counts no more.
        """
        ...

    async def draft(self) -> Draft:
        """Read the draft of the finalization; version 0 when nothing was said yet."""
        ...

    async def keep_draft(self, draft: Draft) -> None:
        """Write the next version of the draft."""
        ...

    async def documents(self) -> Mapping[str, str]:
        """Read the ids of the session's documents with the SHA-256 of each (hex)."""
        ...

    async def review(self) -> Review:
        """Read what the jury has said so far."""
        ...

    async def ticket(self, ticket_hash: bytes) -> Ticket | None:
        """Read a ticket for this session; None when unknown or past its time."""
        ...

    async def spend(self, ticket_hash: bytes, account: AccountId) -> None:
        """Note who came with a ticket that nobody has used."""
        ...


@dataclass(frozen=True, slots=True)
class Glimpse:
    """An unlocked read of one candidate, for what may be refused without a lock: a wrong access code.

    `wrong_codes` counts tries since the last right one, `wrong_code_at` is the last; `now` the database's clock.
    """

    room: Room
    candidate: Candidate
    access_code: str
    wrong_codes: int
    wrong_code_at: datetime | None
    now: datetime


@dataclass(frozen=True, slots=True)
class FlushedProgress:
    """A candidate's accepted progress on its way into the ledger, fenced by the entry it was made in."""

    number: SessionNumber
    candidate: CandidateId
    entry_no: int
    progress: Progress


@dataclass(frozen=True, slots=True)
class Head:
    """Where a session's truth stands: the applied pair and the life of its live store."""

    decision_seq: int
    decision_hash: str
    live_epoch: int
    roster_version: int


class Ledger(Protocol):
    """Postgres, or its twin in memory."""

    def is_recording(self) -> bool:
        """Tell whether no write was refused as `Unrecorded` in the last seconds; asks nobody."""
        ...

    def case(self, number: SessionNumber) -> AbstractAsyncContextManager[Case]:
        """Open a transaction and lock the session's row, alone. Raises UnknownSession, LockBusy, OutcomeUnknown."""
        ...

    async def room(self, number: SessionNumber) -> Room:
        """Read a whole session in one read-only snapshot. Raises UnknownSession."""
        ...

    async def roster(self, number: SessionNumber) -> Roster:
        """Read the names and the sheet of a session. Raises UnknownSession."""
        ...

    async def recent_messages(self, number: SessionNumber, seconds: float) -> Sequence[tuple[float, RoomEvent]]:
        """Read what was said to candidates in the last seconds: how many seconds ago, and the event."""
        ...

    async def glimpses(self, candidates: Collection[CandidateId]) -> Mapping[CandidateId, Glimpse]:
        """Read candidates without a lock; who is on no list is absent."""
        ...

    async def note_wrong_code(self, candidate: CandidateId) -> None:
        """Count a wrong access code."""
        ...

    async def note_joined(self, candidates: Collection[CandidateId]) -> None:
        """Remember the first time these candidates' clients connected; later times change nothing."""
        ...

    async def flush_progress(self, batch: Sequence[FlushedProgress]) -> None:
        """Upsert accepted progress of running candidates; never back, never from an older entry."""
        ...

    async def keep_watch(self, notes: Sequence[WatchNote]) -> None:
        """Append what dashboards could see; nothing of it is ever changed."""
        ...

    async def due(self, limit: int, node: NodeId) -> Sequence[SessionNumber]:
        """List open sessions in which something is due by the database's clock: this node's share first."""
        ...

    async def running(self, node: NodeId) -> Sequence[SessionNumber]:
        """Note that this node lives, and list its share of the open sessions in which a test runs, not interrupted.

        Each of them is in the share of one of the nodes that were heard of lately.
        """
        ...

    async def heads(self, numbers: Collection[SessionNumber]) -> Mapping[SessionNumber, Head]:
        """Read where the truth of these sessions stands."""
        ...

    async def next_epoch(self, number: SessionNumber, seen: int, beyond: int = 0) -> None:
        """Begin a new life of the session's live store, under the session's lock, later than `beyond`.

        Nothing happens when the life is not `seen` any more: another node was faster.
        """
        ...

    async def confirm_history(self, name: str, seen: str, known: str | None) -> bool:
        """Tell whether the history that a node's live store tells is the current one of the shard of that name.

        It becomes the current one where the current one is `known` (what this node's own live store told before: it
        was restarted, or another one was promoted), or was confirmed by nobody for some seconds.
        """
        ...

    async def is_live_store_elsewhere(self, name: str | None) -> bool:
        """Tell whether any node has confirmed the history of this shard (None: of any) just now."""
        ...
