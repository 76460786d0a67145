"""Finalizing a session: the draft that is saved at each change, what stands against it, the receipt."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from channels import wire
from channels.wire import NO_NUL
from hub import finalization, timing
from hub.audit import AuditRecord
from hub.events import EventKind
from hub.finalization import AbortReason, Draft
from hub.model import CandidateId, Room, account_author
from hub.refusals import Refusal
from web import access
from web.api import closing
from web.api.binding import bound, number_in, visitor
from web.api.closing import Authors, DocumentView
from web.api.session_views import SessionView, view
from web.bodies import answer, read_json
from web.house import House

Version = Annotated[int, Meta(ge=0, le=2**53)]
Comment = Annotated[str, Meta(max_length=finalization.MAX_COMMENT, pattern=NO_NUL)]


class DraftBody(Struct, frozen=True, forbid_unknown_fields=True):
    """Body of `PUT …/finalization`; `version` is the one these changes were made to."""

    version: Version
    abort_reasons: dict[int, AbortReason] = {}
    incident: bool | None = None
    comment: Comment = ""


class ConfirmBody(Struct, frozen=True, forbid_unknown_fields=True):
    """Body of `POST …/finalization/confirm`."""

    version: Version


class DraftView(Struct, frozen=True):
    """The draft as it stands."""

    version: int
    abort_reasons: dict[str, str]
    incident: bool | None
    comment: str
    saved_at: datetime | None
    saved_by: str | None


class Blocking(Struct, frozen=True):
    """What confirming would be refused for at this moment."""

    code: str
    candidates: list[int]


class Receipt(Struct, frozen=True):
    """What was finalized: `head` is the hash of the decision, to be compared with the audit's at any time later."""

    finalized_at: datetime
    by: str
    is_late: bool
    decision_seq: int
    head: str


class FinalizationView(Struct, frozen=True):
    """Answer to `GET …/finalization`: all that the three steps show."""

    session: SessionView
    due_at: datetime | None
    is_late: bool
    finalized_at: datetime | None
    reopened_at: datetime | None
    reopened_why: str | None
    draft: DraftView
    candidates: list[wire.Row]
    documents: list[DocumentView]
    blocking: Blocking | None
    receipt: Receipt | None
    server_time: datetime


def routes(house: House) -> list[Route]:
    """Return the routes of this subject."""
    path = "/api/sessions/{number:number}/finalization"
    return [
        bound(house, path, "GET", show),
        bound(house, path, "PUT", save),
        bound(house, f"{path}/confirm", "POST", confirm),
    ]


async def show(house: House, request: Request) -> Response:
    """Show where the finalization stands."""
    known = await visitor(house, request)
    detail = await access.prepared_session(house.directory, known.account, number_in(request))
    number = detail.summary.number
    room = await house.ledger.room(number)
    draft, documents = await house.archive.draft(number), await house.archive.documents(number)
    authors = await Authors.of(house, number, (draft.saved_by, *(one.by for one in documents)))
    blocking = finalization.blocking(room, draft)
    now = house.clock.now()
    return answer(
        FinalizationView(
            session=view(house, known, detail),
            due_at=timing.finalization_due_at(room),
            is_late=finalization.is_late(room, room.finalized_at or now),
            finalized_at=room.finalized_at,
            reopened_at=room.reopened_at,
            reopened_why=await _reason(house, room),
            draft=draft_view(draft, authors),
            candidates=closing.rows_of(room, authors.names),
            documents=closing.documents_view(documents, authors),
            blocking=Blocking(blocking.code, list(blocking.candidates)) if blocking else None,
            receipt=await _receipt(house, room),
            server_time=now,
        )
    )


def draft_view(draft: Draft, authors: Authors) -> DraftView:
    """Spell a draft."""
    reasons = {str(candidate): reason.value for candidate, reason in draft.abort_reasons.items()}
    saved_by = authors.name(draft.saved_by) if draft.saved_by else None
    return DraftView(draft.version, reasons, draft.has_incident, draft.comment, draft.saved_at, saved_by)


async def _reason(house: House, room: Room) -> str | None:
    """Read why the jury gave the session back last; None when it did not, or the words were purged."""
    if room.reopened_at is None:
        return None
    said = [one for one in await house.archive.trail(room.number) if one.kind is EventKind.SESSION_REOPENED]
    return max(said, key=_seq).detail.get("reason")


async def _receipt(house: House, room: Room) -> Receipt | None:
    if room.finalized_at is None:
        return None
    trail = await house.archive.trail(room.number)
    said = [one for one in trail if one.kind is EventKind.SESSION_FINALIZED]
    last, was_late = max(said, key=_seq), any(one.codes.get("late") == 1 for one in said)
    by = (await house.archive.names((last.author,))).get(last.author, "?")
    return Receipt(last.at, by, was_late, last.seq, last.hash)


def _seq(record: AuditRecord) -> int:
    return record.seq


async def save(house: House, request: Request) -> Response:
    """Keep the draft; a version that is not the last one is refused, and nothing is lost."""
    known = await visitor(house, request)
    detail = await access.prepared_session(house.directory, known.account, number_in(request))
    body = await read_json(request, DraftBody)
    reasons = {CandidateId(candidate): reason for candidate, reason in body.abort_reasons.items()}
    wanted = Draft(body.version, reasons, body.incident, body.comment)
    author = account_author(known.account.id)
    kept = await house.proceedings.keep_draft(detail.summary.number, author, wanted)
    if isinstance(kept, Refusal):
        raise await closing.refused(house, kept)
    authors = await Authors.of(house, detail.summary.number, (author,))
    return answer({"draft": draft_view(kept, authors)})


async def confirm(house: House, request: Request) -> Response:
    """Finalize as the draft says, all or nothing; the receipt is read from what was committed."""
    known = await visitor(house, request)
    detail = await access.prepared_session(house.directory, known.account, number_in(request))
    body = await read_json(request, ConfirmBody)
    number = detail.summary.number
    await house.node.write_progress()
    done = await house.proceedings.finalize(number, account_author(known.account.id), body.version)
    if isinstance(done, Refusal):
        raise await closing.refused(house, done)
    return answer({"receipt": await _receipt(house, await house.ledger.room(number))})
