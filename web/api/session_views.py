"""Sessions as they are shown over HTTP: a line of the list, one with its codes, one with what may be done with it."""

from __future__ import annotations

from datetime import date, datetime

import msgspec
from msgspec import UNSET, Struct, UnsetType

from hub.preparation import Hindrance, SessionDetail, SessionSummary
from web import access
from web.access import Visitor
from web.errors import Refused
from web.house import House


class SessionView(Struct, frozen=True):
    """A session over HTTP: the socket's session, and the codes for those who may know them.

    The last five are of a session that is looked at by itself: what has become of it, what may be done.
    """

    number: int
    center: int
    center_name: str
    site: str
    room: str
    date: date
    start_time: str
    time_zone: str
    duration_minutes: int
    invigilators: str
    started_at: datetime | None
    status: str
    candidates: int
    finalization_due_at: datetime | None
    access_code: str | UnsetType = UNSET
    invigilator_password: str | UnsetType = UNSET
    observations: str | UnsetType = UNSET
    finalized_at: datetime | UnsetType | None = UNSET
    has_started: bool | UnsetType = UNSET
    may_edit: bool | UnsetType = UNSET
    may_delete: bool | UnsetType = UNSET
    may_finalize: bool | UnsetType = UNSET


class SessionList(Struct, frozen=True):
    """Answer to `GET /api/sessions`."""

    sessions: list[SessionView]
    total: int
    page: int
    page_size: int


def line(summary: SessionSummary) -> SessionView:
    """Return one line of the list."""
    return SessionView(
        summary.number,
        summary.center,
        summary.center_name,
        summary.site,
        summary.room,
        summary.date,
        summary.start_time,
        summary.time_zone,
        summary.duration_minutes,
        summary.invigilators,
        summary.started_at,
        summary.status.value,
        summary.candidates,
        summary.finalization_due_at,
    )


def view(house: House, known: Visitor, detail: SessionDetail) -> SessionView:
    """Return a session with the codes this visitor may know."""
    may_prepare = access.may_prepare(known.account, detail.summary.center)
    return msgspec.structs.replace(
        line(detail.summary),
        access_code=detail.secrets.access_code,
        observations=detail.observations if may_prepare else UNSET,
        invigilator_password=house.keyring.open(detail.secrets.encrypted_password) if may_prepare else UNSET,
    )


def whole_view(house: House, known: Visitor, detail: SessionDetail) -> SessionView:
    """Return a session with the codes, and with what this visitor may still do."""
    summary = detail.summary
    may_prepare = access.may_prepare(known.account, summary.center)
    return msgspec.structs.replace(
        view(house, known, detail),
        finalized_at=summary.finalized_at,
        has_started=summary.has_started,
        may_edit=may_prepare and not summary.has_started,
        may_delete=may_prepare and not summary.has_begun and summary.finalized_at is None,
        may_finalize=may_prepare and summary.has_begun and summary.finalized_at is None,
    )


def hindered(hindrance: Hindrance) -> Refused:
    """Refuse what cannot be prepared (any more)."""
    if hindrance is Hindrance.NOT_FOUND:
        return Refused(404, hindrance)
    names = ("last_name", "first_name", "birthdate") if hindrance is Hindrance.DUPLICATE else ()
    return Refused(409, hindrance, fields=dict.fromkeys(names, str(hindrance)) or None)
