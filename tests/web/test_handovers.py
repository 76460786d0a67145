"""A room handed over: one phone, one minute, one's own account, a right that ends by the database's clock."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import asyncpg
import httpx
import pytest
import pytest_asyncio
import structlog

from hub.model import AccountId, SessionNumber
from hub.people import Role
from hub.ports import Standing
from hub.refusals import Code, Refusal
from hub.tokens import new_token, token_digest
from tests.web.closing import Room, a_room
from tests.web.lycee import ORIGIN, Hiring, Staff, client, code
from web.house import House

if TYPE_CHECKING:
    Db = asyncpg.Connection[asyncpg.Record]

DEAD = (404, "handover_unknown")
ROUNDS = 50
Json = dict[str, Any]


@dataclass
class Hall:
    """A session, its invigilator who entered with the password, and a colleague who did not."""

    house: House
    room: Room
    giver: Staff
    colleague: Staff

    async def offered(self, by: Staff | None = None) -> Json:
        answer = await (by or self.giver).http.post(f"{self.room.path}/handovers")
        assert answer.status_code == 201, answer.text
        made: Json = answer.json()
        return made

    async def followed(self, made: Json) -> Json:
        answer = await self.giver.http.get(f"{self.room.path}/handovers/{made['id']}")
        assert answer.status_code == 200, answer.text
        told: Json = answer.json()
        return told

    async def ticket(self, by: Staff | None = None) -> str:
        """Offer and open, as the colleague's phone does before anybody signs in."""
        async with client(self.house) as phone:
            answer = await opened(phone, await self.offered(by))
        assert answer.status_code == 200, answer.text
        return str(answer.json()["ticket"])

    async def handed(self, to: Staff | None = None, by: Staff | None = None) -> Json:
        answer = await accepted(to or self.colleague, await self.ticket(by))
        assert answer.status_code == 200, answer.text
        right: Json = answer.json()
        return right

    async def confirms(self, who: Staff) -> httpx.Response:
        """Give a command."""
        body = {"type": "presence.confirm", "key": new_token(), "candidates": [self.room.ids[0]]}
        return await who.http.post(f"{self.room.path}/commands", json=body)


def secret_of(made: Json) -> str:
    page, _, secret = made["url"].partition("#")
    assert page == f"{ORIGIN}/handover"
    return str(secret)


async def opened(phone: httpx.AsyncClient, made: Json) -> httpx.Response:
    return await phone.post("/api/handovers/open", json={"secret": secret_of(made)})


async def accepted(who: Staff, ticket: str) -> httpx.Response:
    return await who.http.post("/api/handovers/accept", json={"ticket": ticket})


async def grow_old(db: Db, made: Json, by: timedelta) -> None:
    """Let time pass for one handover."""
    await db.execute("UPDATE handovers SET expires_at = expires_at - $2::interval WHERE id = $1", made["id"], by)


async def lapse(db: Db, room: Room, whose: Staff) -> None:
    """Let somebody's right end a moment ago."""
    done = await db.execute(
        "UPDATE invigilations SET until = clock_timestamp() - interval '1 ms' WHERE number = $1 AND account = $2",
        room.number, whose.account.id,
    )  # fmt: skip
    assert done == "UPDATE 1"


@pytest_asyncio.fixture
async def hall(hire: Hiring) -> Hall:
    room = await a_room(hire, 2)
    giver, colleague = await hire.staff(Role.INVIGILATOR), await hire.staff(Role.INVIGILATOR)
    await hire.house.directory.grant_invigilation(giver.account.id, room.number)
    return Hall(hire.house, room, giver, colleague)


# ── the whole way ──────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_colleague_is_let_in_under_their_own_name_and_commands(hall: Hall, owner_db: Db) -> None:
    assert (await hall.confirms(hall.colleague)).status_code == 403
    made = await hall.offered()
    assert (made["seconds"], made["qr"].startswith("<svg ")) == (60, True)
    assert (await hall.followed(made))["state"] == "waiting"
    async with client(hall.house) as phone:
        seen = (await opened(phone, made)).json()
    ticket = seen.pop("ticket")
    assert seen == {
        "session_number": hall.room.number,
        "site": "Lycée Jean Moulin",
        "room": "12",
        "by": hall.giver.account.name,
        "ticket_seconds": 600,
    }
    assert (await hall.followed(made))["state"] == "opened"
    right = (await accepted(hall.colleague, ticket)).json()
    assert right["session_number"] == hall.room.number
    now = await owner_db.fetchval("SELECT clock_timestamp()")
    assert timedelta(hours=3, minutes=59) < datetime.fromisoformat(right["until"]) - now <= timedelta(hours=4)
    assert await hall.followed(made) == {"id": made["id"], "state": "accepted", "to": hall.colleague.account.name}
    assert (await hall.confirms(hall.colleague)).status_code == 200
    assert (await hall.colleague.http.get("/api/sessions")).json()["total"] == 1
    audit = await owner_db.fetch(
        "SELECT kind, author, codes FROM audit WHERE number = $1 ORDER BY seq", hall.room.number
    )
    ids = {name: f"account:{staff.account.id}" for name, staff in vars(hall).items() if isinstance(staff, Staff)}
    assert [(row["kind"], row["author"]) for row in audit] == [
        ("session.handed_over", ids["colleague"]),
        ("presence.confirmed", ids["colleague"]),
    ]
    assert f'"by": "{ids["giver"]}"' in audit[0]["codes"]
    assert '"minutes": 240' in audit[0]["codes"]


async def test_the_audit_of_the_center_and_the_timeline_of_the_jury_say_who_let_whom_in(
    hall: Hall, hire: Hiring
) -> None:
    await hall.room.starts(0)
    await hall.handed()
    csv = (await hall.room.admin.http.get(f"{hall.room.path}/audit.csv")).text
    (line,) = [line for line in csv.splitlines() if "session.handed_over" in line]
    assert hall.colleague.account.name in line
    assert f"account:{hall.giver.account.id}" in line
    await hall.room.finalized()
    jury = await hire.staff(Role.JURY)
    case = (await jury.http.get(f"/api/jury/sessions/{hall.room.number}")).json()
    (entry,) = [one for one in case["timeline"] if one["kind"] == "session.handed_over"]
    assert (entry["by"], entry["codes"]) == (
        hall.colleague.account.name,
        {"by": hall.giver.account.name, "minutes": 240},
    )


# ── who may hand over ──────────────────────────────────────────────────────────────────────────────────────────


async def test_an_admin_hands_over_after_taking_over_and_not_before(hall: Hall) -> None:
    admin = hall.room.admin
    assert code(await admin.http.post(f"{hall.room.path}/handovers")) == (403, "forbidden")
    await hall.room.command("room.take_over")
    await hall.handed(by=admin)
    assert (await hall.confirms(hall.colleague)).status_code == 200


async def test_a_closed_session_is_not_handed_over(hall: Hall) -> None:
    await hall.room.starts(0)
    ticket = await hall.ticket()
    await hall.room.finalized()
    assert code(await hall.giver.http.post(f"{hall.room.path}/handovers")) == (409, "session_closed")
    assert code(await accepted(hall.colleague, ticket)) == (409, "session_closed")


async def test_nobody_follows_the_handover_of_another(hall: Hall, hire: Hiring) -> None:
    made = await hall.offered()
    path = f"{hall.room.path}/handovers/{made['id']}"
    assert code(await hall.room.admin.http.get(path)) == (404, "not_found")
    assert code(await hall.colleague.http.get(path)) == (403, "forbidden")
    other = await a_room(hire, 1)
    await hall.house.directory.grant_invigilation(hall.giver.account.id, other.number)
    assert code(await hall.giver.http.get(f"{other.path}/handovers/{made['id']}")) == (404, "not_found")


async def test_a_center_admin_in_charge_does_not_prolong_that_by_handing_over_to_themselves(hall: Hall) -> None:
    await hall.room.command("room.take_over")
    ticket = await hall.ticket(hall.room.admin)
    assert code(await accepted(hall.room.admin, ticket)) == (409, "own_handover")
    assert (await accepted(hall.colleague, ticket)).status_code == 200


# ── one phone, one minute ──────────────────────────────────────────────────────────────────────────────────────


async def test_of_two_phones_at_once_exactly_one_gets_the_ticket(hall: Hall) -> None:
    for _ in range(ROUNDS):
        made = await hall.offered()
        digest = token_digest(secret_of(made))
        found = await asyncio.gather(
            *(hall.house.directory.open_handover(digest, token_digest(new_token())) for _ in range(2))
        )
        assert sorted(one is not None for one in found) == [False, True]


async def test_of_two_accounts_at_once_exactly_one_gets_the_right(hall: Hall, hire: Hiring) -> None:
    other = await hire.staff(Role.INVIGILATOR)
    for _ in range(5):
        ticket = await hall.ticket()
        answers = await asyncio.gather(accepted(hall.colleague, ticket), accepted(other, ticket))
        assert sorted(answer.status_code for answer in answers) == [200, 404]


async def test_unknown_used_and_too_old_are_one_answer(hall: Hall, anybody: httpx.AsyncClient, owner_db: Db) -> None:
    voided, used = await hall.offered(), await hall.offered()
    assert (await opened(anybody, used)).status_code == 200
    old = await hall.offered()
    await grow_old(owner_db, old, timedelta(seconds=60))
    answers = [await opened(anybody, made) for made in (used, old, voided, {"url": f"{ORIGIN}/handover#nobodys"})]
    assert {answer.text for answer in answers} == {answers[0].text}
    assert code(answers[0]) == DEAD
    assert (await hall.followed(old))["state"] == "expired"


async def test_another_secret_voids_neither_a_ticket_nor_anybody_elses_secret_nor_that_of_another_room(
    hall: Hall, hire: Hiring, anybody: httpx.AsyncClient
) -> None:
    other, colleague = await a_room(hire, 1), await hire.staff(Role.INVIGILATOR)
    for room, whose in ((other, hall.giver), (hall.room, colleague)):
        await hire.house.directory.grant_invigilation(whose.account.id, room.number)
    ticket = await hall.ticket()
    elsewhere = (await hall.giver.http.post(f"{other.path}/handovers")).json()
    colleagues = await hall.offered(colleague)
    await hall.offered()
    for made in (elsewhere, colleagues):
        assert (await opened(anybody, made)).status_code == 200
    assert (await accepted(hall.colleague, ticket)).status_code == 200


async def test_what_became_of_a_secret_is_told_for_a_day(hall: Hall, owner_db: Db) -> None:
    await hall.house.directory.grant_invigilation(hall.colleague.account.id, hall.room.number)
    made = await hall.offered()
    await grow_old(owner_db, made, timedelta(hours=23))
    await hall.offered(hall.colleague)
    assert (await hall.followed(made))["state"] == "expired"
    await grow_old(owner_db, made, timedelta(hours=2))
    await hall.offered(hall.colleague)
    assert not await owner_db.fetchval("SELECT EXISTS (SELECT FROM handovers WHERE id = $1)", made["id"])


async def test_a_ticket_is_worth_nothing_in_another_room(hall: Hall, hire: Hiring) -> None:
    other, digest = await a_room(hire, 1), token_digest(await hall.ticket())
    await hire.house.directory.grant_invigilation(hall.giver.account.id, other.number)
    refused = await hall.house.decisions.accept_handover(other.number, digest, hall.colleague.account.id)
    assert refused == Refusal(Code.HANDOVER_UNKNOWN)


async def test_a_secret_lives_a_minute_and_a_ticket_ten_by_the_databases_clock(
    hall: Hall, anybody: httpx.AsyncClient, owner_db: Db
) -> None:
    made = await hall.offered()
    left = await owner_db.fetchval("SELECT expires_at - clock_timestamp() FROM handovers WHERE id = $1", made["id"])
    assert timedelta(seconds=50) < left <= timedelta(seconds=60)
    await grow_old(owner_db, made, timedelta(seconds=50))
    ticket = (await opened(anybody, made)).json()["ticket"]
    left = await owner_db.fetchval("SELECT expires_at - clock_timestamp() FROM handovers WHERE id = $1", made["id"])
    assert timedelta(minutes=9, seconds=50) < left <= timedelta(minutes=10)
    await grow_old(owner_db, made, timedelta(minutes=10))
    assert code(await accepted(hall.colleague, ticket)) == DEAD
    assert (await hall.followed(made))["state"] == "expired"
    assert (await hall.confirms(hall.colleague)).status_code == 403


async def test_a_ticket_opens_nothing_and_a_secret_is_no_ticket(hall: Hall, anybody: httpx.AsyncClient) -> None:
    made = await hall.offered()
    assert code(await accepted(hall.colleague, secret_of(made))) == DEAD
    ticket = (await opened(anybody, made)).json()["ticket"]
    assert code(await anybody.post("/api/handovers/open", json={"secret": ticket})) == DEAD


async def test_a_ticket_counts_once_and_the_same_account_hears_the_same_again(hall: Hall, hire: Hiring) -> None:
    ticket = await hall.ticket()
    first = await accepted(hall.colleague, ticket)
    assert (await accepted(hall.colleague, ticket)).json() == first.json()
    assert code(await accepted(await hire.staff(Role.INVIGILATOR), ticket)) == DEAD


@pytest.mark.parametrize("role", [Role.JURY, Role.OPERATOR])
async def test_who_invigilates_nothing_is_not_let_in_and_the_ticket_waits(hall: Hall, hire: Hiring, role: Role) -> None:
    ticket = await hall.ticket()
    assert code(await accepted(await hire.staff(role), ticket)) == (403, "forbidden")
    assert (await accepted(hall.colleague, ticket)).status_code == 200


async def test_without_an_account_a_ticket_is_worth_nothing(hall: Hall, anybody: httpx.AsyncClient) -> None:
    answer = await anybody.post("/api/handovers/accept", json={"ticket": await hall.ticket()})
    assert code(answer) == (401, "not_signed_in")


async def test_a_page_of_somebody_else_uses_nothing_up(hall: Hall, anybody: httpx.AsyncClient) -> None:
    made = await hall.offered()
    foreign = await anybody.post(
        "/api/handovers/open", json={"secret": secret_of(made)}, headers={"Origin": "http://evil.test"}
    )
    assert code(foreign) == (403, "origin_not_allowed")
    assert (await opened(anybody, made)).status_code == 200


async def test_whoever_guesses_is_told_to_wait(hall: Hall, anybody: httpx.AsyncClient) -> None:
    for _ in range(60):
        assert code(await anybody.post("/api/handovers/open", json={"secret": "guess"})) == DEAD
    assert code(await opened(anybody, await hall.offered())) == (429, "too_many_attempts")


@pytest.mark.parametrize("loss", ["is_disabled", "invigilation"])
async def test_whoever_lost_the_room_meanwhile_hands_nothing_over(hall: Hall, owner_db: Db, loss: str) -> None:
    ticket = await hall.ticket()
    whose = hall.giver.account.id
    if loss == "is_disabled":
        await owner_db.execute("UPDATE accounts SET is_disabled = true WHERE id = $1", whose)
    else:
        await owner_db.execute("DELETE FROM invigilations WHERE account = $1", whose)
    assert code(await accepted(hall.colleague, ticket)) == DEAD


async def test_a_disabled_accounts_codes_are_void(hall: Hall, anybody: httpx.AsyncClient) -> None:
    made = await hall.offered()
    await hall.house.directory.set_disabled(hall.giver.account.id, is_disabled=True)
    assert code(await opened(anybody, made)) == DEAD


# ── the right and its end ──────────────────────────────────────────────────────────────────────────────────────


async def test_a_right_that_has_ended_is_worth_nothing_anywhere(hall: Hall, owner_db: Db) -> None:
    await hall.handed()
    await lapse(owner_db, hall.room, hall.colleague)
    assert code(await hall.confirms(hall.colleague)) == (403, "forbidden")
    for rest in ("", "/candidates", "/qr.svg", "/notice.pdf"):
        assert code(await hall.colleague.http.get(f"{hall.room.path}{rest}")) == (403, "forbidden")
    assert code(await hall.colleague.http.post(f"{hall.room.path}/handovers")) == (403, "forbidden")
    assert (await hall.colleague.http.get("/api/sessions")).json()["total"] == 0
    assert await hall.house.directory.standing(hall.colleague.account.id, hall.room.number) is Standing.NONE
    assert (await hall.confirms(hall.giver)).status_code == 200


async def test_a_later_handover_prolongs(hall: Hall, owner_db: Db) -> None:
    await hall.handed()
    await lapse(owner_db, hall.room, hall.colleague)
    await hall.handed()
    assert (await hall.confirms(hall.colleague)).status_code == 200


async def test_the_password_makes_it_a_right_for_good_and_no_handover_shortens_that(hall: Hall, owner_db: Db) -> None:
    await hall.handed()
    await hall.house.directory.grant_invigilation(hall.colleague.account.id, hall.room.number)
    kept = "SELECT until, given_by FROM invigilations WHERE number = $1 AND account = $2"
    assert tuple(await owner_db.fetchrow(kept, hall.room.number, hall.colleague.account.id) or ()) == (None, None)
    assert await hall.handed() == {"session_number": hall.room.number, "until": None}
    assert tuple(await owner_db.fetchrow(kept, hall.room.number, hall.colleague.account.id) or ()) == (None, None)
    decided = "SELECT count(*) FROM audit WHERE number = $1 AND kind = 'session.handed_over'"
    assert await owner_db.fetchval(decided, hall.room.number) == 1, "the second one decided nothing"


async def test_who_was_let_in_for_a_while_hands_on_no_more_than_that(hall: Hall, hire: Hiring, owner_db: Db) -> None:
    await hall.handed()
    await owner_db.execute(
        "UPDATE invigilations SET until = clock_timestamp() + interval '10 min' WHERE account = $1",
        hall.colleague.account.id,
    )
    third = await hire.staff(Role.INVIGILATOR)
    until = datetime.fromisoformat((await hall.handed(to=third, by=hall.colleague))["until"])
    now = await owner_db.fetchval("SELECT clock_timestamp()")
    assert timedelta(minutes=9) < until - now <= timedelta(minutes=10)


async def test_who_was_let_in_for_a_while_never_reads_the_session_password(hall: Hall) -> None:
    kit = f"{hall.room.path}/kit.pdf"
    await hall.handed()
    assert code(await hall.colleague.http.get(kit)) == (403, "forbidden")
    assert (await hall.colleague.http.get(f"{hall.room.path}/notice.pdf")).status_code == 200
    assert "invigilator_password" not in (await hall.colleague.http.get(hall.room.path)).json()
    assert (await hall.giver.http.get(kit)).status_code == 200
    await hall.house.directory.grant_invigilation(hall.colleague.account.id, hall.room.number)
    assert (await hall.colleague.http.get(kit)).status_code == 200


async def test_what_many_may_do_is_told_in_one_answer(hall: Hall, owner_db: Db) -> None:
    await hall.handed()
    who = {name: staff.account.id for name, staff in vars(hall).items() if isinstance(staff, Staff)}
    admin, number = hall.room.admin.account.id, hall.room.number
    asked = {(account, number) for account in (*who.values(), admin)}
    nobody, nowhere = (AccountId(2**40), number), (admin, SessionNumber(2**40))
    told = await hall.house.directory.standings({*asked, nobody, nowhere, (AccountId(2**70), number)})
    assert told == {
        (who["giver"], number): Standing.COMMAND,
        (who["colleague"], number): Standing.COMMAND,
        (admin, number): Standing.WATCH,
    }
    await lapse(owner_db, hall.room, hall.colleague)
    assert (await hall.house.directory.standings(asked))[who["colleague"], number] is Standing.NONE
    assert await hall.house.directory.standings(()) == {}


async def test_a_session_that_was_handed_over_can_still_be_deleted(hall: Hall) -> None:
    await hall.handed()
    await hall.offered()
    assert (await hall.room.admin.http.delete(hall.room.path)).status_code == 204


# ── the secrets ────────────────────────────────────────────────────────────────────────────────────────────────


async def test_secret_and_ticket_are_told_once_and_kept_nowhere(
    hall: Hall, house: House, owner_db: Db, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    seen = []
    with structlog.testing.capture_logs() as diary:
        made = await hall.offered()
        async with client(house) as phone:
            answer = await opened(phone, made)
            seen += [await opened(phone, made), await phone.get("/handover"), await phone.get("/metrics")]
        ticket = answer.json()["ticket"]
        seen += [await accepted(hall.colleague, ticket), await accepted(hall.giver, ticket)]
        seen.append(await hall.giver.http.get(f"{hall.room.path}/handovers/{made['id']}"))
    secrets = (secret_of(made), ticket)
    for secret in secrets:
        assert len(secret) >= 40
        assert secret not in caplog.text + repr(diary)
        for one in seen:
            assert secret not in one.text + str(one.request.url) + repr(one.headers)
        assert secret not in str(answer.request.url) + repr(answer.headers)
    assert secret_of(made) not in answer.text
    for table in await owner_db.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"):
        kept = repr(await owner_db.fetch(f'SELECT row_to_json(t)::text AS row FROM "{table["tablename"]}" t'))
        for secret in secrets:
            assert secret not in kept, table
            assert secret.encode().hex() not in kept, table
    row = await owner_db.fetchrow("SELECT secret_hash, ticket_hash FROM handovers WHERE id = $1", made["id"])
    assert tuple(row or ()) == tuple(token_digest(secret) for secret in secrets)
