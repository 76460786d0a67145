"""Who a request is, whose page it comes from and for which center it works, before any store is asked."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Never, cast

import pytest
from starlette.requests import Request

from hub.directory import Directory
from hub.model import AccountId, SessionNumber
from hub.people import Account, CenterId, Role
from hub.preparation import SessionSummary
from web.access import (
    MAX_SECRET_CHARACTERS,
    center_of,
    is_allowed_origin,
    may_invite,
    may_judge,
    may_prepare,
    may_reset,
    visitor,
)
from web.errors import Refused

OURS, ALSO_OURS = "https://vigie.example.org", "https://hub.example.org"
NORTH, SOUTH = CenterId(1), CenterId(2)


def a_request(*headers: tuple[str, str]) -> Request:
    raw = [(name.encode(), value.encode()) for name, value in headers]
    return Request({"type": "http", "method": "GET", "headers": raw})


def an_account(role: Role, *centers: CenterId, number: int = 1, is_disabled: bool = False) -> Account:
    return Account(AccountId(number), "a@example.org", "A", role, is_disabled, centers)


def a_session(*, finalized_at: datetime | None) -> SessionSummary:
    day, time_zone = date(2026, 11, 21), "Europe/Paris"
    return SessionSummary(
        SessionNumber(296), NORTH, "Nord", time_zone, "Site", "B12", day, "09:00", 90, "", None, finalized_at, 0
    )


class NobodyAsked:
    """A directory that must not be asked."""

    async def find_login(self, secret_hash: bytes) -> Never:
        raise AssertionError("the directory was asked")


# ── who ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("secret", ["", "x" * (MAX_SECRET_CHARACTERS + 1)], ids=["none", "longer than any"])
async def test_what_is_no_secret_is_not_looked_for(secret: str) -> None:
    with pytest.raises(Refused) as refused:
        await visitor(cast(Directory, NobodyAsked()), {OURS}, a_request(("authorization", f"Bearer {secret}")))
    assert (refused.value.status, str(refused.value)) == (401, "not_signed_in")


@pytest.mark.parametrize(
    ("said", "is_allowed"),
    [
        ((), True),
        ((OURS,), True),
        ((OURS, ALSO_OURS), False),
        ((OURS, "https://evil.example"), False),
        (("null",), False),
    ],
)
def test_a_request_comes_from_one_page_of_ours_or_from_no_page(said: tuple[str, ...], *, is_allowed: bool) -> None:
    request = a_request(*(("origin", one) for one in said))
    assert is_allowed_origin({OURS, ALSO_OURS}, request) is is_allowed


# ── what ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("role", "centers", "may"),
    [
        (Role.INVIGILATOR, (NORTH,), True),
        (Role.CENTER_ADMIN, (NORTH, SOUTH), True),
        (Role.INVIGILATOR, (), False),
        (Role.INVIGILATOR, (NORTH, CenterId(3)), False),
        (Role.JURY, (NORTH,), False),
        (Role.OPERATOR, (NORTH,), False),
    ],
)
def test_an_admin_invites_their_like_and_below_in_their_own_centers(
    role: Role, centers: tuple[CenterId, ...], *, may: bool
) -> None:
    assert may_invite(an_account(Role.CENTER_ADMIN, NORTH, SOUTH), role, centers) is may
    assert not may_invite(an_account(Role.CENTER_ADMIN, NORTH, SOUTH, is_disabled=True), role, centers)
    assert not may_invite(an_account(Role.INVIGILATOR, NORTH, SOUTH), role, centers)
    assert may_invite(an_account(Role.OPERATOR), role, centers)


def test_a_session_is_prepared_by_an_admin_of_its_center_and_by_nobody_else_of_it() -> None:
    assert may_prepare(an_account(Role.CENTER_ADMIN, SOUTH, NORTH), NORTH)
    assert not may_prepare(an_account(Role.CENTER_ADMIN, SOUTH), NORTH)
    assert not may_prepare(an_account(Role.INVIGILATOR, NORTH), NORTH)


def test_only_the_jury_judges_and_only_what_is_finalized() -> None:
    opened = a_session(finalized_at=None)
    finalized = replace(opened, finalized_at=datetime(2026, 11, 21, 12, tzinfo=UTC))
    assert may_judge(an_account(Role.JURY), finalized)
    assert not may_judge(an_account(Role.JURY), opened)
    assert not may_judge(an_account(Role.CENTER_ADMIN, NORTH), finalized)


def test_nobody_resets_their_own_password_nor_that_of_a_disabled_account() -> None:
    admin, operator = an_account(Role.CENTER_ADMIN, NORTH), an_account(Role.OPERATOR, number=2)
    assert may_reset(operator, admin)
    assert not may_reset(operator, operator)
    assert not may_reset(admin, admin)
    assert not may_reset(operator, an_account(Role.INVIGILATOR, NORTH, number=3, is_disabled=True))


def test_who_works_for_several_centers_says_for_which() -> None:
    assert center_of(an_account(Role.CENTER_ADMIN, NORTH), None) == NORTH
    both = an_account(Role.CENTER_ADMIN, NORTH, SOUTH)
    assert center_of(both, str(SOUTH)) == SOUTH
    for wanted in (None, "3", ""):
        with pytest.raises(Refused) as refused:
            center_of(both, wanted)
        assert refused.value.status == 400
    with pytest.raises(Refused) as refused:
        center_of(an_account(Role.CENTER_ADMIN), str(NORTH))
    assert refused.value.status == 403
