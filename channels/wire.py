"""The wire, version 1: one frozen struct per frame, tagged unions per role and direction.

This module is the single source of `docs/protocol.md`, of the JSON Schema and of the pages' TypeScript types.
Fields, events and frames may be added, none renamed or removed without a new version. Clients ignore what they do
not know; the hub refuses what it does not know, naming it.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

SUBPROTOCOL = "vigie.v1"
MAX_FRAME_BYTES = 8192

NO_NUL = r"^[^\x00]*$"
"""A NUL fits into no database text: a frame that carries one is refused like any other wrong value."""

Ref = Annotated[int, Meta(ge=0, le=2**53, description="the client's number for a frame, echoed in its reply")]
Key = Annotated[str, Meta(pattern=r"^[0-9A-Za-z_-]{8,64}$", description="idempotency key, a UUID")]
Count = Annotated[int, Meta(ge=0, le=10_000)]
Total = Annotated[int, Meta(ge=1, le=10_000)]
Question = Annotated[int, Meta(ge=1, le=500)]
Id = Annotated[int, Meta(ge=1, le=2**53)]
ShortText = Annotated[str, Meta(max_length=280, pattern=NO_NUL)]
LongText = Annotated[str, Meta(max_length=500, pattern=NO_NUL)]
ReasonText = Annotated[str, Meta(min_length=1, max_length=200, pattern=NO_NUL)]
Code = Annotated[str, Meta(max_length=32)]
Minutes = Annotated[int, Meta(ge=-600, le=600)]
ReportName = Annotated[str, Meta(max_length=64)]
CandidateIds = Annotated[list[Id], Meta(min_length=1, max_length=500)]
NeedName = Literal["outage", "help", "asking", "offline", "over_time", "end_screen", "lapsing"]
"""What a person is needed for, most severe first; the same names as `hub.needs.NeedKind`."""
Targets = CandidateIds | Literal["all"]


class Position(Struct, frozen=True, forbid_unknown_fields=True):
    """A place in one life of a room's stream."""

    epoch: Annotated[str, Meta(max_length=64)]
    seq: Annotated[int, Meta(ge=0, le=2**53)]


# ── client → hub: both roles ───────────────────────────────────────────────────────────────────────────────────


class Hello(Struct, frozen=True, forbid_unknown_fields=True, tag="hello"):
    """The first frame: who this is, which session, and what it already holds."""

    token: Annotated[str, Meta(max_length=256)] | None = None
    session: Id | None = None
    position: Position | None = None


class Sync(Struct, frozen=True, forbid_unknown_fields=True, tag="sync"):
    """Ask for everything after a position; answered by `events` or `snapshot` (a candidate's by `state`)."""

    ref: Ref | None = None
    position: Position | None = None


class Alive(Struct, frozen=True, forbid_unknown_fields=True, tag="alive"):
    """The answer to each beat."""


# ── client → hub: candidate ────────────────────────────────────────────────────────────────────────────────────


class Enter(Struct, frozen=True, forbid_unknown_fields=True, tag="enter"):
    """Ask for the test with the access code."""

    ref: Ref
    key: Key
    access_code: Code
    total: Total | None = None


class Progress(Struct, frozen=True, forbid_unknown_fields=True, tag="progress"):
    """Questions answered or passed so far, absolute. No key, and no reply unless refused."""

    answered: Count
    total: Total
    question: Question | None = None
    ref: Ref | None = None


class Finish(Struct, frozen=True, forbid_unknown_fields=True, tag="finish"):
    """The candidate is done; carries the last numbers."""

    ref: Ref
    key: Key
    answered: Count | None = None
    total: Total | None = None


class Help(Struct, frozen=True, forbid_unknown_fields=True, tag="help"):
    """Call the invigilator. A second call updates the open one."""

    ref: Ref
    key: Key
    kind: Literal["question", "other"]
    question: Question | None = None
    text: ShortText | None = None


class Ack(Struct, frozen=True, forbid_unknown_fields=True, tag="ack"):
    """The screen has shown the state of this version."""

    version: Annotated[int, Meta(ge=0, le=2**53)]


CandidateFrame = Hello | Sync | Alive | Enter | Progress | Finish | Help | Ack


# ── client → hub: invigilator ──────────────────────────────────────────────────────────────────────────────────


class Look(Struct, frozen=True, forbid_unknown_fields=True, tag="look"):
    """Which candidate this invigilator looks at; colleagues see it."""

    candidate: Id | None = None


class Claim(Struct, frozen=True, forbid_unknown_fields=True, tag="claim"):
    """Say "I go there", or take it back: soft, seen by colleagues, gone after a while of silence, decides nothing."""

    candidates: CandidateIds
    is_taken: bool = True


class Alert(Struct, frozen=True, forbid_unknown_fields=True):
    """One need as a screen shows it."""

    candidate: Id
    need: NeedName


class Saw(Struct, frozen=True, forbid_unknown_fields=True, tag="saw"):
    """What this dashboard has been able to see since it last said so: kept with the audit, for the jury.

    Said when something of it changes, and at most every two seconds; `age_ms` is the greatest age of the data since.
    """

    freshness: Literal["live", "slow", "offline"]
    age_ms: Annotated[int, Meta(ge=0, le=7 * 24 * 3600 * 1000)]
    is_hidden: bool
    alerts: Annotated[list[Alert], Meta(max_length=60)]


class PresenceConfirm(Struct, frozen=True, forbid_unknown_fields=True, tag="presence.confirm"):
    """The person sits in the room."""

    ref: Ref
    key: Key
    candidates: Targets
    late_reason: ReasonText | None = None


class PresenceCancel(Struct, frozen=True, forbid_unknown_fields=True, tag="presence.cancel"):
    """Back to expected."""

    ref: Ref
    key: Key
    candidates: Targets


class PresenceAbsent(Struct, frozen=True, forbid_unknown_fields=True, tag="presence.absent"):
    """Did not come."""

    ref: Ref
    key: Key
    candidates: Targets


class IdentityCheck(Struct, frozen=True, forbid_unknown_fields=True, tag="identity.check"):
    """The identity document was looked at."""

    ref: Ref
    key: Key
    candidates: Targets
    state: Literal["checked", "to_correct"]


class ResumeAuthorize(Struct, frozen=True, forbid_unknown_fields=True, tag="resume.authorize"):
    """Let somebody come back, once."""

    ref: Ref
    key: Key
    candidates: Targets


class AttemptEnd(Struct, frozen=True, forbid_unknown_fields=True, tag="attempt.end"):
    """End the test for good, after the undo window."""

    ref: Ref
    key: Key
    candidates: Targets


class AttemptEndCancel(Struct, frozen=True, forbid_unknown_fields=True, tag="attempt.end.cancel"):
    """Undo an asked end."""

    ref: Ref
    key: Key
    candidates: Targets


class TimeAdd(Struct, frozen=True, forbid_unknown_fields=True, tag="time.add"):
    """Give or take back minutes."""

    ref: Ref
    key: Key
    candidates: Targets
    minutes: Minutes
    reason: ReasonText


class EndScreenSee(Struct, frozen=True, forbid_unknown_fields=True, tag="end_screen.see"):
    """The end screen was seen."""

    ref: Ref
    key: Key
    candidates: Targets


class EndScreenUnsee(Struct, frozen=True, forbid_unknown_fields=True, tag="end_screen.unsee"):
    """Ticked by mistake."""

    ref: Ref
    key: Key
    candidates: Targets


class HelpTake(Struct, frozen=True, forbid_unknown_fields=True, tag="help.take"):
    """I go there."""

    ref: Ref
    key: Key
    candidates: Targets
    help: Id


class Draft(Struct, frozen=True, forbid_unknown_fields=True):
    """An issue report to be written."""

    name: ReportName
    question: Question | None = None
    text: LongText | None = None


class HelpResolve(Struct, frozen=True, forbid_unknown_fields=True, tag="help.resolve"):
    """The call is answered."""

    ref: Ref
    key: Key
    candidates: Targets
    help: Id
    outcome: Literal["accept", "dismiss"]
    word: ShortText | None = None
    report: Draft | None = None


class MessageSend(Struct, frozen=True, forbid_unknown_fields=True, tag="message.send"):
    """A procedural text to the candidate's screen."""

    ref: Ref
    key: Key
    candidates: Targets
    text: Annotated[str, Meta(min_length=1, max_length=280, pattern=NO_NUL)]


class ReportAdd(Struct, frozen=True, forbid_unknown_fields=True, tag="report.add"):
    """Write an issue report."""

    ref: Ref
    key: Key
    candidates: Targets
    name: ReportName
    question: Question | None = None
    text: LongText | None = None


class ReportEdit(Struct, frozen=True, forbid_unknown_fields=True, tag="report.edit"):
    """Correct an issue report."""

    ref: Ref
    key: Key
    candidates: Targets
    report: Id
    name: ReportName
    question: Question | None = None
    text: LongText | None = None


class ReportRemove(Struct, frozen=True, forbid_unknown_fields=True, tag="report.remove"):
    """Withdraw an issue report."""

    ref: Ref
    key: Key
    candidates: Targets
    report: Id


class SessionStart(Struct, frozen=True, forbid_unknown_fields=True, tag="session.start"):
    """The access code has been given."""

    ref: Ref
    key: Key


class RoomTakeOver(Struct, frozen=True, forbid_unknown_fields=True, tag="room.take_over"):
    """A center admin asks for fifteen minutes of commands."""

    ref: Ref
    key: Key


CandidateCommand = (
    PresenceConfirm
    | PresenceCancel
    | PresenceAbsent
    | IdentityCheck
    | ResumeAuthorize
    | AttemptEnd
    | AttemptEndCancel
    | TimeAdd
    | EndScreenSee
    | EndScreenUnsee
    | HelpTake
    | HelpResolve
    | MessageSend
    | ReportAdd
    | ReportEdit
    | ReportRemove
)
"""Commands about candidates: one, several or all."""
RoomCommand = SessionStart | RoomTakeOver
"""Commands about the room: no `candidates`, `results` is []."""
StaffCommand = CandidateCommand | RoomCommand
InvigilatorFrame = Hello | Sync | Alive | Look | Claim | Saw | StaffCommand


# ── client → hub: admin ────────────────────────────────────────────────────────────────────────────────────────

AdminFrame = Hello | Alive
"""A wall only listens: whoever wants to act opens the room on `/ws/invigilator`."""


# ── parts of a row ─────────────────────────────────────────────────────────────────────────────────────────────


class Presence(Struct, frozen=True):
    """Presence, and who said so."""

    state: Literal["expected", "confirmed", "absent"]
    by: str | None
    at: datetime | None


class Authorization(Struct, frozen=True):
    """An unused right to enter."""

    kind: Literal["start", "resume"]
    by: str
    at: datetime
    expires_at: datetime | None


class Link(Struct, frozen=True):
    """The line of the seated client."""

    state: Literal["never", "online", "suspect", "offline", "unknown"]
    since: datetime | None


class Waiting(Struct, frozen=True):
    """Clients connected outside the test."""

    clients: int


class EntryRefused(Struct, frozen=True):
    """This candidate is asking to come in."""

    code: str
    at: datetime


class ProgressView(Struct, frozen=True):
    """Questions answered or passed."""

    answered: int
    total: int
    question: int | None
    at: datetime


class HelpView(Struct, frozen=True):
    """One call; open while `outcome` is null."""

    id: int
    kind: Literal["question", "other"]
    question: int | None
    text: str | None
    at: datetime
    taken_by: str | None
    outcome: Literal["accept", "dismiss", "lapsed"] | None
    word: str | None


class ReportView(Struct, frozen=True):
    """One issue report."""

    id: int
    name: str
    question: int | None
    text: str | None
    by: str
    at: datetime


class SeenView(Struct, frozen=True):
    """Who saw the end screen."""

    by: str
    at: datetime


class InterruptionView(Struct, frozen=True, rename={"since": "from", "until": "to"}):
    """One measured absence; `to` is null while it lasts."""

    since: datetime
    until: datetime | None
    cause: Literal["candidate", "room", "hub"]


class TimeView(Struct, frozen=True):
    """Everything about one candidate's time."""

    theoretical_end: datetime | None
    minutes_added: int
    interruptions: list[InterruptionView]


class Row(Struct, frozen=True):
    """One candidate on a dashboard. An event's `set` holds some of these keys with their new values.

    `version` is the last decision that the candidate's screen has to show, `told_version` the last one it has shown:
    behind it, something is still on its way.
    """

    id: int
    last_name: str
    first_name: str
    birthdate: date
    extra_time_percentage: int
    presence: Presence
    identity: Literal["unchecked", "checked", "to_correct"]
    authorization: Authorization | None
    attempt: Literal["not_started", "running", "finished", "ended", "closed"]
    certification_number: int | None
    entry_no: int
    interrupted_at: datetime | None
    ending_at: datetime | None
    link: Link
    waiting: Waiting
    entry_refused: EntryRefused | None
    progress: ProgressView | None
    help: list[HelpView]
    reports: list[ReportView]
    end_screen_seen: SeenView | None
    time: TimeView
    version: int
    told_version: int


class TakeOverView(Struct, frozen=True):
    """A center admin who commands this room for a while."""

    by: str
    until: datetime


class HandOverView(Struct, frozen=True):
    """Somebody to whom a colleague handed this room over for a while."""

    by: str
    to: str
    until: datetime


class SessionView(Struct, frozen=True):
    """The session itself. `handed_over`: the latest last; what is past stays in it."""

    number: int
    site: str
    room: str
    date: date
    start_time: str
    time_zone: str
    duration_minutes: int
    invigilators: str
    access_code: str
    started_at: datetime | None
    status: Literal["open", "finalized"]
    taken_over: list[TakeOverView]
    handed_over: list[HandOverView]


# ── hub → client ───────────────────────────────────────────────────────────────────────────────────────────────


class Limits(Struct, frozen=True):
    """What this socket may send."""

    frame_bytes: int
    frames_per_second: float
    burst: int


class You(Struct, frozen=True, omit_defaults=True):
    """Whom the hub takes this client for. `may_command` is false for a center admin who has not taken over;
    `is_invigilating` is true for whoever needs no take-over.
    """

    role: Literal["candidate", "invigilator", "center_admin"]
    candidate: int | None = None
    name: str | None = None
    may_command: bool | None = None
    is_invigilating: bool | None = None


class Thresholds(Struct, frozen=True):
    """When something becomes a need, and whom an untaken one calls next: settings of the installation, in seconds."""

    offline_after_seconds: float
    lapse_warning_seconds: float
    call_again_after_seconds: float
    call_others_after_seconds: float
    call_admin_after_seconds: float
    claim_seconds: float
    unattended_after_seconds: float


class Welcome(Struct, frozen=True, tag="welcome"):
    """The hello was accepted. `thresholds` are for staff."""

    connection: str
    server_time: datetime
    heartbeat_seconds: float
    enter_after_ms: int
    limits: Limits
    you: You
    thresholds: Thresholds | UnsetType = UNSET


class Snapshot(Struct, frozen=True, tag="snapshot"):
    """A whole room, with the position it was read at."""

    session: SessionView
    epoch: str
    seq: int
    server_time: datetime
    live: bool
    candidates: list[Row]


class RoomEventView(Struct, frozen=True):
    """One event: `row |= set`, or on the session without a `candidate`. `"set": null` removes the row."""

    type: str
    at: datetime
    set: dict[str, object] | None
    candidate: int | UnsetType = UNSET
    by: str | UnsetType = UNSET
    decision: int | UnsetType = UNSET
    text: str | UnsetType = UNSET


class Events(Struct, frozen=True, tag="events", rename={"first": "from"}):
    """Everything after the client's position, in order, no hole."""

    session: int
    epoch: str
    first: int
    to: int
    events: list[RoomEventView]


class ResultView(Struct, frozen=True, omit_defaults=True):
    """What became of a command for one candidate."""

    candidate: int
    ok: bool
    already: bool = False
    code: str | None = None
    by: str | None = None


class ErrorView(Struct, frozen=True, omit_defaults=True):
    """Why a frame was not judged (or, to a candidate, refused)."""

    code: str
    retry: bool = False
    after_ms: int | None = None
    fields: dict[str, str] | None = None


class Reply(Struct, frozen=True, tag="reply"):
    """The answer to one frame. Acknowledged means committed."""

    ref: int | None
    ok: bool
    results: list[ResultView] | UnsetType = UNSET
    decision_seq: int | UnsetType = UNSET
    help: int | UnsetType = UNSET
    already: bool | UnsetType = UNSET
    error: ErrorView | UnsetType = UNSET


class Beat(Struct, frozen=True, tag="beat"):
    """A dashboard's beat. `seq` is what this socket was already given."""

    server_time: datetime
    session: int
    epoch: str
    seq: int
    as_of: datetime
    degraded: list[Literal["live", "decisions"]]


class CandidateBeat(Struct, frozen=True, tag="beat"):
    """A candidate's beat."""

    server_time: datetime
    version: int


class Colleague(Struct, frozen=True):
    """A console on the same room, one's own included. A center admin who only watches is no invigilator."""

    name: str
    connection: str
    look: int | None
    role: Literal["invigilator", "center_admin"]


class ClaimView(Struct, frozen=True):
    """Who said "I go there" about a candidate, and when."""

    candidate: int
    by: str
    at: datetime


class Colleagues(Struct, frozen=True, tag="colleagues"):
    """Who is here, who looks at whom, and who goes where."""

    people: list[Colleague]
    claims: list[ClaimView]


class RoomSummary(Struct, frozen=True):
    """One room on a wall, absolute values. Counts are of candidates unless they say otherwise.

    `expected` to `ended` divide everybody by how far they are (`ended` includes closed tests); `waiting`, `offline`,
    `asking`, `help_open`, `over_time` may be true of the same person. `answered` and `total` are sums over everybody
    who has begun. `needs` are lines of the À traiter list, `untaken` those nobody goes to; `escalated_at` is since when
    the oldest of them calls for an admin. `unattended_since`: the last invigilator's console fell silent then.
    """

    session: int
    epoch: str
    seq: int
    site: str
    room: str
    date: date
    start_time: str
    time_zone: str
    duration_minutes: int
    status: Literal["open", "finalized"]
    started_at: datetime | None
    ends_at: datetime | None
    candidates: int
    expected: int
    absent: int
    confirmed: int
    running: int
    finished: int
    ended: int
    waiting: int
    offline: int
    asking: int
    help_open: int
    over_time: int
    lost_together: int
    answered: int
    total: int
    needs: int
    untaken: int
    worst_need: NeedName | None
    oldest_need_at: datetime | None
    escalated_at: datetime | None
    invigilators: int
    unattended_since: datetime | None
    taken_over: list[TakeOverView]
    is_live: bool
    as_of: datetime


class RoomsFrame(Struct, frozen=True, tag="rooms"):
    """The rooms of a wall: all of them once, then those that changed, each at most twice a second.

    `gone` lists rooms that are no longer shown.
    """

    rooms: list[RoomSummary]
    gone: list[int]


class Behind(Struct, frozen=True):
    """A room that was verified longer ago than the others."""

    session: int
    as_of: datetime


class AdminBeat(Struct, frozen=True, tag="beat"):
    """A wall's beat: `as_of` holds for every room but those in `behind`."""

    server_time: datetime
    as_of: datetime
    behind: list[Behind]
    degraded: list[Literal["live", "decisions"]]


class Bye(Struct, frozen=True, tag="bye"):
    """The last frame before a close."""

    code: int
    reason: str
    reconnect: bool
    after_ms: int


class OwnHelp(Struct, frozen=True):
    """A candidate's own call, without the names of others."""

    id: int
    kind: Literal["question", "other"]
    question: int | None
    text: str | None
    at: datetime
    is_taken: bool
    outcome: Literal["accept", "dismiss", "lapsed"] | None
    word: str | None


class State(Struct, frozen=True, tag="state"):
    """All that one candidate may know of themselves.

    `enter_after_ms`: how long to wait before the `enter` that `authorization` allows; it smooths a wave, no more.
    """

    version: int
    attempt: Literal["not_started", "running", "finished", "ended", "closed"]
    presence: Literal["expected", "confirmed", "absent"]
    authorization: Literal["start", "resume"] | None
    in_test: bool
    answered: int | None
    total: int | None
    certification_number: int | None
    theoretical_end: datetime | None
    session_status: Literal["open", "finalized"]
    end_reason: Literal["finished", "ended_by_invigilator", "closed"] | None
    queue_place: int | None
    suspended_since: datetime | None
    help: list[OwnHelp]
    server_time: datetime
    enter_after_ms: int = 0


class Message(Struct, frozen=True, tag="message"):
    """A procedural text from the invigilator."""

    text: str
    at: datetime


CandidateHears = Welcome | State | Message | Reply | CandidateBeat | Bye
InvigilatorHears = Welcome | Snapshot | Events | Reply | Beat | Colleagues | Bye
AdminHears = Welcome | RoomsFrame | Reply | AdminBeat | Bye


# ── HTTP bodies that carry the same commands ───────────────────────────────────────────────────────────────────


class HttpError(Struct, frozen=True, omit_defaults=True):
    """The one error shape of the API."""

    code: str
    message: str
    fields: dict[str, str] | None = None
    after_ms: int | None = None
