"""The table of rights, asked whole: every address as everybody, about one's own session, another one, and none."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import httpx
import pytest
import pytest_asyncio

from hub.handover import Accepted
from hub.people import Role
from hub.tokens import new_token, token_digest
from tests.web.closing import Room, a_room
from tests.web.lycee import Hiring, Staff, client
from web import api
from web.house import House
from web.rights import RIGHTS, Right, Tie

NOWHERE = 999_999_999
NOBODY = "00000000-0000-0000-0000-000000000000"
OPEN, FINALIZED = "open", "finalized"
BODIES: dict[str, object] = {"/api/login": {"email": "x@example.org", "password": "x"}}


@dataclass
class Person:
    """Somebody who asks, and what they are to a session of each kind."""

    name: str
    staff: Staff | None
    ties: dict[str, set[Tie]] = field(default_factory=dict)

    def may(self, right: Right, about: str) -> bool:
        """Say by the table alone whether this person may call."""
        if right.is_public:
            return True
        if self.staff is None or self.staff.account.role not in right.roles:
            return False
        return right.tie is Tie.NONE or right.tie in self.ties.get(about, set())


@dataclass
class Town:
    """Two sessions and everybody around them."""

    hire: Hiring
    rooms: dict[str, Room]
    people: list[Person]


@pytest_asyncio.fixture
async def town(hire: Hiring) -> AsyncIterator[Town]:
    opened, closed = await a_room(hire, 2), await a_room(hire, 2)
    for room in (opened, closed):
        await room.starts(0)
        await room.finishes(0)
    invigilator = await hire.staff(Role.INVIGILATOR)
    for room in (opened, closed):
        await hire.house.directory.grant_invigilation(invigilator.account.id, room.number)
    guest = await hire.admin()
    for room in (opened, closed):
        await hire.house.directory.grant_invigilation(guest.account.id, room.number)
    colleague = await hire.staff(Role.INVIGILATOR)
    await handed_over(opened, invigilator, colleague)
    await handed_over(closed, invigilator, colleague)
    await closed.finalized()
    let_in = {Tie.SEES, Tie.READS, Tie.COMMANDS}
    entered = {*let_in, Tie.ENTERED}
    # Both admins have taken their room over, to bring it so far.
    centers = {*entered, Tie.CENTER, Tie.CLOSES}
    judges = {Tie.JUDGES, Tie.CLOSES, Tie.READS}
    people = [
        Person("nobody signed in", None),
        Person("an invigilator of both", invigilator, {OPEN: entered, FINALIZED: entered}),
        Person("a colleague who was let into both for a while", colleague, {OPEN: let_in, FINALIZED: let_in}),
        Person("an invigilator of neither", await hire.staff(Role.INVIGILATOR)),
        Person("the admin of the open one", opened.admin, {OPEN: centers}),
        Person("the admin of the finalized one", closed.admin, {FINALIZED: centers}),
        Person("an admin of another center", await hire.admin()),
        Person("an admin of another center who invigilates both", guest, {OPEN: entered, FINALIZED: entered}),
        Person("the jury", await hire.staff(Role.JURY), {FINALIZED: judges}),
        Person("an operator", await hire.staff(Role.OPERATOR)),
    ]
    yield Town(hire, {OPEN: opened, FINALIZED: closed}, people)


async def handed_over(room: Room, giver: Staff, to: Staff) -> None:
    """Let a colleague in for a while."""
    ticket = token_digest(new_token())
    directory = room.house.directory
    secret = token_digest(new_token())
    await directory.offer_handover(room.number, giver.account.id, secret)
    await directory.open_handover(secret, ticket)
    done = await room.house.decisions.accept_handover(room.number, ticket, to.account.id)
    assert isinstance(done, Accepted), done


def addressed(path: str, number: int, room: Room | None) -> str:
    """Fill in a route's parameters: things that are there where that is known, else things that are not."""
    candidate = room.ids[1] if room is not None else NOWHERE
    return (
        path.replace("{number:number}", str(number))
        .replace("{candidate:number}", str(candidate))
        .replace("{account:number}", str(NOWHERE))
        .replace("{id:number}", str(NOWHERE))
        .replace("{id:uuid}", NOBODY)
    )


async def asked(house: House, person: Person, method: str, path: str, address: str) -> httpx.Response:
    """Ask with a body that is understood nowhere, so that what is allowed changes as little as possible."""
    body = BODIES.get(path, {"there is no such field": 1})
    content = {} if method in ("GET", "DELETE") else {"json": body}
    if person.staff is None:
        async with client(house) as stranger:
            return await stranger.request(method, address, **content)  # type: ignore[arg-type]
    return await person.staff.http.request(method, address, **content)  # type: ignore[arg-type]


def was_let_in(answer: httpx.Response, right: Right) -> bool:
    """Tell whether the door opened, whatever happened behind it."""
    if right.is_public:
        return answer.json()["error"]["code"] not in ("not_signed_in", "forbidden") if answer.is_error else True
    return answer.status_code not in (401, 403)


def test_every_route_has_a_row_and_every_row_a_route(house: House) -> None:
    made = {(method, route.path) for route in api.routes(house) for method in route.methods or () if method != "HEAD"}
    assert made == set(RIGHTS)


def test_a_route_without_a_row_cannot_be_made(house: House) -> None:
    async def endpoint(house: House, request: object) -> None: ...

    with pytest.raises(KeyError):
        api.binding.bound(house, "/api/new", "GET", endpoint)  # type: ignore[arg-type]


@pytest.mark.timeout(120)
async def test_every_address_opens_to_whom_the_table_says_and_to_nobody_else(town: Town) -> None:
    wrong = []
    # What takes away comes last, so that there is something to be refused before.
    for (method, path), right in sorted(RIGHTS.items(), key=lambda one: one[0][0] == "DELETE"):
        abouts = (OPEN, FINALIZED) if "{number:number}" in path else ("",)
        for person, about in itertools.product(town.people, abouts):
            if (method, path) == ("POST", "/api/logout"):
                continue
            room = town.rooms.get(about)
            address = addressed(path, room.number if room else NOWHERE, room)
            answer = await asked(town.hire.house, person, method, path, address)
            assert answer.status_code < 500, f"{method} {address} as {person.name}: {answer.text}"
            expected = person.may(right, about)
            is_hidden = answer.status_code == 404 and not expected
            # Of a session that is there, only what hangs on it may be missing.
            is_missed = expected and answer.status_code == 404 and path.count("{") == 1 and room is not None
            if is_missed or (was_let_in(answer, right) != expected and not is_hidden):
                wrong.append(f"{method} {address} ({about}) as {person.name}: {answer.status_code} {answer.text[:80]}")
    assert not wrong, "\n".join(wrong)


async def test_a_session_that_is_not_there_opens_to_nobody(town: Town) -> None:
    for (method, path), right in RIGHTS.items():
        if "{number:number}" not in path:
            continue
        for person in town.people:
            answer = await asked(town.hire.house, person, method, path, addressed(path, NOWHERE, None))
            assert answer.status_code in (401, 403, 404, 400, 415), f"{method} {path} as {person.name}: {answer.text}"
            if not person.staff or person.staff.account.role not in right.roles:
                assert answer.status_code in (401, 403)
