"""Who may give which command: a table written by hand, asked of every command and everybody's standing."""

from __future__ import annotations

import dataclasses
import typing

import pytest

from hub import commands as ask
from hub.model import AccountId, CandidateId, TakeOver, account_author
from hub.ports import Docket, Standing
from hub.service import Order, may
from tests.builders import NOW, NUMBER, a_room, later

ME, OTHER = CandidateId(1), CandidateId(2)
STAFF = set(typing.get_args(ask.StaffCommand))
FINAL_TOUCH = {ask.AddReport, ask.EditReport, ask.RemoveReport, ask.SeeEndScreen, ask.UnseeEndScreen}
OWN = {ask.Enter, ask.Finish, ask.AskHelp, ask.ReturnToSeat}
EVERY = tuple(typing.get_args(ask.Command))

MAY: dict[str, set[type]] = {
    "invigilator": STAFF | {ask.StartSession},
    "admin who took over": STAFF | {ask.StartSession},
    "admin who watches, before the start": {ask.TakeOverRoom},
    "admin who watches, since the start": {ask.TakeOverRoom} | FINAL_TOUCH,
    "jury": set(),
    "stranger": set(),
    "candidate about themselves": OWN,
    "candidate about another": set(),
    "candidate about everybody": set(),
    "hub": {ask.Interrupt, ask.ReturnToSeat, ask.Leave, ask.ReleaseHelp},
}


def docket(who: str) -> Docket:
    room = a_room(started_at=later(minutes=-5) if "since the start" in who else None)
    standing = {
        "invigilator": Standing.COMMAND,
        "admin who took over": Standing.COMMAND,
        "jury": Standing.JURY,
        "stranger": Standing.NONE,
        "hub": Standing.HUB,
    }.get(who, Standing.CLIENT if who.startswith("candidate") else Standing.WATCH)
    client = ME if standing is Standing.CLIENT else None
    return Docket(room, NOW, standing, client, None, is_admin="admin" in who)


def about(who: str) -> tuple[CandidateId, ...] | None:
    return {"candidate about another": (OTHER,), "candidate about everybody": None}.get(who, (ME,))


def built(command: type) -> ask.Command:
    """Make any command at all: who may give it depends on nothing in it."""
    made = command.__new__(command)
    for field in dataclasses.fields(command):
        object.__setattr__(made, field.name, None)
    return typing.cast(ask.Command, made)


@pytest.mark.parametrize("who", MAY)
@pytest.mark.parametrize("command", EVERY)
def test_a_command_is_open_to_whom_the_table_says(command: type, who: str) -> None:
    order = Order(NUMBER, account_author(AccountId(7)), built(command), about(who))
    assert may(order, docket(who)) == (command in MAY[who])


def test_taking_over_again_renews_it() -> None:
    who = account_author(AccountId(7))
    room = a_room(take_overs=(TakeOver(who, later(minutes=5)),))
    order = Order(NUMBER, who, ask.TakeOverRoom(), ())
    assert may(order, Docket(room, NOW, Standing.COMMAND, None, None, is_admin=True))
