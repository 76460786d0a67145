"""Those who have an account: who sees whom, who is kept out, and the centers they belong to."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from typing import Any

import httpx
import pytest

from hub.people import Account, AccountDraft, Role
from tests.web.lycee import Hiring, Staff, code
from web.house import House


async def listed(staff: Staff, q: str = "") -> list[dict[str, Any]]:
    answer = await staff.http.get("/api/accounts", params={"q": q} if q else {})
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["accounts"]
    return found


def ids(found: Collection[dict[str, Any]]) -> set[int]:
    return {one["id"] for one in found}


# ── who sees whom ──────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_center_admin_sees_the_people_of_own_centers_and_an_operator_everybody(hire: Hiring) -> None:
    center, second, foreign = [await hire.center() for _ in range(3)]
    admin = await hire.staff(Role.CENTER_ADMIN, center, second)
    invigilator, both = (
        await hire.account(Role.INVIGILATOR, second),
        await hire.staff(Role.CENTER_ADMIN, center, foreign),
    )
    stranger, jury = await hire.account(Role.INVIGILATOR, foreign), await hire.account(Role.JURY)
    found = await listed(admin)
    assert ids(found) == {admin.account.id, invigilator.id, both.account.id}
    line = next(one for one in found if one["id"] == both.account.id)
    assert line["last_access_at"] is not None
    assert {**line, "last_access_at": None} == {
        "id": both.account.id,
        "name": both.account.name,
        "email": both.account.email,
        "role": "center_admin",
        "centers": [{"id": one.id, "name": one.name} for one in sorted((center, foreign), key=lambda one: one.name)],
        "is_disabled": False,
        "last_access_at": None,
        "may_reset": False,
    }
    assert {one["id"]: one["may_reset"] for one in found} == {
        admin.account.id: False,
        invigilator.id: True,
        both.account.id: False,
    }
    operator = await hire.staff(Role.OPERATOR)
    everybody = await listed(operator)
    assert ids(found) | {stranger.id, jury.id, operator.account.id} <= ids(everybody)
    assert [one["id"] for one in everybody if not one["may_reset"] and not one["is_disabled"]] == [operator.account.id]


async def test_the_terminal_is_nobody(hire: Hiring, house: House) -> None:
    nobody = await house.directory.create_account(AccountDraft("nobody@vigie.invalid", "Nobody", Role.OPERATOR))
    operator = await hire.staff(Role.OPERATOR)
    assert nobody.id not in ids(await listed(operator))
    assert code(await operator.http.post(f"/api/accounts/{nobody.id}/disable")) == (404, "not_found")


async def test_a_search_looks_in_names_and_addresses_and_its_signs_mean_themselves(hire: Hiring) -> None:
    admin = await hire.admin()
    for q in (admin.account.name.upper(), admin.account.email[:12], f" {admin.account.name} "):
        assert ids(await listed(admin, q)) == {admin.account.id}
    for q in ("%", "_", "\\"):
        assert await listed(admin, q) == []
    for params in ({"q": "a\0"}, {"q": "x" * 101}, {"page": "1"}):
        assert code(await admin.http.get("/api/accounts", params=params)) == (400, "invalid")


@pytest.mark.parametrize("role", [Role.INVIGILATOR, Role.JURY])
async def test_invigilators_and_jury_see_neither_people_nor_centers(hire: Hiring, role: Role) -> None:
    staff = await hire.staff(role, await hire.center())
    for path in ("/api/accounts", "/api/centers"):
        assert code(await staff.http.get(path)) == (403, "forbidden")


async def test_whoever_is_not_signed_in_sees_and_changes_nothing(hire: Hiring, anybody: httpx.AsyncClient) -> None:
    account = await hire.account(Role.INVIGILATOR)
    for method, path in (
        ("GET", "/api/accounts"),
        ("POST", f"/api/accounts/{account.id}/disable"),
        ("POST", f"/api/accounts/{account.id}/enable"),
        ("GET", "/api/centers"),
        ("POST", "/api/centers"),
    ):
        assert code(await anybody.request(method, path)) == (401, "not_signed_in")


# ── keeping somebody out ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("role", [Role.CENTER_ADMIN, Role.INVIGILATOR, Role.JURY])
async def test_only_operators_keep_anybody_out(hire: Hiring, role: Role) -> None:
    center = await hire.center()
    staff, account = await hire.staff(role, center), await hire.account(Role.INVIGILATOR, center)
    for deed in ("disable", "enable"):
        assert code(await staff.http.post(f"/api/accounts/{account.id}/{deed}")) == (403, "forbidden")


@pytest.mark.parametrize("role", list(Role))
async def test_a_disabled_account_is_signed_out_at_once_and_comes_back_when_enabled(hire: Hiring, role: Role) -> None:
    operator, staff = await hire.staff(Role.OPERATOR), await hire.staff(role, await hire.center())
    path = f"/api/accounts/{staff.account.id}"
    for _ in range(2):
        answer = await operator.http.post(f"{path}/disable")
        assert (answer.status_code, answer.json()["id"], answer.json()["is_disabled"]) == (200, staff.account.id, True)
    assert code(await staff.http.get("/api/me")) == (401, "not_signed_in")
    answer = await operator.http.post(f"{path}/enable")
    assert (answer.status_code, answer.json()["is_disabled"]) == (200, False)
    assert code(await staff.http.get("/api/me")) == (401, "not_signed_in")
    assert await hire.house.directory.credentials(staff.account.email) is not None


async def test_nobody_disables_themselves_nor_whom_there_is_not(hire: Hiring) -> None:
    operator = await hire.staff(Role.OPERATOR)
    own = await operator.http.post(f"/api/accounts/{operator.account.id}/disable")
    assert code(own) == (409, "own_account")
    for number in (2**53, 0, 9999999999999999):
        assert code(await operator.http.post(f"/api/accounts/{number}/disable")) == (404, "not_found")


async def test_the_last_operator_stays_whoever_disables_whom_at_once(hire: Hiring, house: House) -> None:
    operators = await only_operators(hire, house, 2)
    for _ in range(50):
        done = await asyncio.gather(*(house.directory.disable_unless_last(one.id) for one in operators))
        assert sorted(done) == [False, True]
        for one in operators:
            await house.directory.set_disabled(one.id, is_disabled=False)


async def test_the_last_operator_is_told_so(hire: Hiring, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of two who disable each other the second finds no other operator: played by one who was disabled meanwhile."""
    first, second = await hire.staff(Role.OPERATOR), await hire.staff(Role.OPERATOR)
    await only_these(hire, house, {first.account.id, second.account.id})
    member = house.directory.member

    async def disabled_meanwhile(account: Any) -> Any:
        found = await member(account)
        await house.directory.set_disabled(second.account.id, is_disabled=True)
        return found

    monkeypatch.setattr(house.directory, "member", disabled_meanwhile)
    assert code(await second.http.post(f"/api/accounts/{first.account.id}/disable")) == (409, "last_operator")
    found = await house.directory.account(first.account.id)
    assert found is not None
    assert not found.is_disabled


async def only_operators(hire: Hiring, house: House, count: int) -> list[Account]:
    """Leave so many operators who can sign in: other tests share this database."""
    kept = [await hire.account(Role.OPERATOR) for _ in range(count)]
    await only_these(hire, house, {one.id for one in kept})
    return kept


async def only_these(hire: Hiring, house: House, kept: Collection[int]) -> None:
    for one in await house.directory.members(None):
        if one.account.role is Role.OPERATOR and one.account.id not in kept:
            await house.directory.set_disabled(one.account.id, is_disabled=True)


# ── centers ────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_an_operator_makes_centers_and_sees_all_of_them_an_admin_only_own_ones(hire: Hiring) -> None:
    operator, admin = await hire.staff(Role.OPERATOR), await hire.admin()
    body = {"name": f"  Collège de l’Étang {operator.account.id} ", "time_zone": "Indian/Reunion"}
    made = await operator.http.post("/api/centers", json=body)
    assert made.status_code == 201
    center = made.json()
    assert (center["name"], center["time_zone"]) == (body["name"].strip(), "Indian/Reunion")
    assert code(await operator.http.post("/api/centers", json=body)) == (409, "center_name_taken")
    every = (await operator.http.get("/api/centers")).json()["centers"]
    own = (await admin.http.get("/api/centers")).json()["centers"]
    assert center in every
    assert [one["id"] for one in own] == list(admin.account.centers)
    assert own[0] in every


@pytest.mark.parametrize("role", [Role.CENTER_ADMIN, Role.INVIGILATOR, Role.JURY])
async def test_only_operators_make_centers(hire: Hiring, role: Role) -> None:
    staff = await hire.staff(role, await hire.center())
    assert code(await staff.http.post("/api/centers", json={"name": "A new one"})) == (403, "forbidden")


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({"name": ""}, "name"),
        ({"name": " \t"}, "name"),
        ({"name": "a\u202eb"}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"name": "a", "time_zone": "Paris"}, "time_zone"),
        ({"name": "a", "time_zone": "../etc/passwd"}, "time_zone"),
        ({"name": "a", "unknown": 1}, "unknown"),
        ({}, "name"),
    ],
)
async def test_a_center_that_cannot_be_names_the_field(hire: Hiring, body: dict[str, object], wrong: str) -> None:
    operator = await hire.staff(Role.OPERATOR)
    answer = await operator.http.post("/api/centers", json=body)
    assert code(answer) == (400, "invalid")
    assert list(answer.json()["error"]["fields"]) == [wrong]
