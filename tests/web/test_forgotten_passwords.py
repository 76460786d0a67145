"""A new password by a one-time link: for whom, by whom, how often."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import asyncpg
import httpx
import pytest

from hub.people import Role
from hub.tokens import token_digest
from tests.web.links import CHOSEN, ROLES, ROUNDS, accepted, address, forgotten, invited, looked_at, secret_of
from tests.web.lycee import PASSWORD, Hiring, client, code
from web.house import House

if TYPE_CHECKING:
    Db = asyncpg.Connection[asyncpg.Record]


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("place", ["own", "foreign", "both"])
async def test_a_center_admin_resets_people_of_own_centers_and_nobody_with_rights_elsewhere(
    hire: Hiring, role: Role, place: str
) -> None:
    own, foreign = await hire.center(), await hire.center()
    admin = await hire.staff(Role.CENTER_ADMIN, own)
    centers = {"own": [own], "foreign": [foreign], "both": [own, foreign]}[place]
    whose = await hire.staff(role, *centers)
    answer = await admin.http.post("/api/invitations", json={"account": whose.account.id})
    if place == "own" and role in (Role.CENTER_ADMIN, Role.INVIGILATOR):
        assert answer.status_code == 201
        assert answer.json()["is_reset"] is True
    else:
        assert code(answer) == (403, "forbidden")


@pytest.mark.parametrize("role", ROLES)
async def test_an_operator_resets_everybody_but_themselves(hire: Hiring, role: Role) -> None:
    operator = await hire.staff(Role.OPERATOR)
    whose = await hire.staff(role, await hire.center(), await hire.center())
    link = await forgotten(operator, whose)
    assert (link["email"], link["role"], link["is_reset"]) == (whose.account.email, role.value, True)
    for host in (operator, await hire.admin()):
        own = await host.http.post("/api/invitations", json={"account": host.account.id})
        assert code(own) == (409, "own_account")


async def test_nobody_is_reset_who_does_not_exist_or_is_disabled(hire: Hiring) -> None:
    operator, center = await hire.staff(Role.OPERATOR), await hire.center()
    admin, disabled = await hire.staff(Role.CENTER_ADMIN, center), await hire.account(Role.INVIGILATOR, center)
    await hire.house.directory.set_disabled(disabled.id, is_disabled=True)
    for host, unknown in ((operator, (404, "not_found")), (admin, (403, "forbidden"))):
        assert code(await host.http.post("/api/invitations", json={"account": 2**50})) == unknown
        answer = await host.http.post("/api/invitations", json={"account": disabled.id})
        assert code(answer) == (409, "account_disabled")


async def test_a_new_password_by_link_closes_every_login_and_keeps_the_name(hire: Hiring, house: House) -> None:
    center = await hire.center()
    host, whose = await hire.staff(Role.CENTER_ADMIN, center), await hire.staff(Role.INVIGILATOR, center)
    link = await forgotten(host, whose)
    async with client(house) as browser:
        assert (await looked_at(browser, link)).json()["is_reset"] is True
        assert (await whose.http.get("/api/me")).status_code == 200
        answer = await accepted(browser, link, name="Somebody Else")
        assert answer.json()["account"]["name"] == whose.account.name
        assert code(await whose.http.get("/api/me")) == (401, "not_signed_in")
        assert (await browser.get("/api/me")).status_code == 200
        for password, status in ((PASSWORD, 401), (CHOSEN, 200)):
            body = {"email": whose.account.email, "password": password, "bearer": True}
            assert (await browser.post("/api/login", json=body)).status_code == status
        assert code(await accepted(browser, link)) == (404, "invitation_unknown")


async def test_a_reset_works_once_of_two_browsers_exactly_one_wins(hire: Hiring, house: House) -> None:
    host, center = await hire.staff(Role.OPERATOR), await hire.center()
    whose = await hire.staff(Role.INVIGILATOR, center)
    for _ in range(ROUNDS):
        digest = token_digest(secret_of(await forgotten(host, whose)))
        used = await asyncio.gather(*(house.directory.accept_reset(digest, f"hash {name}") for name in "ab"))
        assert sorted(one is not None for one in used) == [False, True]
        winner = "ab"[[one is not None for one in used].index(True)]
        found = await house.directory.credentials(whose.account.email)
        assert found is not None
        assert found.password_hash == f"hash {winner}"


async def test_a_newer_link_for_the_same_person_voids_the_older_one(hire: Hiring, anybody: httpx.AsyncClient) -> None:
    center = await hire.center()
    host, other = [await hire.staff(Role.CENTER_ADMIN, center) for _ in range(2)]
    whose, email = await hire.staff(Role.INVIGILATOR, center), address()
    lost, elsewhere, newer = [await invited(one, email=email) for one in (host, other, host)]
    assert code(await looked_at(anybody, lost)) == (404, "invitation_unknown")
    assert [(await looked_at(anybody, one)).status_code for one in (elsewhere, newer)] == [200, 200]
    first, second = await forgotten(host, whose), await forgotten(other, whose)
    assert code(await accepted(anybody, first)) == (404, "invitation_unknown")
    assert (await accepted(anybody, second)).status_code == 200


async def test_of_two_links_made_at_the_same_moment_the_used_one_voids_the_other(
    hire: Hiring, house: House, owner_db: Db
) -> None:
    whose, host = await hire.staff(Role.INVIGILATOR), await hire.staff(Role.OPERATOR)
    link = await forgotten(host, whose)
    other = token_digest("made at the same moment")
    await owner_db.execute(
        "INSERT INTO invitations (secret_hash, account, email, role, invited_by, expires_at)"
        " SELECT $2, account, email, role, invited_by, expires_at FROM invitations WHERE id = $1",
        link["id"],
        other,
    )
    assert await house.directory.open_invitation(other) is not None
    assert await house.directory.accept_reset(token_digest(secret_of(link)), "hash") is not None
    assert await house.directory.accept_reset(other, "other hash") is None
