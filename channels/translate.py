"""Between the wire and the hub: frames become commands, rooms become rows, authors become names."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Literal, assert_never

import msgspec
from msgspec import UNSET

from channels import wire
from hub import commands as ask
from hub.entry import may_return
from hub.events import EventKind, RoomChanges, RoomEvent
from hub.model import (
    HUB,
    AttemptState,
    Author,
    Candidate,
    CandidateId,
    ClientId,
    HandOver,
    HelpId,
    HelpKind,
    HelpOutcome,
    HelpRequest,
    IdentityState,
    ReportId,
    Room,
    Roster,
    TakeOver,
    TimeLedger,
)
from hub.ports import Answer, Result
from hub.refusals import RETRYABLE, Refusal

UNSEEN_KINDS = frozenset(
    {
        EventKind.SEAT_ATTACHED,
        EventKind.SEAT_EMPTIED,
        EventKind.STAFFING_CHANGED,
        EventKind.SESSION_REOPENED,
        EventKind.SESSION_ASSIGNED,
        EventKind.SESSION_PUBLISHED,
        EventKind.SESSION_UNPUBLISHED,
        EventKind.JURY_DECIDED,
        EventKind.JURY_RESOLVED,
        EventKind.SESSION_DELETED,
        EventKind.SESSION_PURGED,
        EventKind.CANDIDATE_ERASED,
    }
)
"""What no dashboard sees as an event: who holds a seat, who watches (a frame of its own), what the jury says, what was
deleted or emptied."""


class Names:
    """Turns authors into names for one room."""

    def __init__(self, roster: Roster) -> None:
        self.roster = roster

    def of(self, author: Author, candidate: CandidateId | None = None) -> str:
        """Return the name shown for an author: staff by name, the hub as itself, a client as its candidate."""
        if author == HUB:
            return HUB
        known = self.roster.staff.get(author)
        if known is not None:
            return known
        person = self.roster.people.get(candidate) if candidate is not None else None
        return f"{person.first_name} {person.last_name}" if person is not None else "?"

    def knows(self, author: Author | None) -> bool:
        """Tell whether an author can be named without reading the roster again."""
        return author is None or not author.startswith("account:") or author in self.roster.staff


# ── frames → commands ──────────────────────────────────────────────────────────────────────────────────────────


def to_command(frame: wire.StaffCommand) -> ask.StaffCommand | ask.RoomCommand:
    """Return the deed a staff frame asks for."""
    match frame:
        case wire.PresenceConfirm():
            return ask.ConfirmPresence(frame.late_reason)
        case wire.PresenceCancel():
            return ask.CancelPresence()
        case wire.PresenceAbsent():
            return ask.MarkAbsent()
        case wire.IdentityCheck():
            return ask.CheckIdentity(IdentityState(frame.state))
        case wire.ResumeAuthorize():
            return ask.AuthorizeResume()
        case wire.AttemptEnd():
            return ask.EndAttempt()
        case wire.AttemptEndCancel():
            return ask.CancelEnd()
        case wire.TimeAdd():
            return ask.AddTime(frame.minutes, frame.reason)
        case wire.EndScreenSee():
            return ask.SeeEndScreen()
        case wire.EndScreenUnsee():
            return ask.UnseeEndScreen()
        case wire.HelpTake():
            return ask.TakeHelp(HelpId(frame.help))
        case wire.HelpResolve():
            report = _draft(frame.report) if frame.report else None
            return ask.ResolveHelp(HelpId(frame.help), HelpOutcome(frame.outcome), frame.word, report)
        case wire.MessageSend():
            return ask.SendMessage(frame.text)
        case wire.ReportAdd():
            return ask.AddReport(_draft(frame))
        case wire.ReportEdit():
            return ask.EditReport(ReportId(frame.report), _draft(frame))
        case wire.ReportRemove():
            return ask.RemoveReport(ReportId(frame.report))
        case wire.SessionStart():
            return ask.StartSession()
        case wire.RoomTakeOver():
            return ask.TakeOverRoom()
        case _:
            assert_never(frame)


def _draft(frame: wire.Draft | wire.ReportAdd | wire.ReportEdit) -> ask.ReportDraft:
    return ask.ReportDraft(frame.name, frame.question, frame.text)


def help_command(frame: wire.Help, client: ClientId) -> ask.AskHelp:
    """Return the call a candidate's frame asks for."""
    return ask.AskHelp(client, HelpKind(frame.kind), frame.question, frame.text)


def targets(frame: wire.StaffCommand) -> tuple[CandidateId, ...] | None:
    """Return whom a staff frame is about: candidates, None for all of them, () for the room itself."""
    if isinstance(frame, wire.RoomCommand):
        return ()
    return None if frame.candidates == "all" else tuple(CandidateId(one) for one in frame.candidates)


def body_digest(frame: msgspec.Struct) -> str:
    """Fingerprint what a frame says, without the number and the key of this very sending."""
    body = msgspec.to_builtins(frame)
    body.pop("ref", None)
    body.pop("key", None)
    return hashlib.sha256(msgspec.json.encode(body, order="sorted")).hexdigest()


# ── answers → replies ──────────────────────────────────────────────────────────────────────────────────────────


def refused(ref: int | None, refusal: Refusal) -> wire.Reply:
    """Return the reply to a frame that was not judged (or, to a candidate, refused)."""
    return wire.Reply(ref, ok=False, error=error_view(refusal))


def error_view(refusal: Refusal, fields: Mapping[str, str] | None = None) -> wire.ErrorView:
    """Return the error part of a reply."""
    return wire.ErrorView(refusal.code, refusal.code in RETRYABLE, refusal.after_ms, dict(fields) if fields else None)


def staff_reply(ref: int, answer: Answer, names: Names) -> wire.Reply:
    """Return one result per candidate; a command about the room has none."""
    results = [_result(result, names) for result in answer.results if result.candidate is not None]
    room_result = next((result for result in answer.results if result.candidate is None), None)
    if room_result is not None and room_result.refusal is not None:
        return refused(ref, room_result.refusal)
    already = True if room_result is not None and room_result.is_already else UNSET
    return wire.Reply(ref, ok=True, results=results, decision_seq=answer.decision_seq, already=already)


def _result(result: Result, names: Names) -> wire.ResultView:
    number = result.candidate or 0
    if result.refusal is None:
        return wire.ResultView(number, ok=True, already=result.is_already)
    by = names.of(Author(result.refusal.by)) if result.refusal.by else None
    return wire.ResultView(number, ok=False, code=result.refusal.code, by=by)


def candidate_reply(ref: int, answer: Answer) -> wire.Reply:
    """Return the reply to a candidate's own frame: yes, or the code of the refusal."""
    result = answer.results[0]
    if result.refusal is not None:
        return refused(ref, result.refusal)
    already = True if result.is_already else UNSET
    asked = answer.help if answer.help is not None else UNSET
    return wire.Reply(ref, ok=True, decision_seq=answer.decision_seq, help=asked, already=already)


# ── rooms → rows and events ────────────────────────────────────────────────────────────────────────────────────


def row(candidate: Candidate, names: Names, *, is_live: bool) -> wire.Row:
    """Return one candidate as a dashboard sees it; without the live store nothing is known of the line."""
    person = names.roster.people[candidate.id]
    link = wire.Link(candidate.link.state.value, candidate.link.since) if is_live else wire.Link("unknown", None)
    return wire.Row(
        id=candidate.id,
        last_name=person.last_name,
        first_name=person.first_name,
        birthdate=person.birthdate,
        extra_time_percentage=candidate.extra_time_percentage,
        presence=_presence(candidate, names),
        identity=candidate.identity.value,
        authorization=_authorization(candidate, names),
        attempt=candidate.attempt.value,
        certification_number=candidate.certification_number,
        entry_no=candidate.entry_no,
        interrupted_at=candidate.interrupted_at,
        ending_at=candidate.ending_at,
        link=link,
        waiting=wire.Waiting(candidate.waiting.clients),
        entry_refused=_entry_refused(candidate),
        progress=_progress(candidate),
        help=_help(candidate.help, names),
        reports=_reports(candidate, names),
        end_screen_seen=_seen(candidate, names),
        time=_time(candidate.time),
        version=candidate.version,
        told_version=candidate.told_version,
    )


def _presence(candidate: Candidate, names: Names) -> wire.Presence:
    said = candidate.presence
    return wire.Presence(said.state.value, names.of(said.by) if said.by else None, said.at)


def _authorization(candidate: Candidate, names: Names) -> wire.Authorization | None:
    given = candidate.authorization
    return wire.Authorization(given.kind.value, names.of(given.by), given.at, given.expires_at) if given else None


def _entry_refused(candidate: Candidate) -> wire.EntryRefused | None:
    asked = candidate.entry_refused
    return wire.EntryRefused(asked.code, asked.at) if asked else None


def _progress(candidate: Candidate) -> wire.ProgressView | None:
    made = candidate.progress
    return wire.ProgressView(made.answered, made.total, made.question, made.at) if made else None


def _help(requests: tuple[HelpRequest, ...], names: Names) -> list[wire.HelpView]:
    return [
        wire.HelpView(
            one.id,
            one.kind.value,
            one.question,
            one.text,
            one.at,
            names.of(one.taken_by) if one.taken_by else None,
            one.outcome.value if one.outcome else None,
            one.word,
        )
        for one in requests
    ]


def _reports(candidate: Candidate, names: Names) -> list[wire.ReportView]:
    return [
        wire.ReportView(one.id, one.name, one.question, one.text, names.of(one.by), one.at) for one in candidate.reports
    ]


def _seen(candidate: Candidate, names: Names) -> wire.SeenView | None:
    seen = candidate.end_screen_seen
    return wire.SeenView(names.of(seen.by), seen.at) if seen else None


def _time(time: TimeLedger) -> wire.TimeView:
    absences = [wire.InterruptionView(one.since, one.until, one.cause.value) for one in time.interruptions]
    return wire.TimeView(time.theoretical_end, time.minutes_added, absences)


INTERNAL_FACETS = frozenset({"seat", "joined_at"})
"""Facets of the rules that no dashboard needs: which client, and when it first came."""


def event_view(event: RoomEvent, after: Candidate | None, names: Names) -> wire.RoomEventView:
    """Return an event for dashboards. `after` is its row folded up to this event, from which `set` is taken."""
    if event.kind is EventKind.PROGRESSED and after is not None:
        # Most of the traffic: no whole row is built for one facet of it.
        changed: dict[str, object] = {"progress": _progress(after)}
    elif event.candidate is not None and after is not None:
        whole = row(after, names, is_live=True)
        changed = {key: getattr(whole, key) for key in event.changes if key not in INTERNAL_FACETS}
        if event.decision is not None and event.decision == after.version:
            changed["version"] = after.version
    else:
        changed = _session_changes(event.room, names)
    return wire.RoomEventView(
        event.kind.value,
        event.at,
        changed,
        candidate=event.candidate if event.candidate is not None else UNSET,
        by=names.of(event.by, event.candidate) if event.by is not None else UNSET,
        decision=event.decision if event.decision is not None else UNSET,
        text=event.text if event.text is not None else UNSET,
    )


def _session_changes(changes: RoomChanges, names: Names) -> dict[str, object]:
    changed: dict[str, object] = {}
    if "started_at" in changes:
        changed["started_at"] = changes["started_at"]
    if "duration_minutes" in changes:
        changed["duration_minutes"] = changes["duration_minutes"]
    if "finalized_at" in changes:
        changed["status"] = _status(changes["finalized_at"])
    if "take_overs" in changes:
        changed["taken_over"] = _take_overs(changes["take_overs"], names)
    if "hand_overs" in changes:
        changed["handed_over"] = _hand_overs(changes["hand_overs"], names)
    return changed


def session_view(room: Room, names: Names) -> wire.SessionView:
    """Return the session itself as its dashboards see it."""
    sheet = names.roster.sheet
    return wire.SessionView(
        number=sheet.number,
        site=sheet.site,
        room=sheet.room,
        date=sheet.date,
        start_time=sheet.start_time,
        time_zone=sheet.time_zone,
        duration_minutes=room.duration_minutes,
        invigilators=sheet.invigilators,
        access_code=sheet.access_code,
        started_at=room.started_at,
        status=_status(room.finalized_at),
        taken_over=_take_overs(room.take_overs, names),
        handed_over=_hand_overs(room.hand_overs, names),
    )


def _status(finalized_at: datetime | None) -> Literal["open", "finalized"]:
    return "open" if finalized_at is None else "finalized"


def _take_overs(take_overs: tuple[TakeOver, ...], names: Names) -> list[wire.TakeOverView]:
    return [wire.TakeOverView(names.of(one.by), one.until) for one in take_overs]


def _hand_overs(hand_overs: tuple[HandOver, ...], names: Names) -> list[wire.HandOverView]:
    return [wire.HandOverView(names.of(one.by), names.of(one.to), one.until) for one in hand_overs]


# ── what a candidate hears ─────────────────────────────────────────────────────────────────────────────────────


def candidate_state(
    room: Room, candidate: Candidate, client: ClientId, *, holds_seat: bool, queue_place: int | None, now: datetime
) -> wire.State:
    """Return all that this client may know: their own facets, never others, never a pending end."""
    progress = candidate.progress
    return wire.State(
        version=candidate.version,
        attempt=candidate.attempt.value,
        presence=candidate.presence.state.value,
        authorization=candidate.authorization.kind.value if candidate.authorization else None,
        in_test=holds_seat and may_return(candidate, client),
        answered=progress.answered if progress else None,
        total=progress.total if progress else None,
        certification_number=candidate.certification_number,
        theoretical_end=candidate.time.theoretical_end,
        session_status="finalized" if room.is_closed else "open",
        end_reason=_end_reason(candidate.attempt),
        queue_place=queue_place,
        suspended_since=candidate.interrupted_at,
        help=[_own_help(one) for one in candidate.help],
        server_time=now,
    )


def _end_reason(attempt: AttemptState) -> Literal["finished", "ended_by_invigilator", "closed"] | None:
    match attempt:
        case AttemptState.FINISHED:
            return "finished"
        case AttemptState.ENDED:
            return "ended_by_invigilator"
        case AttemptState.CLOSED:
            return "closed"
        case AttemptState.NOT_STARTED | AttemptState.RUNNING:
            return None


def _own_help(one: HelpRequest) -> wire.OwnHelp:
    return wire.OwnHelp(
        id=one.id,
        kind=one.kind.value,
        question=one.question,
        text=one.text,
        at=one.at,
        is_taken=one.taken_by is not None,
        outcome=one.outcome.value if one.outcome else None,
        word=one.word,
    )


def is_visible(event: RoomEvent) -> bool:
    """Tell whether a dashboard may see this kind of event."""
    return event.kind not in UNSEEN_KINDS


def authors_of(event: RoomEvent) -> tuple[Author | None, ...]:
    """List the staff an event may make visible."""
    taken = tuple(one.by for one in event.room.get("take_overs", ()))
    handed = tuple(author for one in event.room.get("hand_overs", ()) for author in (one.by, one.to))
    return (event.by, *taken, *handed)
