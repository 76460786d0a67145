"""Signing in: one answer for everything that is wrong, a cookie for pages, a token for others."""

from __future__ import annotations

import httpx
import pytest

from hub.people import Role
from tests.web.lycee import ORIGIN, PASSWORD, Hiring, client
from web.house import House

FROM_OUR_PAGE = {"Origin": ORIGIN}


def code(answer: httpx.Response) -> str:
    return str(answer.json()["error"]["code"])


async def test_a_token_is_given_only_when_asked_for_and_then_no_cookie(
    hire: Hiring, anybody: httpx.AsyncClient
) -> None:
    account = await hire.account(Role.INVIGILATOR)
    body = {"email": account.email.upper(), "password": PASSWORD}
    plain = await anybody.post("/api/login", json=body)
    assert plain.status_code == 200
    assert plain.json() == {
        "account": {
            "id": account.id,
            "name": account.name,
            "email": account.email,
            "role": "invigilator",
            "centers": [],
        }
    }
    cookie = plain.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert "secure" not in cookie
    asked = await anybody.post("/api/login", json={**body, "bearer": True})
    assert len(asked.json()["token"]) >= 40
    assert "set-cookie" not in asked.headers


async def test_over_https_the_cookie_is_secure(hire: Hiring, house: House) -> None:
    account = await hire.account(Role.INVIGILATOR)
    async with client(house) as browser:
        answer = await browser.post("https://vigie.test/api/login", json={"email": account.email, "password": PASSWORD})
    assert "secure" in answer.headers["set-cookie"].lower()


async def test_unknown_disabled_and_wrong_are_one_and_the_same_answer(hire: Hiring, anybody: httpx.AsyncClient) -> None:
    known, disabled = await hire.account(Role.INVIGILATOR), await hire.account(Role.INVIGILATOR)
    await hire.house.directory.set_disabled(disabled.id, is_disabled=True)
    answers = [
        await anybody.post("/api/login", json={"email": email, "password": password})
        for email, password in (
            (known.email, "wrong"),
            ("nobody@example.org", PASSWORD),
            (disabled.email, PASSWORD),
            ("nul\x00@example.org", PASSWORD),
        )
    ]
    assert {(one.status_code, one.text) for one in answers} == {(401, answers[0].text)}
    assert code(answers[0]) == "bad_credentials"


async def test_the_token_counts_before_the_cookie(hire: Hiring, house: House) -> None:
    first, second = await hire.account(Role.INVIGILATOR), await hire.staff(Role.INVIGILATOR)
    async with client(house) as browser:
        await browser.post("/api/login", json={"email": first.email, "password": PASSWORD})
        assert (await browser.get("/api/me")).json()["account"]["id"] == first.id
        bearer = {"Authorization": second.http.headers["Authorization"]}
        assert (await browser.get("/api/me", headers=bearer)).json()["account"]["id"] == second.account.id
        for wrong in ("Bearer nothing", "Basic abc", "Bearer ", "Bearer " + "x" * 5000):
            assert (await browser.get("/api/me", headers={"Authorization": wrong})).status_code == 401


@pytest.mark.parametrize(
    "origin",
    ["http://evil.test", "null", "http://vigie.test.evil.test", "HTTP://VIGIE.TEST", "http://vigie.test:8080", None],
)
async def test_a_cookie_alone_changes_nothing_from_another_page(hire: Hiring, house: House, origin: str | None) -> None:
    account = await hire.account(Role.INVIGILATOR)
    async with client(house) as browser:
        await browser.post("/api/login", json={"email": account.email, "password": PASSWORD})
        headers = {"Origin": origin} if origin is not None else {}
        refused = await browser.post("/api/logout", headers=headers)
        assert refused.status_code == 403
        assert code(refused) == "origin_not_allowed"
        assert (await browser.get("/api/me")).status_code == 200
        assert (await browser.post("/api/logout", headers=FROM_OUR_PAGE)).status_code == 200
        assert (await browser.get("/api/me")).status_code == 401


async def test_a_foreign_page_cannot_sign_somebody_in(hire: Hiring, anybody: httpx.AsyncClient) -> None:
    account = await hire.account(Role.INVIGILATOR)
    body = {"email": account.email, "password": PASSWORD}
    refused = await anybody.post("/api/login", json=body, headers={"Origin": "http://evil.test"})
    assert refused.status_code == 403
    assert code(refused) == "origin_not_allowed"


async def test_after_logout_the_token_is_worth_nothing(hire: Hiring) -> None:
    staff = await hire.staff(Role.INVIGILATOR)
    assert (await staff.http.post("/api/logout")).status_code == 200
    assert (await staff.http.get("/api/me")).status_code == 401
    assert (await staff.http.post("/api/logout")).status_code == 200


async def test_a_new_password_signs_out_everywhere_else(hire: Hiring, anybody: httpx.AsyncClient) -> None:
    staff = await hire.staff(Role.INVIGILATOR)
    short = await staff.http.post("/api/me/password", json={"password": PASSWORD, "new_password": "elevenchars"})
    assert (short.status_code, list(short.json()["error"]["fields"])) == (400, ["new_password"])
    wrong = await staff.http.post("/api/me/password", json={"password": "no", "new_password": "twelve chars"})
    assert (wrong.status_code, code(wrong)) == (401, "bad_credentials")
    changed = await staff.http.post("/api/me/password", json={"password": PASSWORD, "new_password": "twelve chars"})
    assert changed.status_code == 200
    assert (await staff.http.get("/api/me")).status_code == 401
    headers = {"Authorization": f"Bearer {changed.json()['token']}"}
    assert (await anybody.get("/api/me", headers=headers)).status_code == 200


async def test_too_many_failures_mean_wait_and_another_account_is_not_held_up(
    hire: Hiring, anybody: httpx.AsyncClient
) -> None:
    account, other = await hire.account(Role.INVIGILATOR), await hire.account(Role.INVIGILATOR)
    for _ in range(10):
        failed = await anybody.post("/api/login", json={"email": account.email, "password": "wrong"})
        assert failed.status_code == 401
    held = await anybody.post("/api/login", json={"email": account.email, "password": PASSWORD})
    assert (held.status_code, code(held)) == (429, "too_many_attempts")
    assert 0 < held.json()["error"]["after_ms"] <= 60_000
    free = await anybody.post("/api/login", json={"email": other.email, "password": PASSWORD})
    assert free.status_code == 200
