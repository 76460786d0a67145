"""The invigilator's desk: what staff may do to one candidate, and to the room."""

from __future__ import annotations

from datetime import datetime

from msgspec.structs import replace

from hub import reports
from hub.commands import (
    AddReport,
    AddTime,
    CheckIdentity,
    ConfirmPresence,
    EditReport,
    ReleaseHelp,
    RemoveReport,
    ResolveHelp,
    SendMessage,
    TakeHelp,
)
from hub.entry import Outcome, start_clock
from hub.events import Changes, Codes, Event, EventKind, RoomChanges
from hub.model import (
    Addition,
    AttemptState,
    Author,
    Authorization,
    AuthorizationKind,
    Candidate,
    EntryRefused,
    HelpRequest,
    IdentityState,
    IssueReport,
    Presence,
    PresenceState,
    ReportId,
    Room,
    Seen,
    TakeOver,
)
from hub.policy import Policy
from hub.refusals import Code, Refusal
from hub.timing import theoretical_end

MAX_REASON = 200
MAX_MESSAGE = 280
MAX_MINUTES = 600


def confirm_presence(
    room: Room, candidate: Candidate, command: ConfirmPresence, author: Author, now: datetime
) -> Outcome:
    """Confirm that the person sits here, which authorizes the start; late ones need a reason, which is recorded."""
    if candidate.presence.state is PresenceState.CONFIRMED:
        return ()
    if candidate.attempt is not AttemptState.NOT_STARTED:
        return Refusal(Code.ALREADY_STARTED)
    changes = Changes(
        presence=Presence(PresenceState.CONFIRMED, author, now),
        authorization=Authorization(AuthorizationKind.START, author, now),
        entry_refused=None,
    )
    confirmed = Event(EventKind.PRESENCE_CONFIRMED, candidate.id, changes)
    if not _is_late(room, candidate):
        return (confirmed,)
    reason = (command.late_reason or "").strip()
    if not reason:
        return Refusal(Code.LATE_REASON_REQUIRED)
    if len(reason) > MAX_REASON:
        return Refusal(Code.INVALID)
    return (confirmed, _report_added(room.decision_seq + 2, candidate, reports.LATE, None, reason, author, now))


def _is_late(room: Room, candidate: Candidate) -> bool:
    """Tell whether the code had been given before this person's client first joined."""
    if not room.is_started_explicitly or room.started_at is None:
        return False
    return candidate.joined_at is None or candidate.joined_at > room.started_at


def cancel_presence(candidate: Candidate, author: Author, now: datetime) -> Outcome:
    """Go back to expected."""
    return _withdraw_presence(candidate, PresenceState.EXPECTED, EventKind.PRESENCE_CANCELLED, author, now)


def mark_absent(candidate: Candidate, author: Author, now: datetime) -> Outcome:
    """Note that the person did not come."""
    return _withdraw_presence(candidate, PresenceState.ABSENT, EventKind.PRESENCE_ABSENT, author, now)


def _withdraw_presence(
    candidate: Candidate, state: PresenceState, kind: EventKind, author: Author, now: datetime
) -> Outcome:
    if candidate.attempt is not AttemptState.NOT_STARTED:
        return Refusal(Code.ALREADY_STARTED)
    if candidate.presence.state is state:
        return ()
    changes = Changes(presence=Presence(state, author, now), authorization=None)
    return (Event(kind, candidate.id, changes),)


def check_identity(room: Room, candidate: Candidate, command: CheckIdentity, author: Author, now: datetime) -> Outcome:
    """Note how the identity document looked; what is to correct opens a report, to be completed."""
    if command.state is IdentityState.UNCHECKED:
        return Refusal(Code.INVALID)
    if candidate.identity is command.state:
        return ()
    checked = Event(
        EventKind.IDENTITY_CHECKED, candidate.id, Changes(identity=command.state), codes={"state": command.state}
    )
    is_reported = any(report.name == reports.IDENTITY for report in candidate.reports)
    if command.state is IdentityState.CHECKED or is_reported:
        return (checked,)
    return (checked, _report_added(room.decision_seq + 2, candidate, reports.IDENTITY, None, None, author, now))


def authorize_resume(candidate: Candidate, author: Author, now: datetime, policy: Policy) -> Outcome:
    """Let this candidate come back once; never touches an open call for help (a tag once hid one)."""
    code = _why_not_running(candidate)
    if code is not None:
        return Refusal(code)
    if candidate.ending_at is not None:
        return Refusal(Code.ATTEMPT_ENDING)
    renewed = candidate.authorization is not None and candidate.authorization.was_asking
    granted = Authorization(
        AuthorizationKind.RESUME,
        author,
        now,
        now + policy.resume_life,
        was_asking=renewed or candidate.entry_refused is not None,
    )
    changes = Changes(authorization=granted, entry_refused=None)
    return (Event(EventKind.RESUME_AUTHORIZED, candidate.id, changes),)


def _why_not_running(candidate: Candidate) -> Code | None:
    if candidate.attempt is AttemptState.NOT_STARTED:
        return Code.NOT_STARTED
    return Code.ATTEMPT_OVER if candidate.attempt.is_over else None


def end_attempt(candidate: Candidate, now: datetime, policy: Policy) -> Outcome:
    """Ask for the end: it takes effect after the undo window, and the candidate goes on meanwhile."""
    if candidate.attempt.is_over or candidate.ending_at is not None:
        return ()
    if candidate.attempt is AttemptState.NOT_STARTED:
        return Refusal(Code.NOT_STARTED)
    changes = Changes(ending_at=now + policy.undo, authorization=None)
    if candidate.authorization is not None and candidate.authorization.was_asking:
        # Undone, the end must not have made anybody at the door invisible.
        changes["entry_refused"] = EntryRefused(Code.RESUME_NOT_AUTHORIZED, now)
    return (Event(EventKind.ENDING, candidate.id, changes),)


def cancel_end(candidate: Candidate, now: datetime) -> Outcome:
    """Undo an asked end, strictly before it takes effect."""
    if candidate.attempt is AttemptState.ENDED:
        return Refusal(Code.TOO_LATE)
    if candidate.attempt.is_over:
        return Refusal(Code.ATTEMPT_OVER)
    if candidate.ending_at is None:
        return Refusal(Code.NO_END_REQUESTED)
    if now >= candidate.ending_at:
        return Refusal(Code.TOO_LATE)
    return (Event(EventKind.ENDING_CANCELLED, candidate.id, Changes(ending_at=None)),)


def add_time(room: Room, candidate: Candidate, command: AddTime, author: Author, now: datetime) -> Outcome:
    """Give or take back minutes; a total below zero is no compensation."""
    reason = command.reason.strip()
    minutes_added = candidate.time.minutes_added + command.minutes
    if candidate.attempt.is_over:
        return Refusal(Code.ATTEMPT_OVER)
    if not 1 <= len(reason) <= MAX_REASON or abs(command.minutes) > MAX_MINUTES or minutes_added < 0:
        return Refusal(Code.INVALID)
    if command.minutes == 0:
        return ()
    time = replace(
        candidate.time,
        additions=(*candidate.time.additions, Addition(command.minutes, reason, author, now)),
        theoretical_end=theoretical_end(room, candidate, minutes_added),
    )
    codes: Codes = {"minutes": command.minutes}
    return (Event(EventKind.TIME_ADDED, candidate.id, Changes(time=time), codes=codes, detail={"reason": reason}),)


def tick_end_screen(candidate: Candidate, author: Author, now: datetime, *, is_seen: bool) -> Outcome:
    """Note that a person saw the end screen, or that the tick was a mistake."""
    if candidate.attempt not in (AttemptState.FINISHED, AttemptState.ENDED):
        return Refusal(Code.NOT_FINISHED)
    if (candidate.end_screen_seen is not None) is is_seen:
        return ()
    kind = EventKind.END_SCREEN_SEEN if is_seen else EventKind.END_SCREEN_UNSEEN
    return (Event(kind, candidate.id, Changes(end_screen_seen=Seen(author, now) if is_seen else None)),)


def take_help(candidate: Candidate, command: TakeHelp, author: Author) -> Outcome:
    """Say "I go there"; a colleague who was faster is named."""
    request = candidate.open_help
    if request is None or request.id != command.help:
        return Refusal(Code.HELP_CLOSED)
    if request.taken_by == author:
        return ()
    if request.taken_by is not None:
        return Refusal(Code.HELP_TAKEN, by=request.taken_by)
    return (_help_changed(EventKind.HELP_TAKEN, candidate, replace(request, taken_by=author)),)


def release_help(candidate: Candidate, command: ReleaseHelp) -> Outcome:
    """Give a call back that somebody took and then fell silent; whoever took it meanwhile keeps it."""
    request = candidate.open_help
    if request is None or request.id != command.help or request.taken_by != command.taken_by:
        return ()
    return (_help_changed(EventKind.HELP_RELEASED, candidate, replace(request, taken_by=None)),)


def resolve_help(room: Room, candidate: Candidate, command: ResolveHelp, author: Author, now: datetime) -> Outcome:
    """Close a call with an outcome; an accepted one may become a report, pre-filled."""
    request = candidate.open_help
    if request is None or request.id != command.help:
        return Refusal(Code.HELP_CLOSED)
    word = (command.word or "").strip() or None
    detail = {"word": word} if word else {}
    answered = replace(request, outcome=command.outcome, word=word)
    resolved = _help_changed(EventKind.HELP_RESOLVED, candidate, answered, {"outcome": command.outcome}, detail)
    if command.report is None:
        return (resolved,)
    complete = reports.cleaned(command.report.name, command.report.question, command.report.text)
    if complete is None:
        return Refusal(Code.INVALID)
    added = _report_added(room.decision_seq + 2, candidate, command.report.name, *complete, author, now)
    return (resolved, added)


def _help_changed(
    kind: EventKind,
    candidate: Candidate,
    request: HelpRequest,
    extra_codes: Codes | None = None,
    detail: dict[str, str] | None = None,
) -> Event:
    requests = tuple(request if one.id == request.id else one for one in candidate.help)
    codes: Codes = {"help": request.id, **(extra_codes or {})}
    return Event(kind, candidate.id, Changes(help=requests), codes=codes, detail=detail or {})


def send_message(candidate: Candidate, command: SendMessage) -> Outcome:
    """Say something procedural on the candidate's screen; kept in the audit."""
    text = command.text.strip()
    if not 1 <= len(text) <= MAX_MESSAGE:
        return Refusal(Code.INVALID)
    return (Event(EventKind.MESSAGE_SENT, candidate.id, detail={"text": text}, text=text),)


def add_report(room: Room, candidate: Candidate, command: AddReport, author: Author, now: datetime) -> Outcome:
    """Write a complete issue report."""
    draft = command.draft
    complete = reports.cleaned(draft.name, draft.question, draft.text)
    if complete is None:
        return Refusal(Code.INVALID)
    return (_report_added(room.decision_seq + 1, candidate, draft.name, *complete, author, now),)


def _report_added(
    number: int, candidate: Candidate, name: str, question: int | None, text: str | None, author: Author, now: datetime
) -> Event:
    report = IssueReport(ReportId(number), name, question, text, author, now)
    return Event(
        EventKind.REPORT_ADDED,
        candidate.id,
        Changes(reports=(*candidate.reports, report)),
        codes={"report": number, "name": name, "question": question},
        detail={"text": text} if text else {},
    )


def edit_report(candidate: Candidate, command: EditReport) -> Outcome:
    """Correct a report: author and instant stay those of the first writing, the audit keeps who corrected."""
    standing = next((one for one in candidate.reports if one.id == command.report), None)
    draft = command.draft
    complete = reports.cleaned(draft.name, draft.question, draft.text)
    if standing is None or complete is None:
        return Refusal(Code.INVALID)
    question, text = complete
    corrected = replace(standing, name=draft.name, question=question, text=text)
    if corrected == standing:
        return ()
    kept = tuple(corrected if one.id == standing.id else one for one in candidate.reports)
    codes: Codes = {"report": standing.id, "name": draft.name, "question": question}
    detail = {"text": text} if text else {}
    return (Event(EventKind.REPORT_CHANGED, candidate.id, Changes(reports=kept), codes=codes, detail=detail),)


def remove_report(candidate: Candidate, command: RemoveReport) -> Outcome:
    """Withdraw a report; withdrawing it twice is no error."""
    kept = tuple(one for one in candidate.reports if one.id != command.report)
    if len(kept) == len(candidate.reports):
        return ()
    codes: Codes = {"report": command.report}
    return (Event(EventKind.REPORT_REMOVED, candidate.id, Changes(reports=kept), codes=codes),)


def start_session(room: Room, now: datetime) -> Outcome:
    """Start the room's clock: "the code has been given"."""
    return () if room.started_at is not None else start_clock(room, now, is_explicit=True)


def take_over(room: Room, author: Author, now: datetime, policy: Policy) -> Outcome:
    """Give a center admin commands for a while; taking over again renews it. Seen by all, audited."""
    others = tuple(one for one in room.take_overs if one.by != author and one.until > now)
    granted = TakeOver(author, now + policy.take_over)
    return (Event(EventKind.SESSION_TAKEN_OVER, room=RoomChanges(take_overs=(*others, granted))),)
