"""What is read and kept beside decisions once a test is over: drafts, documents, the trail, the jury's queue.

Values and one Protocol; the real archive is `state.archive`, on Postgres alone: the live store is never asked. Every
method may raise `hub.ports.StoreUnavailable` or `LockBusy`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import NewType, Protocol

from hub.audit import AuditRecord
from hub.finalization import Draft
from hub.model import Attention, Author, SessionNumber
from hub.people import CenterId
from hub.preparation import SessionStatus
from hub.refusals import Refusal
from hub.watch import WatchEntry

DocumentId = NewType("DocumentId", str)

MAX_DOCUMENTS = 20
MAX_DOCUMENT_BYTES = 10 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Upload:
    """A document as it came: its type by its content, its name as the person's machine calls it."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Document:
    """A kept document, without its content."""

    id: DocumentId
    name: str
    media_type: str
    size_bytes: int
    by: Author
    at: datetime


class JurySort(StrEnum):
    """Orders of the jury's queue."""

    FINALIZED_AT = "finalized_at"
    DATE = "date"
    NUMBER = "number"


@dataclass(frozen=True, slots=True)
class JuryFilter:
    """What the queue is narrowed to. `assigned_to` is an author, or "" for nobody; pages begin at 1."""

    q: str = ""
    status: SessionStatus | None = None
    needs_attention: bool | None = None
    assigned_to: Author | None = None
    center: CenterId | None = None
    sort: JurySort = JurySort.FINALIZED_AT
    is_descending: bool = False
    page: int = 1
    page_size: int = 50


@dataclass(frozen=True, slots=True)
class JuryLine:
    """One finalized session of the queue."""

    number: SessionNumber
    center: CenterId
    center_name: str
    site: str
    room: str
    date: date
    start_time: str
    time_zone: str
    duration_minutes: int
    invigilators: str
    observations: str
    started_at: datetime | None
    finalized_at: datetime
    finalized_by: Author
    is_late: bool
    assigned_to: Author | None
    assigned_at: datetime | None
    published_at: datetime | None
    attention: tuple[Attention, ...]
    candidates: int

    @property
    def status(self) -> SessionStatus:
        """Derive the status."""
        if self.published_at is not None:
            return SessionStatus.PUBLISHED
        return SessionStatus.FINALIZED if self.assigned_to is None else SessionStatus.IN_REVIEW


@dataclass(frozen=True, slots=True)
class JuryPage:
    """One page of the queue, and how many sessions there are in all."""

    sessions: tuple[JuryLine, ...]
    total: int


class Archive(Protocol):
    """Postgres: what stands beside the decisions."""

    async def draft(self, number: SessionNumber) -> Draft:
        """Read the draft of a finalization; version 0 when nothing was said."""
        ...

    async def trail(self, number: SessionNumber) -> Sequence[AuditRecord]:
        """Read every decision of a session in its order."""
        ...

    async def names(self, authors: Collection[Author]) -> Mapping[Author, str]:
        """Find the names of accounts, also of those that no session's roster knows; others are absent."""
        ...

    async def watch(self, number: SessionNumber) -> Sequence[WatchEntry]:
        """Read what the dashboards of a session could see, oldest first, `hub.watch.MOST_READ` notes of it."""
        ...

    # ── documents ──────────────────────────────────────────────────────────────────────────────────────────────

    async def documents(self, number: SessionNumber) -> Sequence[Document]:
        """List the documents of a session, the oldest first."""
        ...

    async def document(self, number: SessionNumber, document: DocumentId) -> Upload | None:
        """Read a document with its content."""
        ...

    async def add_document(self, number: SessionNumber, upload: Upload, author: Author) -> Document | Refusal:
        """Keep a document of a session that is not finalized; refuses more than MAX_DOCUMENTS."""
        ...

    async def remove_document(self, number: SessionNumber, document: DocumentId) -> Refusal | None:
        """Delete a document of a session that is not finalized; one that is gone already is no error."""
        ...

    # ── the jury ───────────────────────────────────────────────────────────────────────────────────────────────

    async def jury_sessions(self, narrowed: JuryFilter) -> JuryPage:
        """List finalized sessions, narrowed, sorted, one page."""
        ...

    async def jury_session(self, number: SessionNumber) -> JuryLine | None:
        """Read one finalized session; None when it is not finalized, or not there."""
        ...
