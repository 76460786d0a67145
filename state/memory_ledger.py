"""The ledger's twin in memory: the same promises, for tests of what stands above it.

What it cannot do is survive. What it does not do is refuse by itself: the guards of the database are tested there.
A session is put in with `open`, rights with `claim` and `add_client`; `audit` shows what was recorded.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from msgspec import structs

from hub import jury, timing
from hub.audit import AuditRecord
from hub.events import EventKind, RoomEvent
from hub.finalization import Draft
from hub.handover import Ticket
from hub.jury import Review
from hub.model import (
    HUB,
    AccountId,
    AttemptState,
    Author,
    Candidate,
    CandidateId,
    ClientId,
    Link,
    NodeId,
    Progress,
    Room,
    Roster,
    SessionNumber,
    Waiting,
    client_author,
)
from hub.people import Role
from hub.ports import (
    Case,
    Docket,
    FlushedProgress,
    Glimpse,
    Head,
    KeyedAnswer,
    LockBusy,
    Standing,
    UnknownSession,
)
from hub.standing import Claim, standing_of
from hub.watch import WatchNote
from state.accidents import StaleRow
from state.answers import without_events
from state.case import account_in, gave_right_code
from state.ledger import NODE_SECONDS, UNCONFIRMED_SECONDS, furthest

LOCK_SECONDS = 1.0

_OPEN = (AttemptState.RUNNING, AttemptState.ENDED)
"""Attempts whose last answers may still be on their way."""
UNCONFIRMED = timedelta(seconds=UNCONFIRMED_SECONDS)
NODE_LIFE = timedelta(seconds=NODE_SECONDS)


@dataclass
class Kept:
    """Everything about one session."""

    room: Room
    roster: Roster
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    last_decided_at: datetime | None = None
    records: list[AuditRecord] = field(default_factory=list)
    answers: dict[tuple[Author, str], KeyedAnswer] = field(default_factory=dict)
    claims: dict[Author, Claim] = field(default_factory=dict)
    clients: dict[Author, CandidateId] = field(default_factory=dict)
    draft: Draft = field(default_factory=Draft)
    tickets: dict[bytes, Ticket] = field(default_factory=dict)


@dataclass
class _Tries:
    wrong_codes: int = 0
    wrong_code_at: datetime | None = None


class MemoryLedger:
    """`hub.ports.Ledger` in memory. `clock` plays the database's clock."""

    def __init__(self, clock: Callable[[], datetime], lock_seconds: float = LOCK_SECONDS) -> None:
        """Begin empty."""
        self._clock = clock
        self._lock_seconds = lock_seconds
        self.records_writes = True
        self._sessions: dict[SessionNumber, Kept] = {}
        self.watch: list[WatchNote] = []
        self._tries: dict[CandidateId, _Tries] = {}
        self._nodes: dict[NodeId, datetime] = {}
        self._histories: dict[str, tuple[str, datetime]] = {}

    # ── what a test puts in and looks at ───────────────────────────────────────────────────────────────────────

    def open(self, room: Room, roster: Roster) -> None:
        """Put a session in, as it stands."""
        self._sessions[room.number] = Kept(room, roster)

    def claim(self, number: SessionNumber, author: Author, claim: Claim) -> None:
        """Say what an account is to a session."""
        self.kept(number).claims[author] = claim

    def add_client(self, number: SessionNumber, client: ClientId, candidate: CandidateId) -> None:
        """Let a client speak for a candidate."""
        self.kept(number).clients[client_author(client)] = candidate

    def add_ticket(self, number: SessionNumber, ticket_hash: bytes, by: AccountId) -> None:
        """Let a room be handed over by whoever comes with this ticket; it does not grow old here."""
        self.kept(number).tickets[ticket_hash] = Ticket(number, by)

    def audit(self, number: SessionNumber) -> Sequence[AuditRecord]:
        """Show the recorded decisions of a session."""
        return tuple(self.kept(number).records)

    def is_recording(self) -> bool:
        """Tell whether it takes writes, as a test says."""
        return self.records_writes

    # ── decisions ──────────────────────────────────────────────────────────────────────────────────────────────

    @asynccontextmanager
    async def case(self, number: SessionNumber) -> AsyncIterator[Case]:
        """Hold the session's lock; what was written counts when the case is left normally."""
        async with self._locked(number) as kept:
            case = _MemoryCase(kept, self._now(kept))
            yield case
            case.commit()
            for candidate in case.let_in:
                self._tries.pop(candidate, None)

    async def next_epoch(self, number: SessionNumber, seen: int, beyond: int = 0) -> None:
        """Begin a new life of the live store, unless another node did."""
        if number not in self._sessions:
            return
        async with self._locked(number) as kept:
            if kept.room.live_epoch == seen:
                kept.room = structs.replace(kept.room, live_epoch=max(seen, beyond) + 1)

    async def recent_messages(self, number: SessionNumber, seconds: float) -> Sequence[tuple[float, RoomEvent]]:
        """Read what was said to candidates in the last seconds."""
        now = self._clock()
        said = [one for one in self.kept(number).records if one.kind == EventKind.MESSAGE_SENT]
        aged = [((now - one.at).total_seconds(), one) for one in said]
        return [(age, _message(one)) for age, one in aged if age <= seconds]

    async def confirm_history(self, name: str, seen: str, known: str | None) -> bool:
        """Tell whether this history is the current one of a shard; it may become so."""
        now = self._clock()
        history, confirmed_at = self._histories.get(name, (None, now))
        if history in (None, seen, known) or now - confirmed_at >= UNCONFIRMED:
            history = seen
            self._histories[name] = history, now
        return history == seen

    async def is_live_store_elsewhere(self, name: str | None) -> bool:
        """Tell whether any node has confirmed the history of this shard (None: of any) just now."""
        now = self._clock()
        confirmed = [at for one, (_, at) in self._histories.items() if name in (None, one)]
        return any(now - at < UNCONFIRMED for at in confirmed)

    @asynccontextmanager
    async def _locked(self, number: SessionNumber) -> AsyncIterator[Kept]:
        kept = self.kept(number)
        try:
            await asyncio.wait_for(kept.lock.acquire(), self._lock_seconds)
        except TimeoutError:
            raise LockBusy(number) from None
        try:
            yield kept
        finally:
            kept.lock.release()

    # ── without the lock ───────────────────────────────────────────────────────────────────────────────────────

    async def room(self, number: SessionNumber) -> Room:
        """Read a whole session."""
        return self.kept(number).room

    async def roster(self, number: SessionNumber) -> Roster:
        """Read the names and the sheet of a session."""
        kept = self.kept(number)
        return structs.replace(kept.roster, version=kept.room.roster_version)

    async def glimpses(self, candidates: Collection[CandidateId]) -> Mapping[CandidateId, Glimpse]:
        """Read candidates."""
        return {
            one: self._glimpse(kept, kept.room.candidates[one])
            for kept in self._sessions.values()
            for one in candidates
            if one in kept.room.candidates
        }

    def _glimpse(self, kept: Kept, one: Candidate) -> Glimpse:
        tries = self._tries.get(one.id, _Tries())
        room = structs.replace(kept.room, candidates={one.id: one})
        code = kept.roster.sheet.access_code
        return Glimpse(room, one, code, tries.wrong_codes, tries.wrong_code_at, self._now(kept))

    async def note_wrong_code(self, candidate: CandidateId) -> None:
        """Count a wrong access code."""
        tries = self._tries.setdefault(candidate, _Tries())
        tries.wrong_codes, tries.wrong_code_at = tries.wrong_codes + 1, self._clock()

    async def note_joined(self, candidates: Collection[CandidateId]) -> None:
        """Remember the first time these candidates' clients connected."""
        for kept in self._sessions.values():
            for candidate in candidates:
                one = kept.room.candidates.get(candidate)
                if one is not None and one.joined_at is None:
                    _put(kept, structs.replace(one, joined_at=self._clock()))

    async def flush_progress(self, batch: Sequence[FlushedProgress]) -> None:
        """Store accepted progress of running candidates."""
        for flushed in furthest(batch):
            kept = self._sessions.get(flushed.number)
            one = kept.room.candidates.get(flushed.candidate) if kept else None
            if kept is None or one is None or one.attempt not in _OPEN or kept.room.is_closed:
                continue
            if flushed.entry_no >= one.entry_no:
                _put(kept, structs.replace(one, progress=_ahead(one.progress, flushed.progress)))

    async def keep_watch(self, notes: Sequence[WatchNote]) -> None:
        """Append what dashboards could see."""
        self.watch += notes

    async def due(self, limit: int, node: NodeId) -> Sequence[SessionNumber]:
        """List open sessions in which something is due: this node's share first."""
        now = self._clock()
        is_own = self._share(node, now)
        due = [
            number
            for number, kept in self._sessions.items()
            if kept.room.finalized_at is None
            and not kept.lock.locked()
            and any(_is_due(one, now) for one in kept.room.candidates.values())
        ]
        return sorted(due, key=is_own, reverse=True)[:limit]

    async def running(self, node: NodeId) -> Sequence[SessionNumber]:
        """Note that this node lives, and list its share of the open sessions in which a test runs, not interrupted."""
        now = self._clock()
        is_own = self._share(node, now)
        self._nodes[node] = now
        return [
            number
            for number, kept in self._sessions.items()
            if is_own(number)
            and kept.room.finalized_at is None
            and any(
                one.attempt is AttemptState.RUNNING and one.interrupted_at is None
                for one in kept.room.candidates.values()
            )
        ]

    def _share(self, node: NodeId, now: datetime) -> Callable[[SessionNumber], bool]:
        alive = sorted({node, *(one for one, seen_at in self._nodes.items() if now - seen_at < NODE_LIFE)})
        return lambda number: number % len(alive) == alive.index(node)

    async def heads(self, numbers: Collection[SessionNumber]) -> Mapping[SessionNumber, Head]:
        """Read where the truth of these sessions stands."""
        rooms = [self._sessions[number].room for number in numbers if number in self._sessions]
        return {
            room.number: Head(room.decision_seq, room.decision_hash, room.live_epoch, room.roster_version)
            for room in rooms
        }

    def kept(self, number: SessionNumber) -> Kept:
        """Return everything about a session. Raises UnknownSession."""
        kept = self._sessions.get(number)
        if kept is None:
            raise UnknownSession(number)
        return kept

    def _now(self, kept: Kept) -> datetime:
        now = self._clock()
        return now if kept.last_decided_at is None else max(now, kept.last_decided_at)


class _MemoryCase:
    """One decision in progress; nothing is visible to others before `commit`."""

    def __init__(self, kept: Kept, now: datetime) -> None:
        self._kept = kept
        self._now = now
        self._written: tuple[Room, Room, Sequence[AuditRecord], datetime, Sequence[KeyedAnswer]] | None = None
        self._draft = kept.draft
        self._spent: dict[bytes, Ticket] = {}
        self.let_in: list[CandidateId] = []

    async def docket(self, author: Author, key: str | None) -> Docket:
        """Read the docket."""
        kept = self._kept
        room = structs.replace(kept.room, candidates={})
        stored = kept.answers.get((author, key)) if key is not None else None
        claim = kept.claims.get(author)
        is_admin = claim is not None and claim.role is Role.CENTER_ADMIN and claim.is_of_the_center
        is_invigilating = claim is not None and claim.is_invigilating
        own = kept.clients.get(author)
        return Docket(room, self._now, self._standing(author), own, stored, is_admin, is_invigilating)

    async def dockets(self, asked: Sequence[tuple[Author, str | None]]) -> Sequence[Docket]:
        """Read the dockets of several."""
        return [await self.docket(author, key) for author, key in asked]

    def _standing(self, author: Author) -> Standing:
        kept = self._kept
        if author == HUB:
            return Standing.HUB
        if author in kept.clients:
            return Standing.CLIENT
        claim = kept.claims.get(author)
        if claim is None or account_in(author) is None:
            return Standing.NONE
        return standing_of(claim, kept.room, self._now)

    async def rows(self, candidates: Collection[CandidateId] | None) -> Mapping[CandidateId, Candidate]:
        """Read the named rows and all in which something is due; None: every row."""
        return {
            one.id: one
            for one in self._kept.room.candidates.values()
            if candidates is None or one.id in candidates or _is_due(one, self._now)
        }

    async def draft(self) -> Draft:
        """Read the draft of the finalization."""
        return self._kept.draft

    async def keep_draft(self, draft: Draft) -> None:
        """Keep the next version of the draft for the commit."""
        self._draft = draft

    async def documents(self) -> Mapping[str, str]:
        """Read the ids and digests of documents: there are none here."""
        return {}

    async def review(self) -> Review:
        """Read what the jury has said so far."""
        return jury.review_of(self._kept.records)

    async def ticket(self, ticket_hash: bytes) -> Ticket | None:
        """Read a ticket."""
        return self._kept.tickets.get(ticket_hash)

    async def spend(self, ticket_hash: bytes, account: AccountId) -> None:
        """Note for the commit who came with a ticket."""
        self._spent[ticket_hash] = replace(self._kept.tickets[ticket_hash], used_by=account)

    async def write(
        self,
        before: Room,
        after: Room,
        records: Sequence[AuditRecord],
        now: datetime,
        answers: Sequence[KeyedAnswer] = (),
    ) -> None:
        """Check that everything is as it was read, and keep it for the commit."""
        stored = self._kept.room
        if (stored.decision_seq, stored.decision_hash) != (before.decision_seq, before.decision_hash):
            raise StaleRow(f"the head of session {stored.number} was not as read")
        for one in after.candidates.values():
            was = before.candidates[one.id]
            if one != was and stored.candidates[one.id].revision != was.revision:
                raise StaleRow(f"a row of session {stored.number} was not as read")
        self._written = (before, after, records, now, answers)

    def commit(self) -> None:
        """Make what was written visible, all at once."""
        self._kept.draft = self._draft
        self._kept.tickets |= self._spent
        if self._written is None:
            return
        before, after, records, now, answers = self._written
        stored = self._kept.room
        rows = dict(stored.candidates)
        for one in after.candidates.values():
            was = before.candidates[one.id]
            if one != was:
                rows[one.id] = _durable(rows[one.id], one)
                if gave_right_code(was, one):
                    self.let_in.append(one.id)
        self._kept.room = _with_ends(structs.replace(after, candidates=rows, live_epoch=stored.live_epoch))
        self._kept.records.extend(records)
        self._kept.last_decided_at = now
        for answer in answers:
            self._kept.answers[answer.author, answer.key] = replace(answer, answer=without_events(answer.answer))


def _put(kept: Kept, candidate: Candidate) -> None:
    kept.room = structs.replace(kept.room, candidates={**kept.room.candidates, candidate.id: candidate})


def _durable(stored: Candidate, after: Candidate) -> Candidate:
    """Return the row as the ledger keeps it: no live facets, what is noted without the lock as it stands by now."""
    progress = _ahead(stored.progress, after.progress)
    return structs.replace(
        after, link=Link(), waiting=Waiting(), told_version=0, joined_at=stored.joined_at, progress=progress
    )


def _with_ends(room: Room) -> Room:
    rows = {
        one.id: structs.replace(
            one,
            time=structs.replace(one.time, theoretical_end=timing.theoretical_end(room, one, one.time.minutes_added)),
        )
        for one in room.candidates.values()
    }
    return structs.replace(room, candidates=rows)


def _ahead(stored: Progress | None, new: Progress | None) -> Progress | None:
    if stored is None or new is None:
        return new or stored
    return new if new.total == stored.total and new.answered > stored.answered else stored


def _is_due(candidate: Candidate, now: datetime) -> bool:
    if candidate.attempt is not AttemptState.RUNNING:
        return False
    lapses_at = candidate.authorization.expires_at if candidate.authorization else None
    return any(at is not None and at <= now for at in (candidate.ending_at, lapses_at))


def _message(said: AuditRecord) -> RoomEvent:
    return RoomEvent(
        EventKind.MESSAGE_SENT,
        said.at,
        said.candidate,
        by=said.author,
        decision=said.seq,
        text=said.detail["text"],
    )
