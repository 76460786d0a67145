"""Whatever is sent, the answer has the one error shape, the guard headers, and no trace of our insides."""

from __future__ import annotations

import httpx
import pytest

from hub.people import Role
from hub.ports import Crowded, LockBusy, OutcomeUnknown, StoreUnavailable
from tests.web.lycee import Hiring
from web.bodies import MAX_JSON_BYTES

GUARDS = ("x-content-type-options", "referrer-policy", "permissions-policy", "content-security-policy")


def assert_error(answer: httpx.Response, status: int, code: str) -> None:
    assert answer.status_code == status, answer.text
    body = answer.json()
    assert list(body) == ["error"]
    assert set(body["error"]) <= {"code", "message", "fields", "after_ms"}
    assert (body["error"]["code"], type(body["error"]["message"])) == (code, str)
    assert answer.headers["cache-control"] == "no-store"
    assert all(name in answer.headers for name in GUARDS)
    assert "Traceback" not in answer.text


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"x"',
        b"\xff\xfe",
        b'{"email":"a"}',
        b'{"email":"a","password":7}',
        b'{"email":"","password":"x"}',
        b'{"email":"a","password":"x","more":1}',
        b'{"email":"\\ud800","password":"x"}',
        b"[" * 30_000,
    ],
)
async def test_a_body_that_does_not_fit_is_invalid(anybody: httpx.AsyncClient, body: bytes) -> None:
    answer = await anybody.post("/api/login", content=body, headers={"Content-Type": "application/json"})
    assert_error(answer, 400, "invalid")


async def test_the_field_that_does_not_fit_is_named_but_not_what_was_in_it(anybody: httpx.AsyncClient) -> None:
    body = {"session_number": 1, "last_name": "secret" * 40, "first_name": "x", "birthdate": "2008-01-01"}
    answer = await anybody.post("/api/candidate/identity", json=body)
    assert_error(answer, 400, "invalid")
    assert list(answer.json()["error"]["fields"]) == ["last_name"]
    assert "secret" not in answer.text


async def test_a_word_that_is_none_of_the_known_ones_is_not_repeated(hire: Hiring) -> None:
    admin = await hire.admin()
    answer = await admin.http.get("/api/sessions", params={"sort": "a 'secret' word"})
    assert_error(answer, 400, "invalid")
    assert answer.json()["error"]["fields"] == {"sort": "Invalid enum value"}, answer.text


async def test_a_body_that_is_too_long_is_refused_whether_it_says_so_or_not(anybody: httpx.AsyncClient) -> None:
    async def pieces():  # type: ignore[no-untyped-def]
        for _ in range(5):
            yield b" " * (MAX_JSON_BYTES // 4)

    headers = {"Content-Type": "application/json"}
    assert_error(
        await anybody.post("/api/login", content=b" " * (MAX_JSON_BYTES + 1), headers=headers), 413, "too_large"
    )
    assert_error(await anybody.post("/api/login", content=pieces(), headers=headers), 413, "too_large")


async def test_a_form_of_another_page_is_no_request(anybody: httpx.AsyncClient) -> None:
    assert_error(await anybody.post("/api/login", data={"email": "a"}), 415, "unsupported_media_type")


@pytest.mark.parametrize(
    "path", ["/api/nothing", "/nothing", "/api/sessions/abc", "/static/nothing.js", "/static/.env"]
)
async def test_an_unknown_address_is_not_found(anybody: httpx.AsyncClient, path: str) -> None:
    assert_error(await anybody.get(path), 404, "not_found")


async def test_another_method_is_said_to_be_that(anybody: httpx.AsyncClient) -> None:
    answer = await anybody.delete("/api/login")
    assert_error(answer, 405, "method_not_allowed")
    assert answer.headers["allow"] == "POST"


@pytest.mark.parametrize("number", ["0", "9" * 16, "9" * 5000])
async def test_a_number_no_session_can_have_is_not_found(hire: Hiring, number: str) -> None:
    admin = await hire.admin()
    assert_error(await admin.http.get(f"/api/sessions/{number}"), 404, "not_found")


async def test_an_accident_is_internal_and_says_nothing(hire: Hiring, monkeypatch: pytest.MonkeyPatch) -> None:
    staff = await hire.staff(Role.INVIGILATOR)

    async def broken(_: bytes) -> None:
        raise RuntimeError("secret words")

    monkeypatch.setattr(hire.house.directory, "find_login", broken)
    answer = await staff.http.get("/api/me")
    assert_error(answer, 500, "internal")
    assert "secret" not in answer.text


@pytest.mark.parametrize(
    ("accident", "expected"),
    [
        (StoreUnavailable(), "store_unavailable"),
        (LockBusy(), "busy"),
        (Crowded(), "busy"),
        (OutcomeUnknown(), "outcome_unknown"),
    ],
)
async def test_while_a_store_is_away_the_answer_says_to_try_again(
    hire: Hiring, monkeypatch: pytest.MonkeyPatch, accident: Exception, expected: str
) -> None:
    staff = await hire.staff(Role.INVIGILATOR)

    async def away(_: bytes) -> None:
        raise accident

    monkeypatch.setattr(hire.house.directory, "find_login", away)
    answer = await staff.http.get("/api/me")
    assert_error(answer, 503, expected)
    assert answer.headers["retry-after"] == "1"


async def test_pages_are_served_with_a_strict_policy_or_say_how_to_build_them(anybody: httpx.AsyncClient) -> None:
    for path in ("/", "/candidate", "/invigilate/1000"):
        answer = await anybody.get(path)
        assert answer.status_code in (200, 503)
        assert answer.headers["content-type"].startswith("text/html")
        assert answer.headers["content-security-policy"].startswith("default-src 'none'; script-src 'self';")


async def test_health_names_what_is_missing_and_metrics_hold_no_address(anybody: httpx.AsyncClient) -> None:
    assert (await anybody.get("/healthz")).status_code == 200
    ready = await anybody.get("/readyz")
    whole = {"ready": True, "missing": [], "overloaded": False, "address": "127.0.0.1"}
    assert (ready.status_code, ready.json()) == (200, whole)
    await anybody.get("/api/sessions/4242")
    figures = (await anybody.get("/metrics")).text
    assert 'route="/api/sessions/{number}"' in figures.replace(":number", "")
    # With its slash: the bare digits stand in a clock's reading now and then.
    assert "/4242" not in figures
