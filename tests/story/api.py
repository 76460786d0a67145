"""The HTTP half of the independent client, with the one error shape asserted on every refusal."""

from __future__ import annotations

import re
from types import TracebackType
from typing import Any

import httpx

SNAKE = re.compile(r"[a-z]+(_[a-z0-9]+)*")


class Refused(Exception):
    """The hub answered with an error; `code` is the stable one."""

    def __init__(self, status: int, code: str, body: dict[str, Any]) -> None:
        super().__init__(f"{status} {code}: {body}")
        self.status, self.code, self.body = status, code, body


def check_error(answer: httpx.Response) -> dict[str, Any]:
    """Assert that a refusal has the one error shape and tells nothing of the inside; return its `error`."""
    assert answer.headers["content-type"].startswith("application/json"), answer.text[:300]
    assert "Traceback" not in answer.text
    body = answer.json()
    assert set(body) == {"error"}, body
    error: dict[str, Any] = body["error"]
    assert set(error) <= {"code", "message", "fields", "after_ms"}, error
    assert SNAKE.fullmatch(error["code"]), error
    assert error["message"].strip(), "a clear text"
    return error


class Api:
    """Calls as a client that is no browser makes them: bearer tokens, no cookie."""

    def __init__(self, base_url: str) -> None:
        self.http = httpx.AsyncClient(base_url=base_url, timeout=15, trust_env=False)

    async def __aenter__(self) -> Api:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.http.aclose()

    async def raw(self, method: str, path: str, token: str | None = None, **options: Any) -> httpx.Response:
        """Make a call and return the answer whatever it is; errors have the one shape."""
        headers = dict(options.pop("headers", {}))
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        answer = await self.http.request(method, "/api" + path, headers=headers, **options)
        self.http.cookies.clear()
        if answer.status_code >= 400:
            check_error(answer)
        return answer

    async def call(self, method: str, path: str, token: str | None = None, **options: Any) -> dict[str, Any]:
        """Make a call and return the body; raises Refused."""
        answer = await self.raw(method, path, token, **options)
        if answer.status_code >= 400:
            raise Refused(answer.status_code, answer.json()["error"]["code"], answer.json())
        assert answer.status_code in (200, 201, 204), answer.status_code
        body: dict[str, Any] = answer.json() if answer.content else {}
        return body

    async def login(self, email: str, password: str) -> str:
        """Log in as staff and return the bearer token."""
        body = await self.call("POST", "/login", json={"email": email, "password": password, "bearer": True})
        assert body["account"]
        token: str = body["token"]
        return token

    async def invigilate(self, token: str, number: int, password: str) -> dict[str, Any]:
        body = await self.call("POST", "/invigilations", token, json={"session_number": number, "password": password})
        session: dict[str, Any] = body["session"]
        return session

    async def identify(self, number: int, person: dict[str, str]) -> dict[str, Any]:
        """Identify as a candidate and return `{token, candidate, session}`."""
        return await self.call("POST", "/candidate/identity", json={"session_number": number, **person})

    async def import_csv(self, token: str, body: bytes) -> dict[str, Any]:
        """Check a file and return what the check says."""
        return await self.call("POST", "/imports", token, content=body, headers={"Content-Type": "text/csv"})

    async def confirm_import(self, token: str, import_id: str | int) -> dict[str, Any]:
        return await self.call("POST", f"/imports/{import_id}/confirm", token)
