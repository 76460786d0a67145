"""The shape of every frame the hub may send, written down again from the protocol's text alone."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

Instant = Annotated[datetime, Meta(tz=True)]
Natural = Annotated[int, Meta(ge=0)]

UTC_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)")
INSTANT_NAMES = {"at", "as_of", "from", "to", "server_time", "since", "suspended_since", "theoretical_end"}
BIRTHDATE = r"^\d{4}-\d\d-\d\d$"

EVENT_TYPES = frozenset(
    [
        "candidate.joined",
        "candidate.waiting",
        "candidate.left",
        "candidate.entered",
        "candidate.resumed",
        "candidate.reconnected",
        "candidate.progressed",
        "candidate.suspect",
        "candidate.disconnected",
        "candidate.interrupted",
        "candidate.finished",
        "candidate.ending",
        "candidate.ending_cancelled",
        "candidate.ended",
        "candidate.closed",
        "candidate.entry_refused",
        "candidate.told",
        "presence.confirmed",
        "presence.cancelled",
        "presence.absent",
        "identity.checked",
        "resume.authorized",
        "authorization.expired",
        "help.opened",
        "help.taken",
        "help.released",
        "help.resolved",
        "help.lapsed",
        "time.added",
        "end_screen.seen",
        "end_screen.unseen",
        "report.added",
        "report.changed",
        "report.removed",
        "message.sent",
        "session.started",
        "session.changed",
        "session.finalized",
        "session.taken_over",
        "session.handed_over",
        "roster.changed",
    ]
)
LINE_EVENTS = frozenset(
    f"candidate.{name}"
    for name in ["joined", "waiting", "left", "reconnected", "progressed", "suspect", "disconnected", "told"]
)
"""Events that no decision stands behind: the others carry `by` and `decision`."""

SET_HOLDS = {
    "candidate.joined": {"waiting", "link"},
    "candidate.waiting": {"waiting", "link"},
    "candidate.entered": {"attempt", "entry_no", "certification_number", "authorization", "time"},
    "candidate.resumed": {"entry_no", "authorization", "link", "waiting"},
    "candidate.suspect": {"link"},
    "candidate.disconnected": {"link"},
    "candidate.reconnected": {"link"},
    "candidate.interrupted": {"interrupted_at", "time"},
    "candidate.ending": {"ending_at"},
    "candidate.ending_cancelled": {"ending_at"},
    "candidate.finished": {"attempt"},
    "candidate.ended": {"attempt", "ending_at"},
    "candidate.entry_refused": {"entry_refused"},
    "candidate.told": {"told_version"},
    "candidate.progressed": {"progress"},
    "presence.confirmed": {"presence"},
    "presence.cancelled": {"presence"},
    "presence.absent": {"presence"},
    "identity.checked": {"identity"},
    "resume.authorized": {"authorization"},
    "authorization.expired": {"authorization"},
    "help.opened": {"help"},
    "help.taken": {"help"},
    "help.released": {"help"},
    "help.resolved": {"help"},
    "help.lapsed": {"help"},
    "time.added": {"time"},
    "end_screen.seen": {"end_screen_seen"},
    "end_screen.unseen": {"end_screen_seen"},
    "report.added": {"reports"},
    "report.changed": {"reports"},
    "report.removed": {"reports"},
}
"""What `set` holds at least: the keys that change each time; those that change only sometimes are left out."""

REFUSALS = frozenset(
    [
        "not_started",
        "already_started",
        "attempt_over",
        "attempt_ending",
        "access_code_invalid",
        "presence_not_confirmed",
        "resume_not_authorized",
        "session_closed",
        "late_reason_required",
        "no_end_requested",
        "too_late",
        "not_finished",
        "help_closed",
        "help_taken",
        "total_changed",
        "unknown_candidate",
        "invalid",
        "forbidden",
        "key_reused",
        "rate_limited",
        "busy",
        "store_unavailable",
        "outcome_unknown",
        "unknown_type",
    ]
)
CLOSE_CODES = {4000, 4001, 4003, 4004, 4006, 4008, 4010, 4011, 4100, 4101, 4102, 4103, 4105, 4200, 4201}


class Presence(Struct):
    state: Literal["expected", "confirmed", "absent"]
    by: str | None
    at: Instant | None


class Authorization(Struct):
    kind: Literal["start", "resume"]
    by: str | None
    at: Instant
    expires_at: Instant | None


class Link(Struct):
    state: Literal["never", "online", "suspect", "offline", "unknown"]
    since: Instant | None


class Waiting(Struct):
    clients: Natural


class EntryRefused(Struct):
    code: Literal["presence_not_confirmed", "resume_not_authorized"]
    at: Instant


class Progress(Struct):
    answered: Natural
    total: Natural
    question: int | str | None
    at: Instant

    def __post_init__(self) -> None:
        if self.answered > self.total:
            raise ValueError(f"answered {self.answered} > total {self.total}")


class Help(Struct):
    id: int
    kind: Literal["question", "other"]
    question: int | None
    text: str | None
    at: Instant
    taken_by: str | None
    outcome: str | None
    word: str | None


class Report(Struct):
    id: int
    name: str
    question: int | None
    text: str | None
    by: str
    at: Instant


class Seen(Struct):
    by: str
    at: Instant


class Interruption(Struct, rename={"from_": "from"}):
    from_: Instant
    to: Instant | None
    cause: Literal["candidate", "room", "hub"]


class Time(Struct):
    theoretical_end: Instant | None
    minutes_added: int
    interruptions: list[Interruption]


class Row(Struct):
    id: int
    last_name: str
    first_name: str
    birthdate: Annotated[str, Meta(pattern=BIRTHDATE)]
    extra_time_percentage: Annotated[int, Meta(ge=0, le=300)]
    presence: Presence
    identity: Literal["unchecked", "checked", "to_correct"]
    authorization: Authorization | None
    attempt: Literal["not_started", "running", "finished", "ended", "closed"]
    certification_number: int | str | None
    entry_no: Natural
    interrupted_at: Instant | None
    ending_at: Instant | None
    link: Link
    waiting: Waiting
    entry_refused: EntryRefused | None
    progress: Progress | None
    help: list[Help]
    reports: list[Report]
    end_screen_seen: Seen | None
    time: Time
    version: Natural
    told_version: Natural | None


class Session(Struct):
    number: int
    site: str
    room: str
    date: str
    start_time: Annotated[str, Meta(pattern=r"^\d\d:\d\d$")]
    time_zone: str
    duration_minutes: int
    invigilators: str | list[str]
    access_code: Annotated[str, Meta(pattern=r"^[A-Z]{4}[0-9]{2}$")]
    started_at: Instant | None
    status: Literal["open", "finalized"]


class Welcome(Struct, tag="welcome"):
    connection: str
    server_time: Instant
    heartbeat_seconds: float
    enter_after_ms: Natural
    limits: dict[str, object]
    you: dict[str, object]


class Snapshot(Struct, tag="snapshot"):
    session: Session
    epoch: str
    seq: Natural
    server_time: Instant
    live: bool
    candidates: list[Row]


class Event(Struct):
    type: str
    at: Instant
    candidate: int | None = None
    by: str | None = None
    decision: int | None = None
    set: dict[str, object] | None = None


class Events(Struct, tag="events", rename={"from_": "from"}):
    session: int
    epoch: str
    from_: int
    to: int
    events: list[Event]


class Result(Struct):
    candidate: int
    ok: bool
    already: bool | None = None
    code: str | None = None


class Problem(Struct):
    code: str
    retry: bool | None = None
    after_ms: int | None = None


class Reply(Struct, tag="reply"):
    ref: int | None
    ok: bool
    results: list[Result] | None = None
    decision_seq: int | None = None
    error: Problem | None = None

    def __post_init__(self) -> None:
        if self.ok == (self.error is not None):
            raise ValueError("a reply is ok, or has an error")


class Beat(Struct, tag="beat"):
    server_time: Instant
    version: int | None = None
    session: int | None = None
    epoch: str | None = None
    seq: int | None = None
    as_of: Instant | None = None
    degraded: list[Literal["live", "decisions"]] | None = None


class Person(Struct):
    name: str
    connection: str
    look: int | None
    role: Literal["invigilator", "center_admin"]


class Claim(Struct):
    candidate: int
    by: str
    at: Instant


class Colleagues(Struct, tag="colleagues"):
    people: list[Person]
    claims: list[Claim]


class RoomInNumbers(Struct):
    session: int
    epoch: str
    seq: Natural
    expected: Natural
    confirmed: Natural
    waiting: Natural
    running: Natural
    finished: Natural
    ended: Natural
    offline: Natural
    asking: Natural
    help_open: Natural
    oldest_need_at: Instant | None
    invigilators: Natural
    as_of: Instant
    unattended_since: Instant | None
    escalated_at: Instant | None


class Rooms(Struct, tag="rooms"):
    rooms: list[RoomInNumbers]
    gone: list[int]


class Behind(Struct):
    session: int
    as_of: Instant


class WallBeat(Struct, tag="beat"):
    server_time: Instant
    as_of: Instant
    behind: list[Behind]
    degraded: list[Literal["live", "decisions"]]


class Bye(Struct, tag="bye"):
    code: int
    reason: str
    reconnect: bool
    after_ms: int | None = None


class OpenState(Struct, tag="state"):
    """What a candidate hears of itself."""

    version: Natural
    attempt: Literal["not_started", "running", "finished", "ended", "closed"]
    presence: str | dict[str, object]
    authorization: Literal["start", "resume"] | None
    in_test: bool
    answered: Natural | None
    total: Natural | None
    certification_number: int | str | None
    theoretical_end: Instant | None
    session_status: Literal["open", "finalized"]
    end_reason: Literal["finished", "ended_by_invigilator", "closed"] | None
    queue_place: int | None
    suspended_since: Instant | None
    help: object
    server_time: Instant


class Message(Struct, tag="message"):
    text: str


DASHBOARD = Welcome | Snapshot | Events | Reply | Beat | Colleagues | Bye
WALL = Welcome | Rooms | Reply | WallBeat | Bye
CANDIDATE = Welcome | OpenState | Message | Reply | Beat | Bye


def check_instants(value: object, name: str = "") -> None:
    """Assert that everything that is named like an instant is written as RFC 3339 in UTC.

    From an author to another one, as in a handover, is no stretch of time.
    """
    if isinstance(value, dict):
        for key, inner in value.items():
            check_instants(inner, "colleague" if key == "to" and "by" in value else key)
    elif isinstance(value, list):
        for inner in value:
            check_instants(inner, name)
    elif isinstance(value, str) and (name in INSTANT_NAMES or name.endswith("_at")):
        assert UTC_INSTANT.fullmatch(value), f"{name} is no UTC instant: {value}"


def check_row(row: dict[str, object]) -> None:
    """Assert that a candidate's row is whole and that its facets do not contradict each other."""
    read = msgspec.convert(row, Row)
    started = read.attempt != "not_started"
    assert started == (read.entry_no > 0), f"entry_no {read.entry_no} of an attempt {read.attempt}"
    assert started == (read.certification_number is not None), "the number is given at the first entry, not before"
    if started:
        assert read.presence.state == "confirmed", "nobody starts without a confirmed presence"
