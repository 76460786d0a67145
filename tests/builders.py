"""Small builders: a room, a candidate in a state, names, a clock moved by hand, and the one way of a decision."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from msgspec.structs import replace

from hub import audit, rules
from hub.audit import Recorded, Signature
from hub.commands import Command, RoomCommand
from hub.events import EventKind
from hub.model import (
    HUB,
    Author,
    Candidate,
    CandidateId,
    ClientId,
    HelpId,
    HelpKind,
    HelpOutcome,
    HelpRequest,
    IssueReport,
    Person,
    ReportId,
    Room,
    Roster,
    SessionNumber,
    Sheet,
    account_author,
)
from hub.policy import Policy
from hub.refusals import Refusal

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
NUMBER = SessionNumber(296)
CLAIRE = account_author(7)  # type: ignore[arg-type]
MARC = account_author(8)  # type: ignore[arg-type]
ME = CandidateId(1)
SEATED = ClientId("seated")
OTHER = ClientId("other")
CALL = HelpId(900)
REPORT = ReportId(901)
POLICY = Policy()
SALT = "0" * 32


def later(*, hours: float = 0, minutes: float = 0, seconds: float = 0) -> datetime:
    """Return an instant after NOW (or before it, with negative numbers)."""
    return NOW + timedelta(hours=hours, minutes=minutes, seconds=seconds)


class ManualClock:
    """A node's clock that only moves when told to."""

    def __init__(self, start: datetime = NOW) -> None:
        self._now = start
        self._monotonic = 0.0

    def now(self) -> datetime:
        """Return the wall clock."""
        return self._now

    def monotonic(self) -> float:
        """Return seconds that never go back."""
        return self._monotonic

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self._now += timedelta(seconds=seconds)
        self._monotonic += seconds


def a_room(*candidates: Candidate, **facts: object) -> Room:
    """Build a room of these candidates (one expected candidate when none is given)."""
    rows = candidates or (a_candidate(),)
    # A room that had a life before: the ids of calls and reports are numbers of earlier decisions.
    room = Room(NUMBER, {one.id: one for one in rows}, decision_seq=1000)
    return replace(room, **facts)  # type: ignore[arg-type]


def a_candidate(number: int = ME, **facets: object) -> Candidate:
    """Build a candidate with these facets, everything else as on the first morning."""
    return replace(Candidate(CandidateId(number), reserved_number=700_000 + number), **facets)  # type: ignore[arg-type]


def a_call(outcome: HelpOutcome | None = None, number: int = CALL) -> HelpRequest:
    """Build a call for help, open unless it has an outcome."""
    return HelpRequest(HelpId(number), HelpKind.OTHER, None, "le son ?", later(minutes=-1), outcome=outcome)


def a_report() -> IssueReport:
    """Build a complete issue report."""
    return IssueReport(REPORT, "other", None, "alarme incendie", CLAIRE, later(minutes=-5))


def a_sheet() -> Sheet:
    """Build what is written on the session's door."""
    return Sheet(
        NUMBER, "Lycée Nord", "Nord", "B12", date(2026, 11, 23), "10:00", "Europe/Paris", "C. Petit", "", "XGDZ45"
    )


def a_roster(room: Room, version: int = 1) -> Roster:
    """Build names for everybody in a room and for both invigilators."""
    people = {one: Person(f"NOM{one}", f"Prénom{one}", date(2008, 1, 1 + one % 28)) for one in room.candidates}
    return Roster(version, a_sheet(), people, {CLAIRE: "Claire Petit", MARC: "Marc Roy"})


@dataclass(frozen=True)
class Happened:
    """What one command did: the room afterwards, the refusal if any, and what settling and judging recorded."""

    room: Room
    refusal: Refusal | None
    settled: Recorded
    judged: Recorded
    after: Recorded
    recorded: Recorded = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "recorded", self.settled.then(self.judged).then(self.after))

    @property
    def kinds(self) -> list[EventKind]:
        """List the kinds of the command's own events, echoes of session events left out."""
        seqs = {row.seq: row.kind for row in self.judged.records}
        return [seqs[seq] for seq in sorted(seqs)]

    @property
    def is_already(self) -> bool:
        """Tell whether it was so before."""
        return self.refusal is None and not self.judged.events

    @property
    def me(self) -> Candidate:
        """Return the first candidate's row afterwards."""
        return self.room.candidates[ME]


def happen(
    room: Room,
    command: Command,
    *,
    to: CandidateId = ME,
    by: Author = CLAIRE,
    at: datetime = NOW,
    policy: Policy = POLICY,
) -> Happened:
    """Take one command the way of every decision: settle what is due, judge, record, settle again."""
    settled = settle(room, at)
    if isinstance(command, RoomCommand):
        outcome = rules.decide_room(settled.room, command, by, at, policy)
    else:
        outcome = rules.decide(settled.room, settled.room.candidates[to], command, by, at, policy)
    events = outcome.events if isinstance(outcome, Refusal) else outcome
    judged = audit.record(settled.room, events, Signature(by, at, at, lambda: SALT))
    after = settle(judged.room, at)
    return Happened(after.room, outcome if isinstance(outcome, Refusal) else None, settled, judged, after)


def settle(room: Room, at: datetime) -> Recorded:
    """Record what is due, as the hub."""
    return audit.record(room, rules.settle(room, at), Signature(HUB, at, at, lambda: SALT))
