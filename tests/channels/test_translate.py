"""Frames become commands, rooms become rows, authors become names; nobody is told what is not theirs."""

from __future__ import annotations

import json
import typing
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from channels import wire
from channels.translate import (
    INTERNAL_FACETS,
    Names,
    authors_of,
    body_digest,
    candidate_reply,
    candidate_state,
    event_view,
    row,
    session_view,
    staff_reply,
    targets,
    to_command,
)
from hub import commands as ask
from hub import handover
from hub.events import Changes, EventKind, RoomEvent
from hub.model import (
    HUB,
    AccountId,
    Candidate,
    CandidateId,
    HandOver,
    HelpId,
    HelpKind,
    HelpOutcome,
    account_author,
    client_author,
)
from hub.policy import Policy
from hub.ports import Answer, Result
from hub.refusals import Code, Refusal
from tests.builders import CALL, CLAIRE, MARC, ME, NOW, OTHER, SEATED, a_roster, happen, later, settle
from tests.hub.table import LINES, STATES, ProgressFrame

SAYINGS = sorted((Path(__file__).parent / "examples" / "invigilator_says").glob("*.json"))
UNKEYED = {"hello", "sync", "alive", "look", "claim", "saw"}
"""What a dashboard says besides commands."""
ROOM = STATES["running"].room
NAMES = Names(a_roster(ROOM))


def frame_of(name: str) -> wire.StaffCommand:
    """Read a staff command's example."""
    path = Path(__file__).parent / "examples" / "invigilator_says" / f"{name}.json"
    return msgspec.json.decode(path.read_bytes(), type=wire.StaffCommand)


# ── frames ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("frame", typing.get_args(wire.StaffCommand), ids=lambda frame: frame.__struct_config__.tag)
def test_every_staff_frame_is_a_deed(frame: type[msgspec.Struct]) -> None:
    deed = to_command(frame_of(str(frame.__struct_config__.tag)))
    assert isinstance(deed, ask.StaffCommand | ask.RoomCommand)


def test_every_deed_of_the_staff_has_a_frame() -> None:
    frames = {json.loads(path.read_text("utf-8"))["type"] for path in SAYINGS} - UNKEYED
    deeds = {type(to_command(frame_of(name))) for name in frames}
    assert deeds == {*typing.get_args(ask.StaffCommand), *typing.get_args(ask.RoomCommand)}


def test_a_frame_says_whom_it_is_about() -> None:
    assert targets(frame_of("presence.confirm")) == (12, 13)
    assert targets(frame_of("presence.confirm.all")) is None
    assert targets(frame_of("session.start")) == ()


def test_the_fingerprint_of_a_body_ignores_number_and_key_and_nothing_else() -> None:
    frame = typing.cast(wire.TimeAdd, frame_of("time.add"))
    again = msgspec.structs.replace(frame, ref=99, key="another-key")
    assert body_digest(again) == body_digest(frame)
    assert body_digest(msgspec.structs.replace(frame, minutes=6)) != body_digest(frame)
    assert body_digest(msgspec.structs.replace(frame, candidates="all")) != body_digest(frame)


# ── names ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_staff_have_names_the_hub_is_itself_and_a_client_is_its_candidate() -> None:
    assert NAMES.of(CLAIRE) == "Claire Petit"
    assert NAMES.of(HUB) == "hub"
    assert NAMES.of(client_author(SEATED), ME) == "Prénom1 NOM1"


def test_an_author_who_is_not_in_the_roster_is_noticed_and_never_shown_as_an_id() -> None:
    stranger = account_author(AccountId(99))
    assert not NAMES.knows(stranger)
    assert NAMES.of(stranger) == "?"
    assert all(NAMES.knows(one) for one in (CLAIRE, HUB, client_author(SEATED), None))


def test_no_author_leaves_the_hub_as_an_account_or_a_client() -> None:
    for line in LINES:
        if isinstance(line.command, ProgressFrame):
            continue
        for state in STATES.values():
            happened = happen(state.room, line.command)
            for event in happened.recorded.events:
                after = happened.room.candidates.get(event.candidate) if event.candidate else None
                text = msgspec.json.encode(event_view(event, after, NAMES)).decode()
                assert "account:" not in text
                assert "client:" not in text
                assert '"seated"' not in text


# ── rows and events ────────────────────────────────────────────────────────────────────────────────────────────────


def test_without_the_live_store_nothing_is_known_of_a_line() -> None:
    assert row(ROOM.candidates[ME], NAMES, is_live=False).link == wire.Link("unknown", None)
    assert row(ROOM.candidates[ME], NAMES, is_live=True).link == wire.Link("never", None)


def test_every_facet_that_an_event_can_change_is_a_key_of_a_row() -> None:
    facets = set(typing.get_type_hints(Changes))
    assert facets - INTERNAL_FACETS <= set(wire.Row.__struct_fields__)


# What `set` holds at least, by kind of event: a page written from the contract counts on it.
SETS: dict[str, set[str]] = {
    "candidate.entered": {
        "attempt",
        "entry_no",
        "certification_number",
        "authorization",
        "entry_refused",
        "interrupted_at",
        "time",
    },
    "candidate.resumed": {"entry_no", "authorization", "entry_refused", "interrupted_at", "time"},
    "candidate.interrupted": {"interrupted_at", "time"},
    "candidate.ending": {"ending_at"},
    "candidate.ending_cancelled": {"ending_at"},
    "candidate.finished": {"attempt", "ending_at", "progress", "help"},
    "candidate.ended": {"attempt", "ending_at", "help"},
    "candidate.entry_refused": {"entry_refused"},
    "candidate.reconnected": {"entry_no"},
    "presence.confirmed": {"presence", "authorization", "entry_refused"},
    "presence.cancelled": {"presence", "authorization"},
    "presence.absent": {"presence", "authorization"},
    "identity.checked": {"identity"},
    "resume.authorized": {"authorization", "entry_refused"},
    "authorization.expired": {"authorization"},
    "help.opened": {"help"},
    "help.taken": {"help"},
    "help.resolved": {"help"},
    "help.lapsed": {"help"},
    "time.added": {"time"},
    "end_screen.seen": {"end_screen_seen"},
    "end_screen.unseen": {"end_screen_seen"},
    "report.added": {"reports"},
    "report.changed": {"reports"},
    "report.removed": {"reports"},
    "message.sent": set(),
    "candidate.left": set(),
}


def decided_events() -> list[tuple[RoomEvent, Candidate]]:
    """Play the whole table, and what falls due, and return each event about a candidate with its row after it."""
    found: list[tuple[RoomEvent, Candidate]] = []
    for state in STATES.values():
        lapsed = settle(state.room, later(minutes=20))
        found += [(event, lapsed.room.candidates[ME]) for event in lapsed.events]
        for line in LINES:
            if not isinstance(line.command, ProgressFrame):
                happened = happen(state.room, line.command)
                found += [(event, happened.me) for event in happened.recorded.events if event.candidate is not None]
    return [(event, after) for event, after in found if event.kind is not EventKind.SESSION_STARTED]


def test_what_a_set_holds_is_what_the_contract_says() -> None:
    seen: dict[str, set[str]] = {}
    for event, after in decided_events():
        view = event_view(event, after, NAMES)
        assert view.set is not None
        assert view.by is not msgspec.UNSET
        assert view.decision is not msgspec.UNSET
        keys = seen.setdefault(event.kind, set(view.set))
        keys &= set(view.set)
    assert set(seen) == set(SETS)
    assert {kind: needed - seen[kind] for kind, needed in SETS.items() if needed - seen[kind]} == {}


def test_the_lapsed_call_is_already_in_the_event_of_the_end() -> None:
    """A page that draws after each event never shows an ended candidate who still calls."""
    done = happen(ROOM, ask.Finish(SEATED, 20, 20))
    finished = done.judged.events[0]
    assert [one.outcome for one in finished.changes["help"]] == [HelpOutcome.LAPSED]


def test_a_session_event_without_a_candidate_changes_the_session() -> None:
    started = happen(STATES["expected"].room, ask.StartSession())
    view = event_view(started.judged.events[0], None, NAMES)
    assert view.candidate is msgspec.UNSET
    assert view.set == {"started_at": NOW}
    taken = happen(ROOM, ask.TakeOverRoom(), by=MARC)
    view = event_view(taken.judged.events[0], None, NAMES)
    assert view.set == {"taken_over": [wire.TakeOverView("Marc Roy", later(minutes=15))]}


def test_a_handover_names_everybody_whose_name_must_be_read() -> None:
    held = HandOver(account_author(AccountId(30)), account_author(AccountId(31)), later(hours=1))
    given = handover.accept(replace(ROOM, hand_overs=(held,)), CLAIRE, MARC, NOW, Policy(), is_bound=False)
    assert not isinstance(given, Refusal)
    event = RoomEvent(given[0].kind, NOW, by=MARC, decision=1001, room=given[0].room)
    assert set(authors_of(event)) == {CLAIRE, MARC, held.by, held.to}
    view = event_view(event, None, NAMES)
    assert view.set["handed_over"][-1] == wire.HandOverView("Claire Petit", "Marc Roy", later(hours=4))  # type: ignore[index]


def test_a_finalized_session_says_so() -> None:
    assert session_view(STATES["running"].room, NAMES).status == "open"
    assert session_view(STATES["finalized_closed"].room, NAMES).status == "finalized"


# ── replies ────────────────────────────────────────────────────────────────────────────────────────────────────────


def answer(*results: Result) -> Answer:
    """Build an answer."""
    return Answer(results, 88)


def encoded(reply: wire.Reply) -> dict[str, object]:
    """Return a reply as a client reads it."""
    decoded: dict[str, object] = msgspec.json.decode(msgspec.json.encode(reply))
    return decoded


def test_a_staff_reply_has_one_result_per_candidate_also_when_all_are_refused() -> None:
    taken = Refusal(Code.HELP_TAKEN, by=MARC)
    told = encoded(staff_reply(7, answer(Result(ME, taken), Result(CandidateId(2), is_already=True)), NAMES))
    assert told == {
        "type": "reply",
        "ref": 7,
        "ok": True,
        "decision_seq": 88,
        "results": [
            {"candidate": 1, "ok": False, "code": "help_taken", "by": "Marc Roy"},
            {"candidate": 2, "ok": True, "already": True},
        ],
    }


def test_a_rooms_command_has_no_results() -> None:
    assert encoded(staff_reply(7, answer(Result()), NAMES))["results"] == []
    refused = encoded(staff_reply(7, answer(Result(None, Refusal(Code.SESSION_CLOSED))), NAMES))
    assert refused == {"type": "reply", "ref": 7, "ok": False, "error": {"code": "session_closed"}}


def test_a_candidates_reply_is_yes_or_the_code() -> None:
    called = Answer((Result(ME),), 88, HelpId(88))
    assert encoded(candidate_reply(3, called)) == {
        "type": "reply",
        "ref": 3,
        "ok": True,
        "decision_seq": 88,
        "help": 88,
    }
    limited = answer(Result(ME, Refusal(Code.RATE_LIMITED, after_ms=9200)))
    assert encoded(candidate_reply(3, limited))["error"] == {"code": "rate_limited", "retry": True, "after_ms": 9200}


# ── what a candidate hears ─────────────────────────────────────────────────────────────────────────────────────────


def state_of(name: str, client: str = SEATED, *, holds_seat: bool = True) -> wire.State:
    """Return what a client of the first candidate is shown in a state of the table."""
    room = STATES[name].room
    return candidate_state(room, room.candidates[ME], client, holds_seat=holds_seat, queue_place=None, now=NOW)


def test_only_the_client_that_holds_the_seat_is_in_the_test() -> None:
    assert state_of("running").in_test
    assert not state_of("running", OTHER).in_test
    assert not state_of("running", holds_seat=False).in_test
    assert not state_of("interrupted").in_test
    assert not state_of("finished").in_test


def test_a_candidate_never_hears_of_a_pending_end() -> None:
    told, calm = state_of("ending"), state_of("running")
    assert msgspec.json.encode(told) == msgspec.json.encode(calm)


def test_an_interrupted_candidate_hears_since_when() -> None:
    assert state_of("interrupted").suspended_since == STATES["interrupted"].room.candidates[ME].interrupted_at


@pytest.mark.parametrize(
    ("name", "reason"),
    [("running", None), ("finished", "finished"), ("ended", "ended_by_invigilator"), ("finalized_closed", "closed")],
)
def test_the_end_screen_knows_the_reason_and_the_number(name: str, reason: str | None) -> None:
    told = state_of(name)
    assert (told.end_reason, told.certification_number) == (reason, 700_001)


def test_a_candidate_never_hears_who_comes() -> None:
    taken = happen(ROOM, ask.TakeHelp(CALL), by=CLAIRE)
    told = candidate_state(taken.room, taken.me, SEATED, holds_seat=True, queue_place=None, now=NOW)
    assert told.help[0].is_taken
    assert b"Claire" not in msgspec.json.encode(told)


def test_the_version_rises_with_whatever_changes_what_a_candidate_is_shown() -> None:
    """Over the whole table: another state with the same version would never reach a page that lost one."""
    blind = {"version": 0, "server_time": NOW, "answered": None, "total": None}
    for line in LINES:
        for name, state in STATES.items():
            if isinstance(line.command, ProgressFrame):
                continue
            happened = happen(state.room, line.command)
            # A due end is settled first and is news by itself.
            before, after = state.room.candidates[ME], happened.me
            shown = [
                msgspec.structs.replace(
                    candidate_state(room, one, SEATED, holds_seat=True, queue_place=None, now=NOW), **blind
                )
                for room, one in ((state.room, before), (happened.room, after))
            ]
            is_news = shown[0] != shown[1]
            assert (after.version > before.version) or not is_news, (line.name, name)


def test_an_events_author_is_seen_with_the_events_candidate() -> None:
    asked = happen(ROOM, ask.AskHelp(SEATED, HelpKind.OTHER), by=client_author(SEATED))
    assert event_view(asked.judged.events[0], asked.me, NAMES).by == "Prénom1 NOM1"


def test_an_event_of_the_live_store_has_no_author_and_no_decision() -> None:
    live = RoomEvent(EventKind.TOLD, NOW, ME, changes=Changes(told_version=5))
    told = json.loads(msgspec.json.encode(event_view(live, replace(ROOM.candidates[ME], told_version=5), NAMES)))
    assert told == {"type": "candidate.told", "at": "2026-11-23T09:30:00Z", "set": {"told_version": 5}, "candidate": 1}
