"""Every command in every state, against the table written from the rules."""

from collections import Counter

import pytest

from hub import commands as ask
from hub.entry import advance, seat_refusal
from hub.model import HUB, Author, client_author
from hub.refusals import Code
from tests.builders import CLAIRE, ME, NOW, OTHER, SEATED, happen, settle
from tests.hub.table import FAMILIES, LINES, STATES, Line, ProgressFrame


def author_of(command: ask.Command) -> Author:
    """Return who would send this command."""
    if isinstance(command, ask.Enter | ask.Finish | ask.AskHelp | ask.ReturnToSeat):
        return client_author(command.client)
    return HUB if isinstance(command, ask.Interrupt | ask.Leave | ask.ReleaseHelp) else CLAIRE


def cell(line: Line, state: str) -> str:
    """Say what the hub does, in the words of the table."""
    room = STATES[state].room
    if isinstance(line.command, ProgressFrame):
        return progress_cell(line.command, state)
    happened = happen(room, line.command, by=author_of(line.command))
    kinds = " ".join(happened.kinds)
    if happened.refusal is not None:
        return f"{happened.refusal.code}, {kinds}" if kinds else happened.refusal.code
    return kinds or "already"


def progress_cell(frame: ProgressFrame, state: str) -> str:
    """Judge progress by the seat and by its numbers, as the conversation does."""
    row = settle(STATES[state].room, NOW).room.candidates[ME]
    code = seat_refusal(row, SEATED if frame.is_seated else OTHER)
    if code is not None:
        return code
    advanced = advance(row.progress, 5, 20, 6, NOW)
    return advanced if isinstance(advanced, Code) else "candidate.progressed"


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("line", LINES, ids=lambda line: line.name)
def test_every_command_in_every_state_does_what_the_rules_say(line: Line, state: str) -> None:
    assert cell(line, state) == line.cell(state)


@pytest.mark.parametrize("line", LINES, ids=lambda line: line.name)
def test_the_table_has_exactly_one_cell_for_every_state(line: Line) -> None:
    named = Counter(state for states in line.cells for state in states.split())
    assert named == Counter(STATES.keys())


def test_every_state_belongs_to_one_family() -> None:
    assert Counter(one for family in FAMILIES.values() for one in family) == Counter(STATES.keys())


def test_every_kind_of_command_has_a_line() -> None:
    known = {type(line.command) for line in LINES}
    asked = {*ask.StaffCommand.__args__, *ask.RoomCommand.__args__}
    asked |= {*ask.CandidateCommand.__args__, *ask.HubCommand.__args__}
    assert known - {ProgressFrame} == asked


def test_a_refused_entry_is_the_only_refusal_that_leaves_a_trace() -> None:
    for line in LINES:
        for state in STATES:
            code, _, trace = line.cell(state).partition(", ")
            if trace:
                assert (line.name.startswith("enter"), trace) == (True, "candidate.entry_refused"), (line.name, code)
