"""A candidate and a session as rows: what is selected and how it becomes the hub's values, and back.

Live facets are not columns: a row is loaded with their defaults, whoever shows a room lays the live store over it.
`theoretical_end` is no column either: it follows from the session's start and is computed on the way in.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

import msgspec
from msgspec.structs import replace
from sqlalchemy import Row

from hub import timing
from hub.model import (
    Addition,
    AttemptState,
    Attention,
    Author,
    Authorization,
    AuthorizationKind,
    Candidate,
    CandidateId,
    ClientId,
    EntryRefused,
    HandOver,
    HelpRequest,
    IdentityState,
    Interruption,
    IssueReport,
    Presence,
    PresenceState,
    Progress,
    Room,
    Seat,
    Seen,
    SessionNumber,
    TakeOver,
    TimeLedger,
)

ROOM_COLUMNS: Final = """s.number, s.duration_minutes, s.started_at, s.is_started_explicitly, s.finalized_at,
    s.take_overs, s.decision_seq, s.decision_hash, s.live_epoch, s.roster_version, s.reopened_at, s.assigned_to,
    s.assigned_at, s.published_at, s.attention,
    coalesce((SELECT jsonb_agg(jsonb_build_object('by', 'account:' || h.given_by, 'to', 'account:' || h.account,
            'until', h.until) ORDER BY h.granted_at, h.account)
        FROM invigilations h WHERE h.number = s.number AND h.until IS NOT NULL), '[]') AS hand_overs"""

IS_INVIGILATING: Final = "(i.account IS NOT NULL AND i.until IS NULL) AS is_invigilating"
"""Of an invigilation `i` that may be missing: a right without an end; those with one are among the room's facts."""

IS_CLOSED: Final = "(s.finalized_at IS NOT NULL OR s.reopened_at IS NOT NULL) AS is_closed"
"""As `hub.model.Room.is_closed` says it: no candidate sits there any more."""

CANDIDATE_COLUMNS: Final = """c.id, c.extra_time_percentage, c.reserved_number, c.presence_state, c.presence_by,
    c.presence_at, c.identity_state, c.authorization_kind, c.authorization_by, c.authorization_at,
    c.authorization_expires_at, c.authorization_was_asking, c.attempt, c.certification_number, c.entry_no,
    c.seat_client, c.seat_since, c.interrupted_at, c.ending_at, c.entry_refused_code, c.entry_refused_at,
    c.end_screen_seen_by, c.end_screen_seen_at, c.help, c.reports, c.additions, c.interruptions, c.version,
    c.revision, p.answered, p.total, p.question, p.at AS progress_at, d.joined_at"""

CANDIDATE_TABLES: Final = """candidates c
    LEFT JOIN progress p ON p.candidate = c.id LEFT JOIN doorbook d ON d.candidate = c.id"""

_take_overs = msgspec.json.Decoder(tuple[TakeOver, ...])
_hand_overs = msgspec.json.Decoder(tuple[HandOver, ...])
_help = msgspec.json.Decoder(tuple[HelpRequest, ...])
_reports = msgspec.json.Decoder(tuple[IssueReport, ...])
_additions = msgspec.json.Decoder(tuple[Addition, ...])
_attention = msgspec.json.Decoder(tuple[Attention, ...])
_interruptions = msgspec.json.Decoder(tuple[Interruption, ...])

# The columns a decision writes, with their types in SQL. `expected` is the revision that was read.
WRITTEN: Final = {
    "presence_state": "text",
    "presence_by": "text",
    "presence_at": "timestamptz",
    "identity_state": "text",
    "authorization_kind": "text",
    "authorization_by": "text",
    "authorization_at": "timestamptz",
    "authorization_expires_at": "timestamptz",
    "authorization_was_asking": "boolean",
    "attempt": "text",
    "certification_number": "bigint",
    "entry_no": "integer",
    "seat_client": "text",
    "seat_since": "timestamptz",
    "interrupted_at": "timestamptz",
    "ending_at": "timestamptz",
    "entry_refused_code": "text",
    "entry_refused_at": "timestamptz",
    "end_screen_seen_by": "text",
    "end_screen_seen_at": "timestamptz",
    "help": "jsonb",
    "reports": "jsonb",
    "additions": "jsonb",
    "interruptions": "jsonb",
    "version": "bigint",
    "revision": "bigint",
}


def room_of(row: Row[tuple[object, ...]], candidates: Mapping[CandidateId, Candidate] | None = None) -> Room:
    """Return the session's facts of a row with `ROOM_COLUMNS`."""
    return Room(
        number=SessionNumber(row.number),
        candidates=candidates or {},
        duration_minutes=row.duration_minutes,
        started_at=row.started_at,
        is_started_explicitly=row.is_started_explicitly,
        finalized_at=row.finalized_at,
        take_overs=_take_overs.decode(row.take_overs),
        decision_seq=row.decision_seq,
        decision_hash=row.decision_hash,
        live_epoch=row.live_epoch,
        roster_version=row.roster_version,
        reopened_at=row.reopened_at,
        assigned_to=Author(row.assigned_to) if row.assigned_to else None,
        assigned_at=row.assigned_at,
        published_at=row.published_at,
        attention=_attention.decode(row.attention),
        hand_overs=_hand_overs.decode(row.hand_overs),
    )


def candidate_of(row: Row[tuple[object, ...]], room: Room) -> Candidate:
    """Return the candidate of a row with `CANDIDATE_COLUMNS`."""
    candidate = Candidate(
        id=CandidateId(row.id),
        extra_time_percentage=row.extra_time_percentage,
        reserved_number=row.reserved_number,
        presence=Presence(PresenceState(row.presence_state), row.presence_by, row.presence_at),
        identity=IdentityState(row.identity_state),
        authorization=_authorization_of(row),
        attempt=AttemptState(row.attempt),
        certification_number=row.certification_number,
        entry_no=row.entry_no,
        seat=Seat(ClientId(row.seat_client), row.seat_since) if row.seat_client else None,
        interrupted_at=row.interrupted_at,
        ending_at=row.ending_at,
        entry_refused=EntryRefused(row.entry_refused_code, row.entry_refused_at) if row.entry_refused_code else None,
        joined_at=row.joined_at,
        progress=_progress_of(row),
        help=_help.decode(row.help),
        reports=_reports.decode(row.reports),
        end_screen_seen=Seen(Author(row.end_screen_seen_by), row.end_screen_seen_at)
        if row.end_screen_seen_by
        else None,
        time=TimeLedger(None, _additions.decode(row.additions), _interruptions.decode(row.interruptions)),
        version=row.version,
        revision=row.revision,
    )
    if room.started_at is None:
        return candidate
    end = timing.theoretical_end(room, candidate, candidate.time.minutes_added)
    return replace(candidate, time=replace(candidate.time, theoretical_end=end))


def _authorization_of(row: Row[tuple[object, ...]]) -> Authorization | None:
    if row.authorization_kind is None:
        return None
    return Authorization(
        AuthorizationKind(row.authorization_kind),
        Author(row.authorization_by),
        row.authorization_at,
        row.authorization_expires_at,
        was_asking=row.authorization_was_asking,
    )


def _progress_of(row: Row[tuple[object, ...]]) -> Progress | None:
    return None if row.answered is None else Progress(row.answered, row.total, row.question, row.progress_at)


Cell = str | int | bool | datetime | None | tuple[object, ...]


def written(before: Candidate, after: Candidate) -> dict[str, Cell]:
    """Return the columns of a changed row, for JSON, with what finds it: its id and the revision that was read."""
    granted, seat, refused, seen = after.authorization, after.seat, after.entry_refused, after.end_screen_seen
    return {
        "id": after.id,
        "expected": before.revision,
        "presence_state": after.presence.state,
        "presence_by": after.presence.by,
        "presence_at": after.presence.at,
        "identity_state": after.identity,
        "authorization_kind": granted.kind if granted else None,
        "authorization_by": granted.by if granted else None,
        "authorization_at": granted.at if granted else None,
        "authorization_expires_at": granted.expires_at if granted else None,
        "authorization_was_asking": granted.was_asking if granted else False,
        "attempt": after.attempt,
        "certification_number": after.certification_number,
        "entry_no": after.entry_no,
        "seat_client": seat.client if seat else None,
        "seat_since": seat.since if seat else None,
        "interrupted_at": after.interrupted_at,
        "ending_at": after.ending_at,
        "entry_refused_code": refused.code if refused else None,
        "entry_refused_at": refused.at if refused else None,
        "end_screen_seen_by": seen.by if seen else None,
        "end_screen_seen_at": seen.at if seen else None,
        "help": after.help,
        "reports": after.reports,
        "additions": after.time.additions,
        "interruptions": after.time.interruptions,
        "version": after.version,
        "revision": after.revision,
    }


def fenced(after: Candidate) -> dict[str, Cell]:
    """Return a row's progress and the fence around it, for JSON.

    A test that the invigilator ended leaves the fence open: what had been answered by then may still be on its way from
    the node that accepted it. The candidate's own finish brings the last word and closes it, and so does finalization.
    """
    progress = after.progress
    return {
        "candidate": after.id,
        "entry_no": after.entry_no,
        "is_open": after.attempt in (AttemptState.RUNNING, AttemptState.ENDED),
        "answered": progress.answered if progress else None,
        "total": progress.total if progress else None,
        "question": progress.question if progress else None,
        "at": progress.at if progress else None,
    }
