"""One-time links as those who make and follow them ask for them."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import asyncpg
import httpx

from hub.people import Center, Role
from tests.web.lycee import ORIGIN, Staff, code

if TYPE_CHECKING:
    Db = asyncpg.Connection[asyncpg.Record]

CHOSEN = "chosen by the newcomer"
ROLES = tuple(Role)
ROUNDS = 50
_once = itertools.count(1)


def fields(answer: httpx.Response) -> list[str]:
    assert code(answer) == (400, "invalid")
    return list(answer.json()["error"]["fields"])


def address() -> str:
    return f"newcomer{next(_once)}@example.org"


def secret_of(link: dict[str, Any]) -> str:
    page, _, secret = link["url"].partition("#")
    assert page == f"{ORIGIN}/invitation"
    return str(secret)


async def invited(host: Staff, role: Role = Role.INVIGILATOR, *centers: Center, **body: object) -> dict[str, Any]:
    ids = {"centers": [center.id for center in centers]} if centers else {}
    answer = await host.http.post("/api/invitations", json={"email": address(), "role": role.value, **ids, **body})
    assert answer.status_code == 201, answer.text
    link: dict[str, Any] = answer.json()
    return link


async def forgotten(host: Staff, whose: Staff) -> dict[str, Any]:
    answer = await host.http.post("/api/invitations", json={"account": whose.account.id})
    assert answer.status_code == 201, answer.text
    link: dict[str, Any] = answer.json()
    return link


async def accepted(door: httpx.AsyncClient, link: dict[str, Any], **changed: object) -> httpx.Response:
    body = {"secret": secret_of(link), "name": "Nadia Roux", "new_password": CHOSEN, **changed}
    return await door.post("/api/invitations/accept", json=body)


async def looked_at(door: httpx.AsyncClient, link: dict[str, Any]) -> httpx.Response:
    return await door.post("/api/invitations/look", json={"secret": secret_of(link)})
