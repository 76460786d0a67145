"""Random people in a random room: whatever they do and whenever, what must never happen never happens."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

import msgspec
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from msgspec import structs

from channels.translate import Names, event_view, row, session_view
from hub import audit, rules
from hub import commands as ask
from hub.audit import AuditRecord, Recorded, detail_digest, row_hash
from hub.entry import advance, seat_refusal
from hub.events import Changes, EventKind, RoomEvent
from hub.fold import evolve
from hub.model import (
    HUB,
    AttemptState,
    Author,
    AuthorizationKind,
    Candidate,
    CandidateId,
    Cause,
    ClientId,
    HelpId,
    HelpKind,
    HelpOutcome,
    IdentityState,
    Link,
    LinkState,
    PresenceState,
    Progress,
    ReportId,
    Room,
    Waiting,
    client_author,
)
from hub.refusals import Refusal
from hub.timing import theoretical_end
from tests.builders import CLAIRE, MARC, NOW, NUMBER, a_candidate, a_roster, happen

PEOPLE = tuple(CandidateId(one) for one in (1, 2))
ENTRIES = frozenset({EventKind.ENTERED, EventKind.RESUMED})
OF_THE_SEAT = frozenset({EventKind.FINISHED, EventKind.RECONNECTED})
GRANTS = frozenset({EventKind.PRESENCE_CONFIRMED, EventKind.RESUME_AUTHORIZED})

# Mostly one candidate and mostly the seated client: that is where the rules are.
people = st.sampled_from([PEOPLE[0], PEOPLE[0], PEOPLE[0], PEOPLE[1]])
is_holder = st.sampled_from([True, True, False])
PHONE, DESK = ClientId("phone"), ClientId("desk")
staff = st.sampled_from([CLAIRE, MARC])
# Around every deadline of the rules: the undo window, the life of a resume, the day after.
pauses = st.sampled_from([0.0, 0.001, 1.0, 5.0, 9.999, 10.0, 300.0, 600.0, 900.0, 90_000.0])
numbers = st.integers(min_value=0, max_value=6)
drafts = st.sampled_from([ask.ReportDraft("fraud", None, "x"), ask.ReportDraft("fraud"), ask.ReportDraft("nonsense")])
desk = st.sampled_from(
    [
        # Twice: the three whose consequences last.
        ask.AuthorizeResume(),
        ask.EndAttempt(),
        ask.ConfirmPresence(),
        ask.ConfirmPresence(),
        ask.ConfirmPresence("bus"),
        ask.CancelPresence(),
        ask.MarkAbsent(),
        ask.CheckIdentity(IdentityState.CHECKED),
        ask.CheckIdentity(IdentityState.TO_CORRECT),
        ask.AuthorizeResume(),
        ask.EndAttempt(),
        ask.CancelEnd(),
        ask.AddTime(5, "alarme"),
        ask.AddTime(-5, "erreur"),
        ask.SeeEndScreen(),
        ask.UnseeEndScreen(),
        ask.SendMessage("Cinq minutes"),
        ask.StartSession(),
        ask.TakeOverRoom(),
    ]
)

Json = dict[str, object]


class RoomMachine(RuleBasedStateMachine):
    """A room, the history it wrote, and two mirrors of it: one folded from events, one folded as JSON."""

    @initialize(is_confirmed=st.booleans(), is_running=st.sampled_from([True, True, False]))
    def open(self, is_confirmed: bool, is_running: bool) -> None:
        first = Room(NUMBER, {one: a_candidate(one, extra_time_percentage=33 * (one - 1)) for one in PEOPLE})
        self.now: datetime = NOW
        self.names = Names(a_roster(first))
        self.first = self.room = self.folded = first
        self.records: list[AuditRecord] = []
        self.grants: Counter[CandidateId] = Counter()
        self.entries: Counter[CandidateId] = Counter()
        self.over: dict[CandidateId, AttemptState] = {}
        self.page: dict[int, Json] = {int(one): self.fresh(first.candidates[one]) for one in PEOPLE}
        self.page_session = as_json(session_view(first, self.names))
        # Most of the runs begin where most of the rules are: in the middle of a test.
        for one in PEOPLE[: 2 if is_running else is_confirmed]:
            self.judge(one, ask.ConfirmPresence(), CLAIRE)
            if is_running:
                self.judge(one, ask.Enter(PHONE, is_code_right=True), client_author(PHONE))

    # ── what people do ─────────────────────────────────────────────────────────────────────────────────────

    @rule(seconds=pauses)
    def time_passes(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    @rule(to=people, command=desk, by=staff)
    def somebody_at_the_desk(self, to: CandidateId, command: ask.Command, by: Author) -> None:
        self.judge(to, command, by)

    @rule(to=people, is_holder=is_holder, is_code_right=st.sampled_from([True, True, True, False]))
    def somebody_enters(self, to: CandidateId, is_holder: bool, is_code_right: bool) -> None:
        client = self.client(to, is_holder)
        self.judge(to, ask.Enter(client, is_code_right, total=5), client_author(client))

    @rule(to=people, is_holder=is_holder, answered=st.none() | numbers, total=st.sampled_from([None, 5, 5, 6]))
    def somebody_finishes(self, to: CandidateId, is_holder: bool, answered: int | None, total: int | None) -> None:
        client = self.client(to, is_holder)
        self.judge(to, ask.Finish(client, answered, total, self.row(to).progress), client_author(client))

    @rule(to=people, is_holder=is_holder, kind=st.sampled_from(HelpKind))
    def somebody_calls(self, to: CandidateId, is_holder: bool, kind: HelpKind) -> None:
        client = self.client(to, is_holder)
        self.judge(to, ask.AskHelp(client, kind, 3, "le son"), client_author(client))

    @rule(to=people, by=staff, outcome=st.sampled_from([None, HelpOutcome.ACCEPT, HelpOutcome.DISMISS]), draft=drafts)
    def somebody_answers_a_call(
        self, to: CandidateId, by: Author, outcome: HelpOutcome | None, draft: ask.ReportDraft
    ) -> None:
        number = self.row(to).help[-1].id if self.row(to).help else HelpId(1)
        self.judge(to, ask.TakeHelp(number) if outcome is None else ask.ResolveHelp(number, outcome, "vu", draft), by)

    @rule(to=people, by=staff, draft=drafts, deed=st.sampled_from(["add", "edit", "remove"]))
    def somebody_writes_a_report(self, to: CandidateId, by: Author, draft: ask.ReportDraft, deed: str) -> None:
        number = self.row(to).reports[0].id if self.row(to).reports else ReportId(1)
        commands: Mapping[str, ask.Command] = {
            "add": ask.AddReport(draft),
            "edit": ask.EditReport(number, draft),
            "remove": ask.RemoveReport(number),
        }
        self.judge(to, commands[deed], by)

    @rule(to=people, back=st.integers(min_value=0, max_value=1), cause=st.sampled_from(Cause))
    def a_line_is_lost(self, to: CandidateId, back: int, cause: Cause) -> None:
        was = self.row(to).interrupted_at
        self.judge(to, ask.Interrupt(self.row(to).entry_no - back, 1, timedelta(seconds=15), cause), HUB)
        # An end that is due meanwhile closes the absence of somebody who was interrupted before.
        assert back == 0 or self.row(to).interrupted_at in (was, None), "an older entry was interrupted"

    @rule(to=people, is_holder=is_holder)
    def a_client_comes_back(self, to: CandidateId, is_holder: bool) -> None:
        client = self.client(to, is_holder)
        self.judge(to, ask.ReturnToSeat(client), client_author(client))

    @rule(to=people)
    def nobody_waits_any_more(self, to: CandidateId) -> None:
        self.judge(to, ask.Leave(), HUB)

    @rule(to=people, is_holder=is_holder, answered=numbers, total=st.sampled_from([5, 5, 5, 6]))
    def somebody_answers_questions(self, to: CandidateId, is_holder: bool, answered: int, total: int) -> None:
        before = self.row(to)
        if seat_refusal(before, self.client(to, is_holder)) is not None:
            return
        progress = advance(before.progress, answered, total, None, self.now)
        assert before.interrupted_at is None
        if isinstance(progress, Progress):
            self.happened_live(EventKind.PROGRESSED, to, Changes(progress=progress))

    @rule(to=people, state=st.sampled_from(LinkState), waiting=st.integers(min_value=0, max_value=2))
    def a_line_changes(self, to: CandidateId, state: LinkState, waiting: int) -> None:
        self.happened_live(EventKind.SUSPECT, to, Changes(link=Link(state, self.now)))
        self.happened_live(EventKind.WAITING, to, Changes(waiting=Waiting(waiting), link=Link(state, self.now)))
        self.happened_live(EventKind.TOLD, to, Changes(told_version=self.row(to).version))

    @precondition(lambda self: self.room.finalized_at is None and len(self.records) > 25)
    @rule()
    def the_session_is_closed(self) -> None:
        """Finalization has its own rules later; here everything that was open is frozen."""
        if not any(one.attempt is AttemptState.RUNNING for one in self.room.candidates.values()):
            self.room = structs.replace(self.room, finalized_at=self.now)
            self.folded = structs.replace(self.folded, finalized_at=self.now)
            self.page_session["status"] = "finalized"

    # ── how it is done, and what is remembered ─────────────────────────────────────────────────────────────

    def row(self, one: CandidateId) -> Candidate:
        return self.room.candidates[one]

    def client(self, one: CandidateId, is_holder: bool) -> ClientId:
        """Return the client that holds the seat, or the other one."""
        seat = self.row(one).seat
        holder = PHONE if seat is None else seat.client
        return holder if is_holder else (DESK if holder == PHONE else PHONE)

    def fresh(self, candidate: Candidate) -> Json:
        return as_json(row(candidate, self.names, is_live=True))

    def judge(self, to: CandidateId, command: ask.Command, by: Author) -> None:
        before = self.room
        happened = happen(before, command, to=to, by=by, at=self.now)
        self.judged(happened.recorded, before)
        self.room = happened.room
        if happened.refusal is not None:
            self.refused(happened.refusal, happened.judged)
        if before.finalized_at is not None:
            assert happened.recorded.records == (), "a finalized session is read-only"

    def refused(self, refusal: Refusal, judged: Recorded) -> None:
        assert all(event.kind is EventKind.ENTRY_REFUSED for event in judged.events), refusal

    def judged(self, recorded: Recorded, before: Room) -> None:
        self.records.extend(recorded.records)
        for event in recorded.events:
            row_before = before.candidates.get(event.candidate) if event.candidate is not None else None
            if row_before is not None and event.kind in ENTRIES:
                self.entered(row_before, event)
            if event.candidate is not None and event.kind in GRANTS:
                self.grants[event.candidate] += 1
            if row_before is not None and event.kind in OF_THE_SEAT:
                assert row_before.interrupted_at is None, "an interrupted seat acts only after a resume"
                assert row_before.seat is not None
                assert event.by == client_author(row_before.seat.client)
            self.heard(event)

    def entered(self, before: Candidate, event: RoomEvent) -> None:
        assert before.presence.state is PresenceState.CONFIRMED
        assert before.authorization is not None, "nobody comes in without an authorization"
        assert before.authorization.kind == ("start" if event.kind is EventKind.ENTERED else "resume")
        assert before.authorization.expires_at is None or before.authorization.expires_at > self.now
        assert event.changes["authorization"] is None
        self.entries[before.id] += 1

    def happened_live(self, kind: EventKind, to: CandidateId, changes: Changes) -> None:
        event = RoomEvent(kind, self.now, to, changes=changes)
        self.room = evolve(self.room, event)
        self.heard(event)

    def heard(self, event: RoomEvent) -> None:
        """Fold an event into both mirrors, the second one as a page does: `row |= set`."""
        rows_before = self.folded.candidates
        self.folded = evolve(self.folded, event)
        self.compare(rows_before, event)
        after = self.folded.candidates.get(event.candidate) if event.candidate is not None else None
        view = as_json(event_view(event, after, self.names))
        changed = view["set"]
        assert isinstance(changed, dict)
        if "candidate" in view:
            self.page[int(str(view["candidate"]))] |= changed
        else:
            self.page_session |= changed

    def compare(self, before: Mapping[CandidateId, Candidate], event: RoomEvent) -> None:
        """What an event may never do to a row."""
        for one in PEOPLE:
            was, now = before[one], self.folded.candidates[one]
            assert now.entry_no >= was.entry_no
            assert not was.attempt.is_over or now.attempt is was.attempt, "no way leads back from an end"
            if was.progress is not None:
                assert now.progress is not None
                assert now.progress.answered >= was.progress.answered
                assert now.progress.total == was.progress.total
            if was.certification_number is not None:
                assert now.certification_number == was.certification_number
            if event.candidate is not None and one != event.candidate:
                assert now == was, "an event speaks of one row"

    # ── what always holds ──────────────────────────────────────────────────────────────────────────────────

    @invariant()
    def without_presence_nobody_runs(self) -> None:
        for one in self.room.candidates.values():
            has_started = one.attempt is not AttemptState.NOT_STARTED
            assert not has_started or one.presence.state is PresenceState.CONFIRMED
            assert has_started == (one.certification_number is not None) == (one.entry_no > 0)
            assert has_started == (one.seat is not None)

    @invariant()
    def an_authorization_is_used_at_most_once(self) -> None:
        for one in PEOPLE:
            assert self.entries[one] <= self.grants[one]

    @invariant()
    def an_unused_authorization_opens_something(self) -> None:
        for one in self.room.candidates.values():
            if one.authorization is None:
                continue
            if one.authorization.kind is AuthorizationKind.START:
                assert one.presence.state is PresenceState.CONFIRMED
                assert one.attempt is AttemptState.NOT_STARTED
            else:
                assert one.attempt is AttemptState.RUNNING
                assert one.ending_at is None

    @invariant()
    def nothing_stays_open_after_the_end(self) -> None:
        for one in self.room.candidates.values():
            if one.attempt.is_over:
                assert one.open_help is None
                assert one.authorization is None
                assert one.entry_refused is None
                assert one.ending_at is None or one.attempt is AttemptState.ENDED

    @invariant()
    def there_is_at_most_one_open_call_and_one_open_interruption(self) -> None:
        for one in self.room.candidates.values():
            assert sum(request.outcome is None for request in one.help) <= 1
            assert len({request.id for request in one.help}) == len(one.help)
            assert len({report.id for report in one.reports}) == len(one.reports)
            still_lost = [lost for lost in one.time.interruptions if lost.until is None]
            if one.attempt is AttemptState.RUNNING:
                assert len(still_lost) == (one.interrupted_at is not None)

    @invariant()
    def minutes_never_fall_below_zero_and_the_end_follows_them(self) -> None:
        for one in self.room.candidates.values():
            assert one.time.minutes_added >= 0
            assert one.time.theoretical_end == theoretical_end(self.room, one, one.time.minutes_added)

    @invariant()
    def settling_twice_is_settling_once(self) -> None:
        events = rules.settle(self.room, self.now)
        signature = audit.Signature(HUB, self.now, self.now, lambda: "")
        settled = audit.record(self.room, events, signature).room
        assert rules.settle(settled, self.now) == ()
        for one in settled.candidates.values():
            is_due = one.ending_at is not None and one.ending_at <= self.now
            assert not (is_due and one.attempt is AttemptState.RUNNING)

    @invariant()
    def the_chain_is_whole(self) -> None:
        assert [one.seq for one in self.records] == list(range(1, len(self.records) + 1))
        assert self.room.decision_seq == len(self.records)
        previous = ""
        for one in self.records:
            assert one.previous_hash == previous
            assert row_hash(replace(one, hash="")) == one.hash
            assert one.detail_digest == (detail_digest(one.salt, one.detail) if one.detail else "")
            previous = one.hash
        assert self.room.decision_hash == previous

    @invariant()
    def the_events_alone_make_the_room(self) -> None:
        assert structs.replace(self.folded, decision_hash=self.room.decision_hash) == self.room

    @invariant()
    def a_page_that_folds_equals_a_page_that_reloads(self) -> None:
        assert self.page == {int(one): self.fresh(self.row(one)) for one in PEOPLE}
        assert self.page_session == as_json(session_view(self.room, self.names))


def as_json(value: object) -> Json:
    """Return a struct as a page gets it."""
    decoded: Json = msgspec.json.decode(msgspec.json.encode(value))
    return decoded


TestRoom = RoomMachine.TestCase
# Enough to find each of the mutants tried by hand, and still a few seconds of a check that must stay quick.
TestRoom.settings = settings(max_examples=300, stateful_step_count=50, deadline=None)
