"""One-time links: who may make which, what becomes of them, and that nothing keeps their secret."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import asyncpg
import httpx
import pytest
import structlog

from hub.people import Role
from hub.tokens import token_digest
from tests.web.links import CHOSEN, ROLES, ROUNDS, accepted, address, fields, forgotten, invited, looked_at, secret_of
from tests.web.lycee import ORIGIN, Hiring, Staff, client, code
from web.house import House

if TYPE_CHECKING:
    Db = asyncpg.Connection[asyncpg.Record]


async def expire(db: Db, link: dict[str, Any]) -> None:
    """Let 48 hours pass for one link."""
    await db.execute(
        "UPDATE invitations SET invited_at = invited_at - interval '48 hours',"
        " expires_at = expires_at - interval '48 hours' WHERE id = $1",
        link["id"],
    )


# ── who may invite whom ────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("place", ["own", "foreign", "none"])
async def test_a_center_admin_invites_admins_and_invigilators_of_own_centers_only(
    hire: Hiring, role: Role, place: str
) -> None:
    own, foreign = await hire.center(), await hire.center()
    admin = await hire.staff(Role.CENTER_ADMIN, own, await hire.center())
    centers = {"own": [own.id], "foreign": [own.id, foreign.id], "none": []}[place]
    answer = await admin.http.post(
        "/api/invitations", json={"email": address(), "role": role.value, "centers": centers}
    )
    if role in (Role.JURY, Role.OPERATOR) or place == "foreign":
        assert code(answer) == (403, "forbidden")
    elif place == "none":
        assert fields(answer) == ["centers"]
    else:
        link = answer.json()
        assert answer.status_code == 201
        assert (link["role"], link["centers"]) == (role.value, [{"id": own.id, "name": own.name}])


@pytest.mark.parametrize(
    ("role", "with_center", "without_center"),
    [
        (Role.CENTER_ADMIN, 201, 400),
        (Role.INVIGILATOR, 201, 201),
        (Role.JURY, 400, 201),
        (Role.OPERATOR, 400, 201),
    ],
)
async def test_an_operator_invites_any_role_with_the_centers_it_has(
    hire: Hiring, role: Role, with_center: int, without_center: int
) -> None:
    operator, center = await hire.staff(Role.OPERATOR), await hire.center()
    for centers, status in (([center.id], with_center), ([], without_center)):
        body = {"email": address(), "role": role.value, "centers": centers}
        answer = await operator.http.post("/api/invitations", json=body)
        assert answer.status_code == status, answer.text
        if status == 400:
            assert fields(answer) == ["centers"]
    unknown = {"email": address(), "role": "center_admin", "centers": [2**50]}
    assert fields(await operator.http.post("/api/invitations", json=unknown)) == ["centers"]


@pytest.mark.parametrize("role", [Role.INVIGILATOR, Role.JURY])
async def test_invigilators_and_jury_manage_nobody(hire: Hiring, role: Role) -> None:
    center = await hire.center()
    host = await hire.staff(Role.CENTER_ADMIN, center)
    link = await invited(host)
    staff = await hire.staff(role, center)
    for method, path, body in (
        ("POST", "/api/invitations", {"email": address(), "role": "invigilator", "centers": [center.id]}),
        ("POST", "/api/invitations", {"account": host.account.id}),
        ("GET", "/api/invitations", None),
        ("DELETE", f"/api/invitations/{link['id']}", None),
    ):
        assert code(await staff.http.request(method, path, json=body)) == (403, "forbidden")


async def test_whoever_is_not_signed_in_makes_and_sees_no_link(hire: Hiring, anybody: httpx.AsyncClient) -> None:
    link = await invited(await hire.admin())
    for method, path in (
        ("POST", "/api/invitations"),
        ("GET", "/api/invitations"),
        ("DELETE", f"/api/invitations/{link['id']}"),
    ):
        assert code(await anybody.request(method, path, json={})) == (401, "not_signed_in")


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({"role": "invigilator"}, "email"),
        ({"email": "no address", "role": "invigilator"}, "email"),
        ({"email": "a\u202e@b.fr", "role": "invigilator"}, "email"),
        ({"email": "a@b.fr"}, "role"),
        ({"email": "a@b.fr", "role": "head"}, "role"),
        ({"email": "a@b.fr", "role": "invigilator", "account": 1}, "account"),
        ({"account": 0}, "account"),
        ({"email": "a@b.fr", "role": "invigilator", "centers": ["x"]}, "centers[0]"),
        ({"email": "a@b.fr", "role": "invigilator", "name": "x"}, "name"),
    ],
)
async def test_an_invitation_that_cannot_be_names_the_field(hire: Hiring, body: dict[str, object], wrong: str) -> None:
    admin = await hire.admin()
    assert fields(await admin.http.post("/api/invitations", json=body)) == [wrong]


async def test_an_address_that_has_an_account_is_not_invited(hire: Hiring) -> None:
    admin = await hire.admin()
    somebody = await hire.account(Role.JURY)
    body = {"email": somebody.email.upper(), "role": "invigilator"}
    assert code(await admin.http.post("/api/invitations", json=body)) == (409, "email_taken")


# ── accepting ──────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_newcomer_sees_what_the_link_is_for_accepts_and_is_signed_in(hire: Hiring, house: House) -> None:
    host = await hire.admin()
    link = await invited(host, Role.CENTER_ADMIN, email=" New.Comer@Example.org ")
    assert link["qr"].startswith("<svg ")
    wait = datetime.fromisoformat(link["expires_at"]) - datetime.now(UTC)
    assert timedelta(hours=47, minutes=55) < wait <= timedelta(hours=48, minutes=5)
    (name,) = [center["name"] for center in link["centers"]]
    async with client(house) as browser:
        seen = await looked_at(browser, link)
        assert seen.json() == {
            "email": "new.comer@example.org",
            "role": "center_admin",
            "center_names": [name],
            "is_reset": False,
        }
        answer = await accepted(browser, link, name="  Nadia Roux ")
        account = answer.json()["account"]
        assert (answer.status_code, account["name"], account["role"]) == (200, "Nadia Roux", "center_admin")
        assert account["centers"] == list(host.account.centers)
        cookie = answer.headers["set-cookie"].lower()
        assert "httponly" in cookie
        assert "samesite=strict" in cookie
        assert (await browser.get("/api/me")).json()["account"] == account
        assert (await browser.get("/api/sessions")).status_code == 200
    async with client(house) as elsewhere:
        body = {"email": "new.comer@example.org", "password": CHOSEN}
        assert (await elsewhere.post("/api/login", json=body)).status_code == 200


async def test_a_new_operator_and_a_new_jury_belong_to_no_center(hire: Hiring, anybody: httpx.AsyncClient) -> None:
    operator = await hire.staff(Role.OPERATOR)
    for role in (Role.OPERATOR, Role.JURY):
        account = (await accepted(anybody, await invited(operator, role))).json()["account"]
        assert (account["role"], account["centers"]) == (role.value, [])


async def test_what_is_missing_is_said_and_the_link_still_works(hire: Hiring, anybody: httpx.AsyncClient) -> None:
    link = await invited(await hire.admin())
    for changed, wrong in (
        ({"name": "   "}, "name"),
        ({"name": "two\nlines"}, "name"),
        ({"name": "a\u202eb"}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"new_password": "elevenchars"}, "new_password"),
        ({"new_password": "x" * 201}, "new_password"),
    ):
        assert fields(await accepted(anybody, link, **changed)) == [wrong]
    assert (await accepted(anybody, link)).status_code == 200


async def test_an_address_taken_meanwhile_is_said_clearly(hire: Hiring, anybody: httpx.AsyncClient) -> None:
    operator, email = await hire.staff(Role.OPERATOR), address()
    first, second = [await invited(host, email=email) for host in (operator, await hire.admin())]
    assert (await accepted(anybody, first)).status_code == 200
    for _ in range(2):
        assert code(await accepted(anybody, second)) == (409, "email_taken")


async def test_a_page_of_somebody_else_accepts_nothing(hire: Hiring, anybody: httpx.AsyncClient) -> None:
    link = await invited(await hire.admin())
    body = {"secret": secret_of(link), "name": "Nadia Roux", "new_password": CHOSEN}
    answer = await anybody.post("/api/invitations/accept", json=body, headers={"Origin": "http://evil.test"})
    assert code(answer) == (403, "origin_not_allowed")
    assert (await accepted(anybody, link)).status_code == 200


async def test_a_link_works_once_of_two_browsers_exactly_one_wins(hire: Hiring, house: House, owner_db: Db) -> None:
    host = await hire.admin()
    password_hash = await house.passwords.hash(CHOSEN)
    for _ in range(ROUNDS):
        link = await invited(host)
        digest = token_digest(secret_of(link))
        made = await asyncio.gather(
            *(house.directory.accept_invitation(digest, name, password_hash) for name in ("First", "Second"))
        )
        assert sorted(one is not None for one in made) == [False, True]
        names = await owner_db.fetch("SELECT name FROM accounts WHERE email = $1", link["email"])
        assert [row["name"] for row in names] == [one.name for one in made if one is not None]


async def test_two_browsers_at_once_get_an_account_and_a_clear_refusal(hire: Hiring, house: House) -> None:
    link = await invited(await hire.admin())
    async with client(house) as one, client(house) as other:
        answers = await asyncio.gather(accepted(one, link), accepted(other, link, name="Other"))
    assert sorted(answer.status_code for answer in answers) == [200, 404]
    assert {answer.json()["error"]["code"] for answer in answers if answer.status_code == 404} == {"invitation_unknown"}


async def test_two_links_for_one_address_at_once_make_one_account(hire: Hiring, house: House, owner_db: Db) -> None:
    hosts = [await hire.admin(), await hire.admin()]
    password_hash = await house.passwords.hash(CHOSEN)
    for _ in range(ROUNDS):
        email = address()
        digests = [token_digest(secret_of(await invited(host, email=email))) for host in hosts]
        outcomes = await asyncio.gather(
            *(house.directory.accept_invitation(digest, "Nadia", password_hash) for digest in digests),
            return_exceptions=True,
        )
        assert sorted(type(one).__name__ for one in outcomes) == ["Account", "EmailTaken"]
        (made,) = [one for one in outcomes if not isinstance(one, BaseException)]
        rows = await owner_db.fetch("SELECT center FROM memberships WHERE account = $1", made.id)
        assert [row["center"] for row in rows] == list(made.centers)


async def test_unknown_used_expired_withdrawn_are_one_and_the_same_answer(
    hire: Hiring, anybody: httpx.AsyncClient, owner_db: Db
) -> None:
    host = await hire.admin()
    used, old, withdrawn = [await invited(host) for _ in range(3)]
    assert (await accepted(anybody, used)).status_code == 200
    await expire(owner_db, old)
    assert (await host.http.delete(f"/api/invitations/{withdrawn['id']}")).status_code == 204
    unknown = {"url": f"{ORIGIN}/invitation#nobody-made-this"}
    for ask in (looked_at, accepted):
        answers = [await ask(anybody, link) for link in (used, old, withdrawn, unknown)]
        assert {(one.status_code, one.text) for one in answers} == {(404, answers[0].text)}
        assert code(answers[0]) == (404, "invitation_unknown")


async def test_a_link_waits_48_hours_by_the_clock_of_the_database(
    hire: Hiring, anybody: httpx.AsyncClient, owner_db: Db
) -> None:
    host = await hire.admin()
    link = await invited(host)
    row = "UPDATE invitations SET expires_at = clock_timestamp() + $2::interval WHERE id = $1"
    await owner_db.execute(row, link["id"], timedelta(seconds=-1))
    assert code(await accepted(anybody, link)) == (404, "invitation_unknown")
    await owner_db.execute(row, link["id"], timedelta(minutes=1))
    assert (await accepted(anybody, link)).status_code == 200


async def test_wrong_links_from_one_address_are_braked_and_right_ones_are_not(
    hire: Hiring, anybody: httpx.AsyncClient
) -> None:
    link = await invited(await hire.admin())
    for _ in range(70):
        assert (await looked_at(anybody, link)).status_code == 200
    unknown = {"url": f"{ORIGIN}/invitation#nobody-made-this"}
    for _ in range(60):
        assert code(await looked_at(anybody, unknown)) == (404, "invitation_unknown")
    held = await accepted(anybody, unknown)
    assert code(held) == (429, "too_many_attempts")
    assert 0 < held.json()["error"]["after_ms"] <= 60_000


# ── the right of whoever made it, as it is at the end ──────────────────────────────────────────────────────────


async def test_the_link_of_somebody_disabled_since_is_void_for_good(hire: Hiring, anybody: httpx.AsyncClient) -> None:
    host = await hire.admin()
    link = await invited(host)
    await hire.house.directory.set_disabled(host.account.id, is_disabled=True)
    assert code(await looked_at(anybody, link)) == (404, "invitation_unknown")
    assert code(await accepted(anybody, link)) == (404, "invitation_unknown")
    await hire.house.directory.set_disabled(host.account.id, is_disabled=False)
    assert code(await accepted(anybody, link)) == (404, "invitation_unknown")


@pytest.mark.parametrize(
    "loss",
    [
        "DELETE FROM memberships WHERE account = $1",
        "UPDATE accounts SET role = 'invigilator' WHERE id = $1",
        "UPDATE accounts SET is_disabled = true WHERE id = $1",
    ],
)
async def test_the_link_of_somebody_who_may_no_longer_invite_is_void(
    hire: Hiring, anybody: httpx.AsyncClient, owner_db: Db, loss: str
) -> None:
    center = await hire.center()
    host, whose = await hire.staff(Role.CENTER_ADMIN, center), await hire.staff(Role.INVIGILATOR, center)
    links = [await invited(host), await forgotten(host, whose)]
    await owner_db.execute(loss, host.account.id)
    for link in links:
        assert code(await looked_at(anybody, link)) == (404, "invitation_unknown")
        assert code(await accepted(anybody, link)) == (404, "invitation_unknown")


@pytest.mark.parametrize("gained", ["role = 'operator'", "role = 'jury'", "is_disabled = true"])
async def test_a_new_password_is_judged_by_what_its_owner_is_by_then(
    hire: Hiring, anybody: httpx.AsyncClient, owner_db: Db, gained: str
) -> None:
    center = await hire.center()
    host, whose = await hire.staff(Role.CENTER_ADMIN, center), await hire.staff(Role.INVIGILATOR, center)
    link = await forgotten(host, whose)
    await owner_db.execute(f"UPDATE accounts SET {gained} WHERE id = $1", whose.account.id)
    assert code(await accepted(anybody, link)) == (404, "invitation_unknown")


# ── what waits ─────────────────────────────────────────────────────────────────────────────────────────────────


async def listed(staff: Staff) -> list[dict[str, Any]]:
    answer = await staff.http.get("/api/invitations")
    assert answer.status_code == 200
    found: list[dict[str, Any]] = answer.json()["invitations"]
    return found


async def test_links_are_listed_to_those_of_the_center_and_to_operators(
    hire: Hiring, anybody: httpx.AsyncClient
) -> None:
    center, foreign = await hire.center(), await hire.center()
    host, colleague = [await hire.staff(Role.CENTER_ADMIN, center) for _ in range(2)]
    stranger, operator = await hire.staff(Role.CENTER_ADMIN, foreign), await hire.staff(Role.OPERATOR)
    waiting, used = await invited(host), await invited(host)
    wider = await invited(operator, Role.CENTER_ADMIN, center, foreign)
    assert (await accepted(anybody, used)).status_code == 200
    for staff in (host, colleague):
        found = await listed(staff)
        assert [one["id"] for one in found] == [used["id"], waiting["id"]]
        assert [one["used_at"] is None for one in found] == [False, True]
    assert found[1] == {
        "id": waiting["id"],
        "email": waiting["email"],
        "role": "invigilator",
        "centers": [{"id": center.id, "name": center.name}],
        "invited_by": {"id": host.account.id, "name": host.account.name},
        "invited_at": found[1]["invited_at"],
        "expires_at": waiting["expires_at"],
        "used_at": None,
        "is_reset": False,
    }
    assert await listed(stranger) == []
    assert {wider["id"], used["id"], waiting["id"]} <= {one["id"] for one in await listed(operator)}


async def test_a_link_is_withdrawn_by_those_who_see_it_while_it_waits(hire: Hiring, anybody: httpx.AsyncClient) -> None:
    center = await hire.center()
    host, colleague = [await hire.staff(Role.CENTER_ADMIN, center) for _ in range(2)]
    stranger, operator = await hire.admin(), await hire.staff(Role.OPERATOR)
    for staff, status in ((stranger, 404), (host, 204), (colleague, 204), (operator, 204)):
        link = await invited(host)
        answer = await staff.http.delete(f"/api/invitations/{link['id']}")
        assert (answer.status_code, answer.content == b"") == (status, status == 204)
        assert (await looked_at(anybody, link)).status_code == (200 if status == 404 else 404)
    used = await invited(host)
    assert (await accepted(anybody, used)).status_code == 200
    assert code(await host.http.delete(f"/api/invitations/{used['id']}")) == (404, "not_found")
    assert code(await host.http.delete("/api/invitations/not-an-id")) == (404, "not_found")


async def test_links_are_forgotten_a_month_after_their_end(hire: Hiring, owner_db: Db) -> None:
    host = await hire.admin()
    old = await invited(host)
    await owner_db.execute(
        "UPDATE invitations SET expires_at = clock_timestamp() - interval '31 days' WHERE id = $1", old["id"]
    )
    assert await listed(host) == []
    await invited(host)
    assert await owner_db.fetchval("SELECT count(*) FROM invitations WHERE id = $1", old["id"]) == 0


# ── the secret ─────────────────────────────────────────────────────────────────────────────────────────────────


async def test_the_secret_is_told_once_and_kept_nowhere(
    hire: Hiring, house: House, anybody: httpx.AsyncClient, owner_db: Db, caplog: pytest.LogCaptureFixture
) -> None:
    host = await hire.admin()
    with caplog.at_level(logging.DEBUG), structlog.testing.capture_logs() as diary:
        link = await invited(host)
        secret = secret_of(link)
        seen = [await host.http.get("/api/invitations"), await looked_at(anybody, link), await accepted(anybody, link)]
        seen += [await accepted(anybody, link), await host.http.get("/api/accounts"), await anybody.get("/metrics")]
    assert len(secret) >= 40
    assert secret not in caplog.text + repr(diary)
    for answer in seen:
        assert secret not in answer.text + str(answer.request.url) + repr(answer.headers)
    tables = await owner_db.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    assert len(tables) > 10
    for table in tables:
        kept = await owner_db.fetch(f'SELECT row_to_json(t)::text AS row FROM "{table["tablename"]}" t')
        assert secret not in repr(kept), table
        assert secret.encode().hex() not in repr(kept), table
    digest = await owner_db.fetchval("SELECT secret_hash FROM invitations WHERE id = $1", link["id"])
    assert digest == token_digest(secret)
