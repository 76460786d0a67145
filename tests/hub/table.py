"""The table of refusals: what becomes of every command in every state, written from the rules and not from the code.

A cell is `already`, the events it leads to, or the code of a refusal; a refused entry that the invigilator is shown
says so after a comma. Whatever is due is settled first, so a test whose asked end has passed is an ended one.
`docs/protocol.md` prints this very table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from msgspec.structs import replace

from hub import commands as ask
from hub.model import (
    AttemptState,
    Authorization,
    AuthorizationKind,
    Candidate,
    Cause,
    EntryRefused,
    HelpKind,
    HelpOutcome,
    IdentityState,
    Interruption,
    Presence,
    PresenceState,
    Progress,
    Room,
    Seat,
    Seen,
    TimeLedger,
)
from tests.builders import CALL, MARC, NOW, OTHER, REPORT, SEATED, a_call, a_candidate, a_report, a_room, later

# ── states ─────────────────────────────────────────────────────────────────────────────────────────────────────────

CONFIRMED = Presence(PresenceState.CONFIRMED, MARC, later(minutes=-40))
START = Authorization(AuthorizationKind.START, MARC, later(minutes=-40))
ASKING_TO_START = EntryRefused("presence_not_confirmed", later(seconds=-20))
ASKING_TO_RESUME = EntryRefused("resume_not_authorized", later(seconds=-20))
RESUME = Authorization(AuthorizationKind.RESUME, MARC, later(minutes=-1), later(minutes=14), was_asking=True)
LOST = Interruption(later(minutes=-3), None, Cause.CANDIDATE)


def _room(candidate: Candidate, **facts: object) -> Room:
    """Put a candidate in a room, with a report and a call: open before the end, lapsed after it."""
    call = a_call(HelpOutcome.LAPSED if candidate.attempt.is_over else None)
    return a_room(replace(candidate, help=(call,), reports=(a_report(),)), **facts)


def _waiting(**facets: object) -> Room:
    return _room(a_candidate(**facets))


def _started(attempt: AttemptState = AttemptState.RUNNING, **facets: object) -> Room:
    candidate = a_candidate(
        presence=CONFIRMED,
        attempt=attempt,
        certification_number=700_001,
        entry_no=1,
        seat=Seat(SEATED, later(minutes=-30)),
        progress=Progress(3, 20, 4, later(minutes=-2)),
        joined_at=later(minutes=-45),
    )
    return _room(replace(candidate, **facets), started_at=later(minutes=-30))  # type: ignore[arg-type]


def _interrupted(**facets: object) -> Room:
    return _started(interrupted_at=later(minutes=-2), time=TimeLedger(interruptions=(LOST,)), **facets)


def _after_the_code(ago: timedelta, **facets: object) -> Room:
    return _room(a_candidate(**facets), started_at=NOW - ago, is_started_explicitly=True)


def _finalized(room: Room) -> Room:
    return replace(room, finalized_at=later(minutes=-1))


@dataclass(frozen=True)
class State:
    """One column: what it says to a reader, and a room in which the candidate is in that state."""

    meaning: str
    room: Room


STATES: Mapping[str, State] = {
    "expected": State("not started, expected", _waiting()),
    "asking": State("not started, expected, was refused at the door", _waiting(entry_refused=ASKING_TO_START)),
    "confirmed": State("not started, confirmed", _waiting(presence=CONFIRMED, authorization=START)),
    "absent": State("not started, absent", _waiting(presence=Presence(PresenceState.ABSENT, MARC, NOW))),
    "late": State("not started, expected, joined after `session.start`", _after_the_code(timedelta(minutes=10))),
    "next_day": State(
        "not started, confirmed, 24 h after the room's start",
        _after_the_code(timedelta(hours=24), presence=CONFIRMED, authorization=START),
    ),
    "running": State("running, seated", _started()),
    "running_authorized": State("running, seated, a resume is authorized", _started(authorization=RESUME)),
    "interrupted": State("running, interrupted", _interrupted()),
    "interrupted_asking": State(
        "running, interrupted, was refused at the door", _interrupted(entry_refused=ASKING_TO_RESUME)
    ),
    "interrupted_authorized": State("running, interrupted, a resume is authorized", _interrupted(authorization=RESUME)),
    "ending": State("running, seated, an end was asked, undo possible", _started(ending_at=later(seconds=4))),
    "interrupted_ending": State("running, interrupted, an end was asked", _interrupted(ending_at=later(seconds=4))),
    "end_due": State("running until now: the asked end takes effect at this instant", _started(ending_at=NOW)),
    "finished": State("finished", _started(AttemptState.FINISHED)),
    "finished_seen": State(
        "finished, end screen seen", _started(AttemptState.FINISHED, end_screen_seen=Seen(MARC, NOW))
    ),
    "ended": State("ended by the invigilator", _started(AttemptState.ENDED, ending_at=later(minutes=-2))),
    "closed": State("closed by a finalization that was taken back", _started(AttemptState.CLOSED)),
    "finalized_confirmed": State(
        "session finalized, never started",
        _finalized(_waiting(presence=CONFIRMED, authorization=START, entry_refused=ASKING_TO_START)),
    ),
    "finalized_finished": State("session finalized, finished", _finalized(_started(AttemptState.FINISHED))),
    "finalized_closed": State("session finalized, closed", _finalized(_started(AttemptState.CLOSED))),
}

FAMILIES: Mapping[str, tuple[str, ...]] = {
    "Not started": ("expected", "asking", "confirmed", "absent", "late", "next_day"),
    "Running": (
        "running",
        "running_authorized",
        "interrupted",
        "interrupted_asking",
        "interrupted_authorized",
        "ending",
        "interrupted_ending",
    ),
    "Over": ("end_due", "finished", "finished_seen", "ended", "closed"),
    "Session finalized": ("finalized_confirmed", "finalized_finished", "finalized_closed"),
}

NOT_STARTED = "expected asking confirmed absent late next_day"
SEATED_IN = "running running_authorized ending"
INTERRUPTED = "interrupted interrupted_asking interrupted_authorized interrupted_ending"
RUNNING = f"{SEATED_IN} {INTERRUPTED}"
OVER = "end_due finished finished_seen ended closed"
FINALIZED = "finalized_confirmed finalized_finished finalized_closed"
FINALIZED_STARTED = "finalized_finished finalized_closed"
OPEN = f"{NOT_STARTED} {RUNNING} {OVER}"


# ── commands ───────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class ProgressFrame:
    """Progress is no decision: it is judged by the seat and by its numbers."""

    is_seated: bool


@dataclass(frozen=True)
class Line:
    """One line: the command, who asks, and the expected cell by states (each state exactly once)."""

    name: str
    command: ask.Command | ProgressFrame
    cells: Mapping[str, str]

    def cell(self, state: str) -> str:
        """Return what is expected in a state."""
        return next(cell for states, cell in self.cells.items() if state in states.split())


COMPLETE = ask.ReportDraft("fraud", text="téléphone")

LINES: tuple[Line, ...] = (
    Line(
        "presence.confirm",
        ask.ConfirmPresence(),
        {
            "expected asking absent": "presence.confirmed",
            "late": "late_reason_required",
            f"confirmed next_day {RUNNING} {OVER} {FINALIZED}": "already",
        },
    ),
    Line(
        "presence.confirm with a late_reason",
        ask.ConfirmPresence("bus en panne"),
        {
            "expected asking absent": "presence.confirmed",
            "late": "presence.confirmed report.added",
            f"confirmed next_day {RUNNING} {OVER} {FINALIZED}": "already",
        },
    ),
    Line(
        "presence.cancel",
        ask.CancelPresence(),
        {
            "expected asking late": "already",
            "confirmed absent next_day": "presence.cancelled",
            f"{RUNNING} {OVER}": "already_started",
            FINALIZED: "session_closed",
        },
    ),
    Line(
        "presence.absent",
        ask.MarkAbsent(),
        {
            "expected asking confirmed late next_day": "presence.absent",
            "absent": "already",
            f"{RUNNING} {OVER}": "already_started",
            FINALIZED: "session_closed",
        },
    ),
    Line(
        "identity.check checked",
        ask.CheckIdentity(IdentityState.CHECKED),
        {OPEN: "identity.checked", FINALIZED: "session_closed"},
    ),
    Line(
        "identity.check to_correct",
        ask.CheckIdentity(IdentityState.TO_CORRECT),
        {OPEN: "identity.checked report.added", FINALIZED: "session_closed"},
    ),
    Line(
        "resume.authorize",
        ask.AuthorizeResume(),
        {
            NOT_STARTED: "not_started",
            "running running_authorized interrupted interrupted_asking interrupted_authorized": "resume.authorized",
            "ending interrupted_ending": "attempt_ending",
            OVER: "attempt_over",
            FINALIZED: "session_closed",
        },
    ),
    Line(
        "attempt.end",
        ask.EndAttempt(),
        {
            NOT_STARTED: "not_started",
            "running running_authorized interrupted interrupted_asking interrupted_authorized": "candidate.ending",
            "ending interrupted_ending": "already",
            OVER: "already",
            "finalized_confirmed": "session_closed",
            FINALIZED_STARTED: "already",
        },
    ),
    Line(
        "attempt.end.cancel",
        ask.CancelEnd(),
        {
            NOT_STARTED: "no_end_requested",
            "running running_authorized interrupted interrupted_asking interrupted_authorized": "no_end_requested",
            "ending interrupted_ending": "candidate.ending_cancelled",
            "end_due ended": "too_late",
            "finished finished_seen closed": "attempt_over",
            FINALIZED: "session_closed",
        },
    ),
    Line(
        "time.add",
        ask.AddTime(10, "alarme"),
        {f"{NOT_STARTED} {RUNNING}": "time.added", OVER: "attempt_over", FINALIZED: "session_closed"},
    ),
    Line(
        "end_screen.see",
        ask.SeeEndScreen(),
        {
            f"{NOT_STARTED} {RUNNING} closed": "not_finished",
            "end_due finished ended": "end_screen.seen",
            "finished_seen": "already",
            FINALIZED: "session_closed",
        },
    ),
    Line(
        "end_screen.unsee",
        ask.UnseeEndScreen(),
        {
            f"{NOT_STARTED} {RUNNING} closed": "not_finished",
            "end_due finished ended finalized_finished": "already",
            "finished_seen": "end_screen.unseen",
            "finalized_confirmed finalized_closed": "session_closed",
        },
    ),
    Line(
        "help.take",
        ask.TakeHelp(CALL),
        {f"{NOT_STARTED} {RUNNING}": "help.taken", OVER: "help_closed", FINALIZED: "session_closed"},
    ),
    Line(
        "help.resolve",
        ask.ResolveHelp(CALL, HelpOutcome.ACCEPT, "vu"),
        {f"{NOT_STARTED} {RUNNING}": "help.resolved", OVER: "help_closed", FINALIZED: "session_closed"},
    ),
    Line(
        "help.resolve with a report",
        ask.ResolveHelp(CALL, HelpOutcome.ACCEPT, None, COMPLETE),
        {f"{NOT_STARTED} {RUNNING}": "help.resolved report.added", OVER: "help_closed", FINALIZED: "session_closed"},
    ),
    Line("message.send", ask.SendMessage("Cinq minutes"), {OPEN: "message.sent", FINALIZED: "session_closed"}),
    Line("report.add", ask.AddReport(COMPLETE), {OPEN: "report.added", FINALIZED: "session_closed"}),
    Line("report.edit", ask.EditReport(REPORT, COMPLETE), {OPEN: "report.changed", FINALIZED: "session_closed"}),
    Line("report.remove", ask.RemoveReport(REPORT), {OPEN: "report.removed", FINALIZED: "session_closed"}),
    Line(
        "session.start",
        ask.StartSession(),
        {
            "expected asking confirmed absent": "session.started",
            f"late next_day {RUNNING} {OVER} {FINALIZED_STARTED}": "already",
            "finalized_confirmed": "session_closed",
        },
    ),
    Line("room.take_over", ask.TakeOverRoom(), {OPEN: "session.taken_over", FINALIZED: "session_closed"}),
    Line(
        "enter, seated client",
        ask.Enter(SEATED, is_code_right=True),
        {
            "expected absent late": "presence_not_confirmed, candidate.entry_refused",
            "asking": "presence_not_confirmed",
            "confirmed": "session.started candidate.entered",
            "next_day": "session_closed",
            SEATED_IN: "already",
            "interrupted": "resume_not_authorized, candidate.entry_refused",
            "interrupted_asking": "resume_not_authorized",
            "interrupted_authorized": "candidate.resumed",
            "interrupted_ending": "attempt_ending",
            f"{OVER} {FINALIZED_STARTED}": "attempt_over",
            "finalized_confirmed": "session_closed",
        },
    ),
    Line(
        "enter, other client",
        ask.Enter(OTHER, is_code_right=True),
        {
            "expected absent late": "presence_not_confirmed, candidate.entry_refused",
            "asking": "presence_not_confirmed",
            "confirmed": "session.started candidate.entered",
            "next_day": "session_closed",
            "running interrupted": "resume_not_authorized, candidate.entry_refused",
            "interrupted_asking": "resume_not_authorized",
            "running_authorized interrupted_authorized": "candidate.resumed",
            "ending interrupted_ending": "attempt_ending",
            f"{OVER} {FINALIZED_STARTED}": "attempt_over",
            "finalized_confirmed": "session_closed",
        },
    ),
    Line(
        "enter, wrong code, seated client",
        ask.Enter(SEATED, is_code_right=False),
        {
            NOT_STARTED: "access_code_invalid",
            SEATED_IN: "already",
            "interrupted interrupted_asking interrupted_authorized": "access_code_invalid",
            "interrupted_ending": "attempt_ending",
            f"{OVER} {FINALIZED_STARTED}": "attempt_over",
            "finalized_confirmed": "access_code_invalid",
        },
    ),
    Line(
        "enter, wrong code, other client",
        ask.Enter(OTHER, is_code_right=False),
        {
            NOT_STARTED: "access_code_invalid",
            "running running_authorized interrupted interrupted_asking interrupted_authorized": "access_code_invalid",
            "ending interrupted_ending": "attempt_ending",
            f"{OVER} {FINALIZED_STARTED}": "attempt_over",
            "finalized_confirmed": "access_code_invalid",
        },
    ),
    Line(
        "progress, seated client",
        ProgressFrame(is_seated=True),
        {
            f"{NOT_STARTED} finalized_confirmed": "not_started",
            SEATED_IN: "candidate.progressed",
            INTERRUPTED: "resume_not_authorized",
            f"{OVER} {FINALIZED_STARTED}": "attempt_over",
        },
    ),
    Line(
        "progress, other client",
        ProgressFrame(is_seated=False),
        {
            f"{NOT_STARTED} finalized_confirmed": "not_started",
            RUNNING: "resume_not_authorized",
            f"{OVER} {FINALIZED_STARTED}": "attempt_over",
        },
    ),
    Line(
        "finish, seated client",
        ask.Finish(SEATED, 20, 20),
        {
            f"{NOT_STARTED} finalized_confirmed": "not_started",
            SEATED_IN: "candidate.finished help.lapsed",
            INTERRUPTED: "resume_not_authorized",
            f"{OVER} {FINALIZED_STARTED}": "attempt_over",
        },
    ),
    Line(
        "finish, other client",
        ask.Finish(OTHER, 20, 20),
        {
            f"{NOT_STARTED} finalized_confirmed": "not_started",
            RUNNING: "resume_not_authorized",
            f"{OVER} {FINALIZED_STARTED}": "attempt_over",
        },
    ),
    Line(
        "help other, seated client",
        ask.AskHelp(SEATED, HelpKind.OTHER, None, "la souris"),
        {
            f"{NOT_STARTED} {RUNNING}": "help.opened",
            f"{OVER} {FINALIZED_STARTED}": "attempt_over",
            "finalized_confirmed": "session_closed",
        },
    ),
    Line(
        "help other, other client",
        ask.AskHelp(OTHER, HelpKind.OTHER, None, "la souris"),
        {
            f"{NOT_STARTED} {RUNNING}": "help.opened",
            f"{OVER} {FINALIZED_STARTED}": "attempt_over",
            "finalized_confirmed": "session_closed",
        },
    ),
    Line(
        "help question",
        ask.AskHelp(SEATED, HelpKind.QUESTION, 4, "l'image manque"),
        {
            NOT_STARTED: "not_started",
            RUNNING: "help.opened",
            f"{OVER} {FINALIZED_STARTED}": "attempt_over",
            "finalized_confirmed": "session_closed",
        },
    ),
    Line(
        "hello again, seated client",
        ask.ReturnToSeat(SEATED),
        {
            f"{NOT_STARTED} finalized_confirmed": "not_started",
            SEATED_IN: "candidate.reconnected",
            INTERRUPTED: "resume_not_authorized",
            f"{OVER} {FINALIZED_STARTED}": "attempt_over",
        },
    ),
    Line(
        "hello again, other client",
        ask.ReturnToSeat(OTHER),
        {
            f"{NOT_STARTED} finalized_confirmed": "not_started",
            RUNNING: "resume_not_authorized",
            f"{OVER} {FINALIZED_STARTED}": "attempt_over",
        },
    ),
    Line(
        "(hub) the line was lost for the grace",
        ask.Interrupt(1, 1, timedelta(seconds=15), Cause.CANDIDATE),
        {
            SEATED_IN: "candidate.interrupted",
            f"{NOT_STARTED} {INTERRUPTED} {OVER} {FINALIZED}": "already",
        },
    ),
    Line(
        "(hub) a call that nobody has taken is given back",
        ask.ReleaseHelp(CALL, MARC),
        {f"{NOT_STARTED} {RUNNING} {OVER} {FINALIZED}": "already"},
    ),
    Line(
        "(hub) nobody waits any more",
        ask.Leave(),
        {
            "asking interrupted_asking interrupted_authorized running_authorized": "candidate.left",
            "expected confirmed absent late next_day running interrupted ending interrupted_ending": "already",
            f"{OVER} {FINALIZED}": "already",
        },
    ),
)
