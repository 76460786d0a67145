"""Who guesses: equal answers in equal times, and brakes that make wait but lock nobody out."""

from __future__ import annotations

import asyncio
import itertools
import statistics
import time
from collections.abc import AsyncIterator, Awaitable, Callable

import httpx
import pytest

from hub.people import Role
from tests.attacks.people import PASSWORD, Somebody, Town
from tests.faults.rig import Rig
from tests.story.rooms import World, accepted

SAMPLES = 5
TRIES = 3
"""A machine that is busy with other things may spoil a comparison, not three."""
WORK_RATIO = 0.5
"""Whoever skips the slow hash answers in a tenth of the time; noise does not halve a median three times."""
CHANCE = 0.95
"""So often one of two equal things may be the slower one of a pair."""
WRONG = "a wrong password of twelve"
NOBODY = 999_999_999
_hosts = itertools.count(1)


def somewhere() -> dict[str, str]:
    """Come from an address of one's own, as the named proxy says it."""
    number = next(_hosts)
    return {"X-Forwarded-For": f"198.18.{number // 250}.{number % 250 + 1}"}


async def login(http: httpx.AsyncClient, email: str, password: str, place: dict[str, str]) -> httpx.Response:
    body = {"email": email, "password": password, "bearer": True}
    return await http.post("/api/login", json=body, headers=place)


@pytest.fixture
async def http(rig: Rig) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=rig.hubs[0].own_url, trust_env=False, timeout=30) as opened:
        yield opened


def told(answer: httpx.Response) -> tuple[object, ...]:
    """Everything that somebody who compares two answers can see, but when they were given."""
    headers = {name: value for name, value in answer.headers.items() if name != "date"}
    return answer.status_code, answer.content, headers


# ── one answer ─────────────────────────────────────────────────────────────────────────────────────────────────


async def test_all_that_is_wrong_is_one_answer(http: httpx.AsyncClient, world: World, town: Town) -> None:
    room, who = await world.room(), await town.hire(Role.INVIGILATOR)
    disabled = await town.hire(Role.INVIGILATOR)
    await town.execute("UPDATE accounts SET is_disabled = true WHERE id = $1", disabled.account)
    identity = {"session_number": room.number, **room.people[0].identity}
    headers = {"Authorization": f"Bearer {who.token}"}

    async def asked(path: str, body: dict[str, object]) -> tuple[object, ...]:
        return told(await http.post(path, json=body, headers={**headers, **somewhere()}))

    answers = {
        "login": [
            told(await login(http, who.email, WRONG, somewhere())),
            told(await login(http, "nobody@example.org", PASSWORD, somewhere())),
            told(await login(http, disabled.email, PASSWORD, somewhere())),
            told(await login(http, "no\nbody", PASSWORD, somewhere())),
        ],
        "session": [
            await asked("/api/invigilations", {"session_number": room.number, "password": "C-AAAAAAAA"}),
            await asked("/api/invigilations", {"session_number": NOBODY, "password": "C-AAAAAAAA"}),
            await asked("/api/invigilations", {"session_number": NOBODY, "password": room.password}),
        ],
        "identity": [
            await asked("/api/candidate/identity", {**identity, "birthdate": "2001-01-01"}),
            await asked("/api/candidate/identity", {**identity, "last_name": "Personne"}),
            await asked("/api/candidate/identity", {**identity, "session_number": NOBODY}),
        ],
        "link": [await asked("/api/invitations/look", {"secret": secret}) for secret in ("x" * 43, "y")],
        "handover": [await asked("/api/handovers/open", {"secret": secret}) for secret in ("x" * 43, "y")],
    }
    assert {about: len({str(one) for one in same}) for about, same in answers.items()} == dict.fromkeys(answers, 1)


# ── in one time ────────────────────────────────────────────────────────────────────────────────────────────────

Ask = Callable[[], Awaitable[object]]


async def spent(ask: Ask) -> float:
    begun = time.perf_counter()
    await ask()
    return time.perf_counter() - begun


async def interleaved(one: Ask, other: Ask, samples: int) -> tuple[list[float], list[float]]:
    """Ask in turns, so that whatever slows the machine down slows both."""
    pairs = [(await spent(one), await spent(other)) for _ in range(samples)]
    return [pair[0] for pair in pairs], [pair[1] for pair in pairs]


async def test_an_unknown_account_costs_the_same_work_as_a_known_one(http: httpx.AsyncClient, town: Town) -> None:
    who, no_password = await town.hire(Role.INVIGILATOR), await town.hire(Role.INVIGILATOR)
    await town.execute("UPDATE accounts SET password_hash = NULL WHERE id = $1", no_password.account)

    def guess(email: str) -> Ask:
        async def ask() -> None:
            assert (await login(http, email, WRONG, somewhere())).status_code == 401

        return ask

    for other in ("nobody-here@example.org", no_password.email):
        ratios = []
        for _ in range(TRIES):
            known, unknown = await interleaved(guess(who.email), guess(other), SAMPLES)
            ratios.append(statistics.median(unknown) / statistics.median(known))
            if WORK_RATIO < ratios[-1] < 1 / WORK_RATIO:
                break
        else:
            pytest.fail(f"{other}: {ratios} times what a known account takes")


async def test_an_unknown_session_takes_as_long_as_a_wrong_word(
    http: httpx.AsyncClient, world: World, town: Town
) -> None:
    room = await world.room()
    identity = {**room.people[0].identity, "last_name": "Personne"}

    async def password(number: int) -> Ask:
        staff = await town.hire(Role.INVIGILATOR)
        body = {"session_number": number, "password": "C-AAAAAAAA"}
        headers = {"Authorization": f"Bearer {staff.token}", **somewhere()}
        return lambda: http.post("/api/invigilations", json=body, headers=headers)

    async def person(number: int) -> Ask:
        body = {"session_number": number, **identity}
        return lambda: http.post("/api/candidate/identity", json=body, headers=somewhere())

    for kind, samples in ((password, 9), (person, 20)):
        shares = []
        for turn in range(TRIES):
            known, unknown = await interleaved(await kind(room.number), await kind(NOBODY + turn), samples)
            slower = sum(a > b for a in known for b in unknown) / len(known) / len(unknown)
            shares.append(slower)
            if 1 - CHANCE < slower < CHANCE:
                break
        else:
            pytest.fail(f"{kind.__name__}: a known session is the slower one in {shares} of all pairs")


# ── wait, never locked ─────────────────────────────────────────────────────────────────────────────────────────


async def test_a_flood_of_wrong_passwords_locks_nobody_out(http: httpx.AsyncClient, town: Town, rig: Rig) -> None:
    who, guesser, brakes = await town.hire(Role.INVIGILATOR), somewhere(), []
    for email in (who.email, "nobody-there@example.org"):
        answers = await asyncio.gather(*(login(http, email, WRONG, guesser) for _ in range(12)))
        assert sorted(one.status_code for one in answers) == [401] * 10 + [429] * 2
        brakes.append((await login(http, email, WRONG, guesser)).json()["error"])
        assert 0 < brakes[-1].pop("after_ms") <= 60_000
    assert brakes[0] == brakes[1], "nor does a brake say whether there is such an account"
    assert (await login(http, who.email, PASSWORD, guesser)).status_code == 429, "the guesser waits, whatever they say"
    assert (await login(http, who.email, PASSWORD, somewhere())).status_code == 200, "the owner is somewhere else"
    me = await http.get("/api/me", headers={"Authorization": f"Bearer {who.token}", **guesser})
    assert me.status_code == 200, "who is signed in goes on"
    await rig.redis.flush_all()
    assert (await login(http, who.email, PASSWORD, guesser)).status_code == 429, "Redis knows nothing of it"
    async with httpx.AsyncClient(base_url=rig.hubs[1].own_url, trust_env=False, timeout=30) as elsewhere:
        assert (await login(elsewhere, who.email, PASSWORD, guesser)).status_code == 200, "each process counts its own"


async def test_strangers_who_guess_a_rooms_password_slow_others_down_only(
    http: httpx.AsyncClient, world: World, town: Town
) -> None:
    room, late = await world.room(), await town.hire(Role.INVIGILATOR)
    board = await room.board()

    async def guess(who: Somebody, password: str, place: dict[str, str]) -> httpx.Response:
        body = {"session_number": room.number, "password": password}
        headers = {"Authorization": f"Bearer {who.token}", **place}
        return await http.post("/api/invigilations", json=body, headers=headers)

    strangers = [(await town.hire(Role.INVIGILATOR), somewhere()) for _ in range(6)]
    for who, place in strangers:
        assert [(await guess(who, "C-AAAAAAAA", place)).status_code for _ in range(11)] == [401] * 10 + [429]
    waits = (await guess(late, room.password, somewhere())).json()["error"]
    assert (waits["code"], 0 < waits["after_ms"] <= 60_000) == ("too_many_attempts", True)
    accepted(await board.command("presence.confirm", room.id(board)))
    other = await world.room()
    body = {"session_number": other.number, "password": other.password}
    answer = await http.post(
        "/api/invigilations", json=body, headers={"Authorization": f"Bearer {late.token}", **somewhere()}
    )
    assert answer.status_code == 200, "of another room nobody waits"
