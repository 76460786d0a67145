"""The contract of the directory, on a real Postgres."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import date, timedelta
from itertools import count
from typing import TYPE_CHECKING

import asyncpg
import pytest

from hub.directory import Directory
from hub.model import AccountId, CandidateId, SessionNumber, account_author
from hub.people import Account, AccountDraft, Center, CenterNameTaken, EmailTaken, Role
from hub.ports import Standing
from hub.preparation import (
    Imported,
    ImportId,
    ImportProblem,
    ImportRefused,
    NewClient,
    Plan,
    PlannedCandidate,
    PlannedSession,
    SessionDraft,
    SessionFilter,
    SessionSecrets,
    SessionSort,
    SessionStatus,
    TypedIdentity,
)
from state.database import Database
from state.directory import PostgresDirectory
from state.ledger import PostgresLedger

if TYPE_CHECKING:
    Db = asyncpg.Connection[asyncpg.Record]


DAY = date(2026, 6, 1)
SECRETS = SessionSecrets("XGDZ45", b"sealed")
LIFE = timedelta(hours=1)
_once = count(1)


@pytest.fixture
def directory(database: Database) -> Directory:
    return PostgresDirectory(database)


async def new_center(directory: Directory) -> Center:
    return await directory.create_center(f"Center {next(_once)}", "Indian/Reunion")


async def new_account(directory: Directory, role: Role = Role.INVIGILATOR, *centers: Center) -> Account:
    draft = AccountDraft(f"P{next(_once)}@Example.org ", "Ada", role, tuple(center.id for center in centers), "hash")
    return await directory.create_account(draft)


async def new_session(directory: Directory, center: Center, room: str = "A1", day: date = DAY) -> SessionNumber:
    return await directory.create_session(SessionDraft(center.id, "Lycée", room, day, "09:00", "Mme Durand"), SECRETS)


def planned(number: SessionNumber | None = None, *names: str, line: int = 2) -> PlannedSession:
    candidates = tuple(
        PlannedCandidate(name, "Zoé", date(2001, 2, 3), "F", "FRANCE", "75101", "", "", line=line + at)
        for at, name in enumerate(names)
    )
    return PlannedSession(number, "Lycée", "A1", DAY, "09:00", "Mme Durand", "au calme", candidates, line)


async def imported(directory: Directory, author: Account, center: Center, plan: Plan) -> Imported:
    waiting = await directory.store_import(author.id, center.id, plan)
    made = await directory.confirm_import(waiting, author.id, [SECRETS] * len(plan))
    assert isinstance(made, Imported), made
    return made


# ── centers, accounts, logins ──────────────────────────────────────────────────────────────────────────────────


async def test_a_center_is_found_by_its_name_and_made_once(directory: Directory) -> None:
    center = await new_center(directory)
    assert await directory.center_by_name(center.name) == center
    assert center in await directory.centers()
    assert await directory.center_by_name("none of these") is None
    with pytest.raises(CenterNameTaken):
        await directory.create_center(center.name)


async def test_an_account_is_found_by_its_address_in_any_case(directory: Directory) -> None:
    center = await new_center(directory)
    account = await new_account(directory, Role.CENTER_ADMIN, center)
    found = await directory.credentials(f"  {account.email.upper()}")
    assert found is not None
    assert (found.account, found.password_hash) == (account, "hash")
    assert await directory.account(account.id) == account
    assert account.centers == (center.id,)
    with pytest.raises(EmailTaken):
        await directory.create_account(AccountDraft(account.email.upper(), "Eve", Role.OPERATOR))
    for nobody in ("nobody@example.org", "nul\0@example.org"):
        assert await directory.credentials(nobody) is None
    assert await directory.account(AccountId(2**70)) is None


async def test_a_new_password_replaces_the_old_one(directory: Directory) -> None:
    account = await new_account(directory)
    await directory.set_password_hash(account.id, "other")
    found = await directory.credentials(account.email)
    assert found is not None
    assert found.password_hash == "other"


async def test_a_login_holds_until_it_is_closed(directory: Directory) -> None:
    account = await new_account(directory)
    await directory.open_login(account.id, b"one", LIFE)
    await directory.open_login(account.id, b"two", LIFE)
    assert await directory.find_login(b"one") == account
    assert await directory.still_signed_in([b"one", b"two", b"three"]) == {b"one", b"two"}
    await directory.close_login(b"one")
    assert await directory.find_login(b"one") is None
    await directory.close_logins(account.id)
    assert await directory.still_signed_in([b"one", b"two"]) == frozenset()
    assert await directory.still_signed_in([]) == frozenset()


async def test_a_login_ends_with_its_time(directory: Directory) -> None:
    account = await new_account(directory)
    await directory.open_login(account.id, b"short", timedelta(0))
    assert await directory.find_login(b"short") is None
    assert await directory.still_signed_in([b"short"]) == frozenset()


async def test_disabling_an_account_closes_its_logins_for_good(directory: Directory) -> None:
    account = await new_account(directory)
    await directory.open_login(account.id, b"closed", LIFE)
    await directory.set_disabled(account.id, is_disabled=True)
    assert await directory.still_signed_in([b"closed"]) == frozenset()
    assert await directory.account(account.id) == replace(account, is_disabled=True)
    await directory.open_login(account.id, b"later", LIFE)
    assert await directory.find_login(b"later") is None
    await directory.set_disabled(account.id, is_disabled=False)
    assert await directory.find_login(b"closed") is None


# ── rights ─────────────────────────────────────────────────────────────────────────────────────────────────────


async def finalized_ago(owner_db: Db, number: SessionNumber, ago: timedelta) -> None:
    """Put a finalization into the past: the guards, which would not have it, look away."""
    async with owner_db.transaction():
        await owner_db.execute("ALTER TABLE exam_sessions DISABLE TRIGGER guard")
        await owner_db.execute(
            "UPDATE exam_sessions SET finalized_at = clock_timestamp() - $2::interval WHERE number = $1", number, ago
        )
        await owner_db.execute("ALTER TABLE exam_sessions ENABLE TRIGGER guard")


async def test_rights_follow_the_table_of_roles(directory: Directory, owner_db: Db) -> None:
    center, elsewhere = await new_center(directory), await new_center(directory)
    number = await new_session(directory, center)
    invigilator, jury, operator = [
        await new_account(directory, role) for role in (Role.INVIGILATOR, Role.JURY, Role.OPERATOR)
    ]
    admin, stranger = [await new_account(directory, Role.CENTER_ADMIN, one) for one in (center, elsewhere)]
    everybody = (invigilator, jury, operator, admin, stranger)

    async def standings() -> list[Standing]:
        return [await directory.standing(account.id, number) for account in everybody]

    none, watch, command = Standing.NONE, Standing.WATCH, Standing.COMMAND
    assert await standings() == [none, none, none, watch, none]
    for account in everybody:
        await directory.grant_invigilation(account.id, number)
    assert await standings() == [command, none, none, command, command]
    await finalized_ago(owner_db, number, timedelta(hours=23))
    assert await standings() == [command, Standing.JURY, none, command, command]
    await finalized_ago(owner_db, number, timedelta(hours=25))
    assert await standings() == [none, Standing.JURY, none, watch, none]
    await directory.set_disabled(admin.id, is_disabled=True)
    assert (await standings())[3] is none
    assert await directory.standing(invigilator.id, SessionNumber(2**70)) is none


async def test_an_invigilator_who_joins_makes_a_new_roster_once(directory: Directory, database: Database) -> None:
    ledger = PostgresLedger(database)
    number = await new_session(directory, await new_center(directory))
    account = await new_account(directory)
    versions = []
    for _ in range(2):
        await directory.grant_invigilation(account.id, number)
        versions.append((await ledger.roster(number)).version)
    assert versions == [2, 2]
    assert (await ledger.roster(number)).staff == {account_author(account.id): "Ada"}


# ── sessions ───────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_session_is_read_as_it_was_made(directory: Directory) -> None:
    center = await new_center(directory)
    number = await new_session(directory, center)
    detail = await directory.session_detail(number)
    assert detail is not None
    assert detail.secrets == SECRETS
    assert (detail.summary.center_name, detail.summary.time_zone) == (center.name, "Indian/Reunion")
    assert (detail.summary.date, detail.summary.start_time, detail.summary.duration_minutes) == (DAY, "09:00", 105)
    assert detail.summary.status is SessionStatus.OPEN
    door = await directory.session_door(number)
    assert door is not None
    assert (door.encrypted_password, door.is_closed) == (b"sealed", False)
    assert await directory.session_exists(number)
    for nowhere in (SessionNumber(1), SessionNumber(2**70)):
        assert not await directory.session_exists(nowhere)
        assert await directory.session_door(nowhere) is None
        assert await directory.session_detail(nowhere) is None
        assert list(await directory.candidates(nowhere)) == []


async def test_the_list_shows_what_the_account_may_see(directory: Directory, owner_db: Db) -> None:
    center, elsewhere = await new_center(directory), await new_center(directory)
    mine, other = await new_session(directory, center), await new_session(directory, elsewhere)
    admin = await new_account(directory, Role.CENTER_ADMIN, center)
    invigilator, operator = await new_account(directory), await new_account(directory, Role.OPERATOR)
    jury = await new_account(directory, Role.JURY)
    await directory.grant_invigilation(invigilator.id, other)
    await owner_db.execute(
        "UPDATE exam_sessions SET finalized_at = clock_timestamp(), decision_seq = decision_seq + 1 WHERE number = $1",
        other,
    )

    async def seen(account: Account) -> set[SessionNumber]:
        page = await directory.sessions(account.id, SessionFilter(page_size=1000))
        return {one.number for one in page.sessions} & {mine, other}

    assert [await seen(one) for one in (admin, invigilator, operator, jury)] == [{mine}, {other}, set(), {other}]


async def test_the_list_is_narrowed_sorted_and_paged(directory: Directory, owner_db: Db) -> None:
    center = await new_center(directory)
    admin = await new_account(directory, Role.CENTER_ADMIN, center)
    days = (date(2026, 6, 2), date(2026, 6, 1), date(2026, 6, 3))
    first, second, third = [
        await new_session(directory, center, room, day) for room, day in zip(("B_2", "B12", "C%3"), days, strict=True)
    ]
    await owner_db.execute(
        "UPDATE exam_sessions SET finalized_at = clock_timestamp(), decision_seq = decision_seq + 1 WHERE number = $1",
        third,
    )

    async def listed(narrowed: SessionFilter) -> tuple[list[SessionNumber], int]:
        page = await directory.sessions(admin.id, narrowed)
        return [one.number for one in page.sessions], page.total

    assert await listed(SessionFilter()) == ([third, first, second], 3)
    upwards = {
        SessionSort.DATE: [second, first, third],
        SessionSort.NUMBER: [first, second, third],
        SessionSort.SITE: [second, first, third],
        SessionSort.ROOM: [second, first, third],
        SessionSort.STATUS: [first, second, third],
    }
    for sort, expected in upwards.items():
        assert await listed(SessionFilter(sort=sort, is_descending=False)) == (expected, 3)
    # Of two that are as far, the newer one comes first both ways.
    assert await listed(SessionFilter(sort=SessionSort.STATUS)) == ([third, first, second], 3)
    assert await listed(SessionFilter(page=2, page_size=2)) == ([second], 3)
    assert await listed(SessionFilter(q="b_2")) == ([first], 1)
    assert await listed(SessionFilter(q="%")) == ([third], 1)
    assert await listed(SessionFilter(q=str(second))) == ([second], 1)
    assert await listed(SessionFilter(q="durand\0")) == ([third, first, second], 3)
    assert await listed(SessionFilter(status=SessionStatus.OPEN)) == ([first, second], 2)
    assert await listed(SessionFilter(status=SessionStatus.FINALIZED)) == ([third], 1)
    assert await listed(SessionFilter(status=SessionStatus.IN_REVIEW)) == ([], 0)
    await owner_db.execute(
        "UPDATE exam_sessions SET assigned_to = 'account:1', assigned_at = clock_timestamp() WHERE number = $1", third
    )
    assert await listed(SessionFilter(status=SessionStatus.IN_REVIEW)) == ([third], 1)
    assert (await directory.sessions(admin.id, SessionFilter())).sessions[0].status is SessionStatus.IN_REVIEW
    await owner_db.execute(
        "UPDATE exam_sessions SET published_at = clock_timestamp(), decision_seq = decision_seq + 1 WHERE number = $1",
        third,
    )
    assert await listed(SessionFilter(status=SessionStatus.PUBLISHED)) == ([third], 1)
    assert await listed(SessionFilter(status=SessionStatus.FINALIZED)) == ([], 0)
    assert (await directory.sessions(admin.id, SessionFilter())).sessions[0].status is SessionStatus.PUBLISHED
    assert await listed(SessionFilter(from_date=days[0])) == ([third, first], 2)
    assert await listed(SessionFilter(to_date=days[0])) == ([first, second], 2)


# ── candidates and their clients ───────────────────────────────────────────────────────────────────────────────


async def test_a_wall_shows_todays_open_sessions_of_the_own_centers(directory: Directory, owner_db: Db) -> None:
    center, elsewhere = await new_center(directory), await new_center(directory)
    admin = await new_account(directory, Role.CENTER_ADMIN, center)
    today = await owner_db.fetchval("SELECT CAST(clock_timestamp() AT TIME ZONE $1 AS date)", center.time_zone)
    planned_today = await new_session(directory, center, "A1", today)
    await new_session(directory, center, "A2", today + timedelta(days=1))
    await new_session(directory, elsewhere, "A3", today)
    begun, begun_long_ago, closed = [await new_session(directory, center, f"B{at}") for at in range(3)]
    start = "UPDATE exam_sessions SET started_at = clock_timestamp() - make_interval(hours => $2) WHERE number = $1"
    await owner_db.execute(start, begun, 23)
    await owner_db.execute(start, begun_long_ago, 25)
    await owner_db.execute(start, closed, 1)
    await owner_db.execute(
        "UPDATE exam_sessions SET finalized_at = clock_timestamp(), decision_seq = decision_seq + 1 WHERE number = $1",
        closed,
    )
    assert set(await directory.wall(admin.id)) == {planned_today, begun}
    assert await directory.wall((await new_account(directory, Role.INVIGILATOR, center)).id) == []
    await directory.set_disabled(admin.id, is_disabled=True)
    assert await directory.wall(admin.id) == []


async def test_a_person_is_identified_by_the_normal_form_inside_one_session(directory: Directory) -> None:
    center = await new_center(directory)
    author = await new_account(directory, Role.CENTER_ADMIN, center)
    made = await imported(directory, author, center, (planned(None, "Lœwe-Durañd"), planned(None, "Autre")))
    number, other = (one.number for one in made.sessions)
    birthdate = date(2001, 2, 3)
    right = TypedIdentity(number, " LOEWE  durand", "zoe", birthdate)
    wrong = [
        TypedIdentity(*asked)
        for asked in (
            (other, "loewe durand", "zoe", birthdate),
            (number, "loewe durand", "zoe", date(2001, 2, 4)),
            (number, "loewe", "zoe", birthdate),
            (SessionNumber(2**70), "loewe durand", "zoe", birthdate),
            (number, "\0", "\0", birthdate),
        )
    ]
    [match] = (await directory.identify([right]))[right]
    assert (match.person.last_name, match.is_closed) == ("Lœwe-Durañd", False)
    sheet = await directory.session_detail(number)
    assert sheet is not None
    door, summary = match.door, sheet.summary
    for name in ("number", "site", "room", "date", "start_time", "time_zone", "duration_minutes"):
        assert getattr(door, name) == getattr(summary, name), name
    for one in wrong:
        assert await directory.identify([one]) == {}
    also = TypedIdentity(other, "Autre", "Zoé", birthdate)
    together = await directory.identify([*wrong, right, also])
    assert {typed: [one.person.last_name for one in found] for typed, found in together.items()} == {
        right: ["Lœwe-Durañd"],
        also: ["Autre"],
    }


async def test_each_identification_makes_a_client_of_its_own(directory: Directory) -> None:
    center = await new_center(directory)
    author = await new_account(directory, Role.CENTER_ADMIN, center)
    made = await imported(directory, author, center, (planned(None, "A"),))
    number = made.sessions[0].number
    [candidate] = await directory.candidates(number)
    nobodys = NewClient(CandidateId(987_654_321), b"nobody's")
    wanted = [NewClient(candidate.id, f"{name} {number}".encode()) for name in ("first", "second")]
    made_clients = await directory.mint_clients([wanted[0], nobodys, wanted[1]])
    assert set(made_clients) == set(wanted), "who is on no list keeps nobody else from being a client"
    first, second = made_clients.values()
    assert first != second
    hashes = [f"{name} {number}".encode() for name in ("first", "second", "third")]
    known = await directory.clients(hashes)
    assert {one.client for one in known.values()} == {first, second}
    assert {(one.candidate, one.number, one.is_running) for one in known.values()} == {(candidate.id, number, False)}
    assert await directory.clients([]) == {}


# ── imports ────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_an_import_makes_sessions_and_candidates_with_every_column(directory: Directory) -> None:
    center = await new_center(directory)
    author = await new_account(directory, Role.CENTER_ADMIN, center)
    full = PlannedCandidate(
        "Nom", "Prénom", date(2001, 2, 3), "M", "FRANCE", "75101", "75001", "Paris", "r@x.fr", "c@x.fr", "é1", 33, 7
    )
    plan = (replace(planned(), candidates=(full,)), planned(None, "B", "A"))
    made = await imported(directory, author, center, plan)
    assert [one.is_new for one in made.sessions] == [True, True]
    assert made.candidates == 3
    [one] = await directory.candidates(made.sessions[0].number)
    assert all(getattr(one, name) == getattr(full, name) for name in full.__slots__ if name != "line")
    assert [one.last_name for one in await directory.candidates(made.sessions[1].number)] == ["A", "B"]
    detail = await directory.session_detail(made.sessions[0].number)
    assert detail is not None
    assert detail.observations == "au calme"


async def test_a_plan_belongs_to_its_author_and_is_confirmed_once(directory: Directory) -> None:
    center = await new_center(directory)
    author, other = [await new_account(directory, Role.CENTER_ADMIN, center) for _ in range(2)]
    plan = (planned(None, "A"),)
    waiting = await directory.store_import(author.id, center.id, plan)
    stored = await directory.load_import(waiting, author.id)
    assert stored is not None
    assert (stored.plan, stored.center, stored.problems) == (plan, center.id, ())
    for import_id in (waiting, ImportId("not an id"), ImportId("00000000-0000-0000-0000-000000000000")):
        assert await directory.load_import(import_id, other.id) is None
        assert await directory.confirm_import(import_id, other.id, [SECRETS]) is None
    first, second = await asyncio.gather(*(directory.confirm_import(waiting, author.id, [SECRETS]) for _ in range(2)))
    assert first == second
    assert isinstance(first, Imported)


async def test_a_plan_lives_for_an_hour(directory: Directory, owner_db: Db) -> None:
    center = await new_center(directory)
    author = await new_account(directory, Role.CENTER_ADMIN, center)
    waiting = await directory.store_import(author.id, center.id, (planned(None, "A"),))
    left = await owner_db.fetchval("SELECT expires_at - clock_timestamp() FROM imports WHERE id = $1", waiting)
    assert timedelta(minutes=59) < left <= LIFE
    await owner_db.execute("UPDATE imports SET expires_at = clock_timestamp() WHERE id = $1", waiting)
    assert await directory.load_import(waiting, author.id) is None
    assert await directory.confirm_import(waiting, author.id, [SECRETS]) is None


async def test_a_plan_with_problems_is_never_confirmed(directory: Directory) -> None:
    center = await new_center(directory)
    author = await new_account(directory, Role.CENTER_ADMIN, center)
    problem = ImportProblem(3, "Sexe", "sex_invalid")
    waiting = await directory.store_import(author.id, center.id, (planned(None, "A"),), [problem])
    assert await directory.confirm_import(waiting, author.id, [SECRETS]) == ImportRefused((problem,))


async def test_lines_with_a_number_join_that_session(directory: Directory, database: Database) -> None:
    center = await new_center(directory)
    author = await new_account(directory, Role.CENTER_ADMIN, center)
    number = (await imported(directory, author, center, (planned(None, "A"),))).sessions[0].number
    before = (await PostgresLedger(database).roster(number)).version
    made = await imported(directory, author, center, (planned(number, "B"), planned(number, "C"), planned(None, "A")))
    assert [one.is_new for one in made.sessions] == [False, True]
    assert [one.last_name for one in await directory.candidates(number)] == ["A", "B", "C"]
    assert (await PostgresLedger(database).roster(number)).version == before + 1


async def test_all_or_nothing_is_imported(directory: Directory, owner_db: Db) -> None:
    center, elsewhere = await new_center(directory), await new_center(directory)
    author = await new_account(directory, Role.CENTER_ADMIN, center)
    joined, started, closed = [
        (await imported(directory, author, center, (planned(None, "Élan"),))).sessions[0].number for _ in range(3)
    ]
    foreign = await new_session(directory, elsewhere)
    await owner_db.execute("UPDATE exam_sessions SET started_at = clock_timestamp() WHERE number = $1", started)
    await owner_db.execute(
        "UPDATE exam_sessions SET finalized_at = clock_timestamp(), decision_seq = decision_seq + 1 WHERE number = $1",
        closed,
    )
    plan = (
        planned(None, "New", line=2),
        planned(joined, "elan", "Other", "OTHER", line=3),
        planned(started, "B", line=10),
        planned(closed, "B", line=11),
        planned(foreign, "B", line=12),
        planned(SessionNumber(2**70), "B", line=13),
    )
    expected = tuple(
        ImportProblem(line, None, code)
        for line, code in (
            (3, "candidate_duplicate"),
            (5, "candidate_duplicate"),
            (10, "session_started"),
            (11, "session_closed"),
            (12, "session_unknown"),
            (13, "session_unknown"),
        )
    )
    assert await directory.judge_plan(center.id, plan) == expected
    waiting = await directory.store_import(author.id, center.id, plan)
    assert await directory.confirm_import(waiting, author.id, [SECRETS] * len(plan)) == ImportRefused(expected)
    page = await directory.sessions(author.id, SessionFilter())
    assert page.total == 3
    assert len(await directory.candidates(joined)) == 1


async def test_the_largest_import_is_one_transaction(directory: Directory) -> None:
    center = await new_center(directory)
    author = await new_account(directory, Role.CENTER_ADMIN, center)
    plan = tuple(planned(None, *(f"Nom {at}" for at in range(25))) for _ in range(200))
    made = await imported(directory, author, center, plan)
    assert (len(made.sessions), made.candidates) == (200, 5000)
    assert len({one.number for one in made.sessions}) == 200


async def test_two_imports_into_the_same_session_do_not_double_anybody(directory: Directory) -> None:
    center = await new_center(directory)
    author = await new_account(directory, Role.CENTER_ADMIN, center)
    number = await new_session(directory, center)
    waiting = [await directory.store_import(author.id, center.id, (planned(number, "A"),)) for _ in range(2)]
    outcomes = await asyncio.gather(*(directory.confirm_import(one, author.id, [SECRETS]) for one in waiting))
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["ImportRefused", "Imported"]
    assert len(await directory.candidates(number)) == 1
