"""What the owner empties, on a real Postgres: nothing personal is left, the chain is whole, and nobody else may."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date, timedelta

import pytest
import pytest_asyncio

import state.retention
from hub import commands as ask
from hub.people import AccountDraft, Role
from hub.preparation import TypedIdentity
from hub.retention import Emptied, years_before
from state.audit_trail import PostgresAuditTrail
from state.embedded import EmbeddedServers
from state.retention import PostgresRetention
from state.tables import metadata
from tests.contract.ledgers import Exam, decide
from tests.state.lived import HAPPENED, House, age, dump, happened, own_house, past

FAR = date(2040, 1, 1)
"""A day on which everything is past its time."""
CANARY = "canary"
BIRTH = "1999-09-09"

KEPT = {
    "places": {"centers.name", "centers.time_zone", "exam_sessions.site", "exam_sessions.room"},
    "hours": {"exam_sessions.start_time"},
    "secrets of a room": {"exam_sessions.access_code", "exam_sessions.encrypted_password"},
    "authors by id": {
        "exam_sessions.assigned_to", "exam_sessions.take_overs", "candidates.presence_by",
        "candidates.authorization_by", "candidates.end_screen_seen_by", "audit.author", "finalizations.saved_by",
        "watch_log.author",
    },
    "clients and consoles by id": {"candidates.seat_client", "watch_log.connection"},
    "codes": {
        "accounts.role", "exam_sessions.attention", "candidates.presence_state", "candidates.identity_state",
        "candidates.authorization_kind", "candidates.attempt", "candidates.entry_refused_code", "audit.kind",
        "audit.codes", "watch_log.kind", "watch_log.facts",
    },
    "instants": {"candidates.interruptions"},
    "hashes": {"exam_sessions.decision_hash", "audit.detail_digest", "audit.previous_hash", "audit.hash"},
    "the live store's own": {"live_stores.name", "live_stores.history"},
    "names that processes give themselves": {"nodes.name"},
}  # fmt: skip
"""Every column of words or bytes that a purge leaves, and why it may. A new column must be emptied, or named here."""

CHECKED = {"invitations.role", "documents.media_type"}
"""Columns of rows that go as a whole, which take no word but their own."""

LISTS = {
    "candidates.help": '[{"id": 1, "kind": "other", "question": 3, "text": "canary", "at": "2026-01-01T00:00:00Z",'
    ' "taken_by": null, "outcome": "dismiss", "word": "canary"}]',
    "candidates.reports": '[{"id": 2, "name": "fraud", "question": null, "text": "canary", "by": "account:1",'
    ' "at": "2026-01-01T00:00:00Z"}]',
    "candidates.additions": '[{"minutes": 5, "reason": "canary", "by": "account:1", "at": "2026-01-01T00:00:00Z"}]',
    "finalizations.abort_reasons": '{"1": "canary"}',
}


@pytest_asyncio.fixture
async def house(postgres_server: EmbeddedServers) -> AsyncIterator[House]:
    async with own_house(postgres_server) as opened:
        yield opened


@pytest.fixture
def retention(house: House) -> PostgresRetention:
    return PostgresRetention(house.owner)


async def purge(retention: PostgresRetention, as_of: date = FAR) -> Emptied:
    total = Emptied()
    async for number, _ in retention.sessions_due(as_of):
        total += await retention.purge_session(number, as_of)
    return total + await retention.purge_people(as_of)


async def due(retention: PostgresRetention, as_of: date = FAR) -> Emptied:
    total = await retention.people_due(as_of)
    async for _, left in retention.sessions_due(as_of):
        total += left
    return total


async def assert_whole(house: House, exam: Exam) -> None:
    walk = await PostgresAuditTrail(house.app).walk(exam.number)
    assert walk.broken is None, str(walk.broken)


# ── every column ───────────────────────────────────────────────────────────────────────────────────────────────────


def worded_columns() -> dict[str, str]:
    """List every column that can hold words or bytes, with its type."""
    return {
        f"{table.name}.{column.name}": str(column.type)
        for table in metadata.sorted_tables
        for column in table.columns
        if str(column.type) in ("TEXT", "JSONB", "BYTEA", "BLOB")
    }


def value_for(column: str, kind: str) -> str:
    if column in LISTS:
        return f"'{LISTS[column]}'::jsonb"
    if kind == "JSONB":
        return f"'\"{CANARY}\"'::jsonb"
    unique = f"'{CANARY} ' || gen_random_uuid()"
    return f"convert_to({unique}, 'UTF8')" if kind in ("BYTEA", "BLOB") else unique


async def fill(house: House) -> None:
    """Put a canary into every column that must be empty afterwards, with the guards asleep for a moment."""
    kept = set().union(*KEPT.values()) | CHECKED
    filled = {column: kind for column, kind in worded_columns().items() if column not in kept}
    async with house.owner_db.transaction():
        for table in {column.split(".")[0] for column in filled}:
            await house.owner_db.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            changes = [
                f"{column.split('.')[1]} = {value_for(column, kind)}"
                for column, kind in filled.items()
                if column.startswith(f"{table}.")
            ]
            if table == "candidates":
                changes += [f"birthdate = '{BIRTH}'", "extra_time_percentage = 77"]
            if table == "documents":
                await house.owner_db.execute("ALTER TABLE documents DROP CONSTRAINT ck_documents_size")
            await house.owner_db.execute(f"UPDATE {table} SET {', '.join(changes)}")
            await house.owner_db.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def canaries(tables: dict[str, list[str]]) -> dict[str, list[str]]:
    signs = (CANARY, CANARY.encode().hex(), BIRTH)
    found = {name: [line for line in lines if any(sign in line for sign in signs)] for name, lines in tables.items()}
    return {name: lines for name, lines in found.items() if lines}


async def other_papers(house: House) -> None:
    """Fill the tables that a session does not."""
    account = await house.owner_db.fetchval("SELECT min(id) FROM accounts")
    await house.world.directory.open_login(account, b"secret", timedelta(hours=12))
    await house.owner_db.execute(
        "INSERT INTO invitations (secret_hash, email, role, invited_by, expires_at)"
        " VALUES ('s', 'new@example.org', 'invigilator', $1, clock_timestamp() + interval '48 h')",
        account,
    )
    await house.owner_db.execute(
        "INSERT INTO handovers (secret_hash, number, given_by, expires_at, opened_at, ticket_hash)"
        " SELECT 's', min(number), $1, clock_timestamp() + interval '10 min', clock_timestamp(), 't'"
        " FROM exam_sessions",
        account,
    )
    await house.owner_db.execute(
        "INSERT INTO watch_log (number, author, connection, kind, at, facts)"
        " SELECT number, 'account:1', 'c1', 'saw', clock_timestamp(), '{}' FROM exam_sessions"
    )


async def test_nothing_personal_is_left_in_any_column(house: House, retention: PostgresRetention) -> None:
    exam = await past(house.world)
    await other_papers(house)
    await fill(house)
    before = canaries(await dump(house.owner_db))
    assert set(before) == {
        "accounts", "answers", "audit_details", "candidates", "clients", "documents", "exam_sessions", "finalizations",
        "handovers", "imports", "invitations", "logins",
    }  # fmt: skip
    await purge(retention)
    assert canaries(await dump(house.owner_db)) == {}
    assert await house.owner_db.fetchval("SELECT max(extra_time_percentage) FROM candidates") == 0
    await assert_whole(house, exam)


def test_every_column_named_as_kept_exists() -> None:
    assert set().union(*KEPT.values()) | CHECKED | set(LISTS) <= set(worded_columns())


async def test_numbers_states_and_instants_stay(house: House, retention: PostgresRetention) -> None:
    exam = await past(house.world)
    before = (await house.world.ledger.room(exam.number)).candidates
    await purge(retention)
    after = (await house.world.ledger.room(exam.number)).candidates
    for one in exam.candidates:
        was, now = before[one], after[one]
        assert (now.certification_number, now.attempt, now.entry_no, now.presence, now.seat, now.progress) == (
            was.certification_number, was.attempt, was.entry_no, was.presence, was.seat, was.progress,
        )  # fmt: skip
        assert [(call.id, call.outcome) for call in now.help] == [(call.id, call.outcome) for call in was.help]
        assert [(report.id, report.name) for report in now.reports] == [(one.id, one.name) for one in was.reports]
        assert now.time.minutes_added == was.time.minutes_added
    names = await house.owner_db.fetch("SELECT last_name || first_name AS name FROM candidates")
    assert {row["name"] for row in names} == {""}


# ── when, how often ────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_session_is_purged_on_its_second_anniversary_and_not_a_day_earlier(
    house: House, retention: PostgresRetention
) -> None:
    await age(house.owner_db, await past(house.world), date(2026, 1, 1))
    assert (await due(retention, date(2027, 12, 31))).sessions == 0
    assert (await due(retention, date(2028, 1, 1))).sessions == 1


@pytest.mark.parametrize("what", HAPPENED)
async def test_a_date_typed_years_back_purges_nothing_before_what_happened_is_past_its_time_too(
    house: House, retention: PostgresRetention, what: str
) -> None:
    exam = await past(house.world)
    await reopen(house, exam)
    await age(house.owner_db, exam, date(2020, 1, 1))
    await happened(house.owner_db, exam, date(2026, 5, 5), what)
    eve, anniversary = date(2028, 5, 4), date(2028, 5, 5)
    assert (await due(retention, eve)).sessions == 0
    assert await retention.purge_session(exam.number, eve) == Emptied()
    assert (await house.world.audit(exam.number))[-1].kind == "session.finalized"
    assert (await due(retention, anniversary)).sessions == 1
    assert (await retention.purge_session(exam.number, anniversary)).sessions == 1


async def reopen(house: House, exam: Exam) -> None:
    """Leave the mark of a session that was reopened and finalized again."""
    async with house.owner_db.transaction():
        await house.owner_db.execute("ALTER TABLE exam_sessions DISABLE TRIGGER USER")
        await house.owner_db.execute("UPDATE exam_sessions SET reopened_at = created_at WHERE number = $1", exam.number)
        await house.owner_db.execute("ALTER TABLE exam_sessions ENABLE TRIGGER USER")


async def test_what_a_purge_itself_writes_puts_no_purge_off(house: House, retention: PostgresRetention) -> None:
    exam = await past(house.world)
    await age(house.owner_db, exam, date(2020, 1, 1))
    assert (await retention.purge_session(exam.number)).sessions == 1
    await house.owner_db.execute("UPDATE exam_sessions SET observations = 'mot' WHERE number = $1", exam.number)
    assert [number async for number, _ in retention.sessions_due(None)] == [exam.number]


async def test_today_is_the_day_of_the_center(house: House, retention: PostgresRetention) -> None:
    far_west, far_east = await past(house.world), await past(house.world)
    for exam, zone in ((far_west, "Etc/GMT+12"), (far_east, "Etc/GMT-14")):
        await house.owner_db.execute(
            "UPDATE centers SET time_zone = $2 WHERE id = (SELECT center FROM exam_sessions WHERE number = $1)",
            exam.number, zone,
        )  # fmt: skip
        # Two years before what is today far in the east, where it is always a later day than far in the west.
        today = await house.owner_db.fetchval("SELECT (clock_timestamp() AT TIME ZONE 'Etc/GMT-14')::date")
        await age(house.owner_db, exam, years_before(today, 2))
    assert [number async for number, _ in retention.sessions_due(None)] == [far_east.number]


async def test_a_purge_says_first_what_it_does_then_and_a_second_one_finds_nothing(
    house: House, retention: PostgresRetention
) -> None:
    await past(house.world)
    await past(house.world)
    await other_papers(house)
    before = await dump(house.owner_db)
    tried = await due(retention)
    assert await dump(house.owner_db) == before
    assert tried == await purge(retention)
    assert (tried.sessions, tried.candidates, tried.documents, tried.comments, tried.clients) == (2, 6, 2, 2, 4)
    purged = await dump(house.owner_db)
    assert await purge(retention) == Emptied()
    assert await dump(house.owner_db) == purged


async def test_more_sessions_than_one_page_holds_are_all_found(
    house: House, retention: PostgresRetention, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(state.retention, "PAGE_SESSIONS", 1)
    numbers = [(await past(house.world)).number for _ in range(3)]
    assert [number async for number, _ in retention.sessions_due(FAR)] == numbers


async def test_a_purge_that_was_cut_off_goes_on_where_it_stopped(house: House, retention: PostgresRetention) -> None:
    one, two = await past(house.world), await past(house.world)
    await retention.purge_session(one.number, FAR)
    assert [number async for number, _ in retention.sessions_due(FAR)] == [two.number]


async def test_what_is_added_after_a_purge_is_purged_by_the_next(house: House, retention: PostgresRetention) -> None:
    exam = await house.world.exam()
    await purge(retention)
    await live_on(house, exam)
    assert (await due(retention)).sessions == 1


async def live_on(house: House, exam: Exam) -> None:
    await decide(house.world.ledger, exam, exam.admin, ask.TakeOverRoom())
    await decide(house.world.ledger, exam, exam.admin, ask.AddTime(5, "panne"), exam.candidates[0])


async def test_the_chain_says_that_a_session_was_purged_and_goes_on(house: House, retention: PostgresRetention) -> None:
    exam = await past(house.world)
    version = (await house.world.ledger.room(exam.number)).roster_version
    details = await house.owner_db.fetchval("SELECT count(*) FROM audit_details WHERE number = $1", exam.number)
    await purge(retention)
    last = (await house.world.audit(exam.number))[-1]
    assert (last.kind, last.author, last.candidate) == ("session.purged", "hub", None)
    assert last.codes == {"candidates": 3, "details": details, "documents": 1}
    room = await house.world.ledger.room(exam.number)
    assert (room.decision_seq, room.decision_hash, room.roster_version) == (last.seq, last.hash, version + 1)
    walk = await PostgresAuditTrail(house.app).walk(exam.number)
    assert (walk.broken, walk.purged) == (None, details)


async def test_nobody_is_found_by_the_names_that_are_left(house: House, retention: PostgresRetention) -> None:
    exam = await past(house.world)
    await purge(retention)
    for last_name in ("", "-"):
        for one in exam.candidates:
            typed = TypedIdentity(exam.number, last_name, str(one), date(1, 1, 1))
            assert await house.world.directory.identify([typed]) == {}


# ── accounts ───────────────────────────────────────────────────────────────────────────────────────────────────────


async def hired(house: House, name: str, role: Role, years_ago: int, password: str | None = "hash") -> int:
    account = await house.world.directory.create_account(AccountDraft(f"{name}@example.org", name, role, (), password))
    await house.owner_db.execute(
        "UPDATE accounts SET created_at = clock_timestamp() - interval '20 years',"
        " last_access_at = clock_timestamp() - make_interval(years => $2, mins => 1) WHERE id = $1",
        account.id, years_ago,
    )  # fmt: skip
    return account.id


async def test_an_account_nobody_used_for_five_years_is_nobodys_and_lets_nobody_in(
    house: House, retention: PostgresRetention
) -> None:
    old = await hired(house, "old", Role.INVIGILATOR, 5)
    fresh = await hired(house, "fresh", Role.INVIGILATOR, 4)
    await house.world.directory.open_login(fresh, b"fresh", timedelta(hours=12))
    await house.owner_db.execute(
        "INSERT INTO logins (secret_hash, account, expires_at) VALUES ('old', $1, clock_timestamp() + interval '1 h')",
        old,
    )
    assert (await retention.purge_people(None)).accounts == 1
    row = await house.owner_db.fetchrow("SELECT * FROM accounts WHERE id = $1", old)
    assert (row["name"], row["email"]) == (f"account {old}", f"account-{old}@erased.invalid")
    assert (row["password_hash"], row["is_disabled"]) == (None, True)
    assert await house.owner_db.fetch("SELECT account FROM logins") == [(fresh,)]
    assert (await retention.purge_people(None)).accounts == 0


async def test_an_account_that_was_never_used_counts_from_its_making(
    house: House, retention: PostgresRetention
) -> None:
    await hired(house, "never", Role.JURY, 0)
    await house.owner_db.execute("UPDATE accounts SET last_access_at = NULL")
    assert (await retention.people_due(None)).accounts == 1


async def test_the_last_operator_stays_and_one_who_lets_nobody_in_is_no_last_one(
    house: House, retention: PostgresRetention
) -> None:
    first, last = await hired(house, "first", Role.OPERATOR, 9), await hired(house, "last", Role.OPERATOR, 8)
    bare = await hired(house, "bare", Role.OPERATOR, 7, None)
    off = await hired(house, "off", Role.OPERATOR, 6)
    await house.owner_db.execute("UPDATE accounts SET is_disabled = true WHERE id = $1", off)
    assert (await retention.purge_people(None)).accounts == 3
    disabled = await house.owner_db.fetch("SELECT id FROM accounts WHERE is_disabled ORDER BY id")
    assert [row["id"] for row in disabled] == [first, bare, off]
    assert last not in (first, bare, off)


async def test_an_account_that_is_nobodys_from_the_start_is_spared(house: House) -> None:
    await hired(house, "terminal", Role.OPERATOR, 9, None)
    spared = PostgresRetention(house.owner, ("terminal@example.org",))
    assert (await spared.people_due(None)).accounts == 0


async def test_links_lists_and_logins_go_when_their_life_is_over_and_not_before(
    house: House, retention: PostgresRetention
) -> None:
    await house.world.exam()
    await other_papers(house)
    assert await retention.purge_people(None) == Emptied()
    for table in ("invitations", "imports", "logins"):
        await house.owner_db.execute(f"UPDATE {table} SET expires_at = clock_timestamp() - interval '1 s'")
    assert await retention.purge_people(None) == Emptied(invitations=1, imports=1, logins=1)


async def test_a_link_that_was_used_goes_before_its_life_is_over(house: House, retention: PostgresRetention) -> None:
    await house.world.exam()
    await other_papers(house)
    await house.owner_db.execute("UPDATE invitations SET used_at = clock_timestamp()")
    assert await retention.purge_people(None) == Emptied(invitations=1)
    assert await house.owner_db.fetchval("SELECT count(*) FROM invitations") == 0


async def test_what_was_said_in_a_deleted_session_goes_too(house: House, retention: PostgresRetention) -> None:
    exam = await house.world.exam()
    await live_on(house, exam)
    assert await house.world.directory.delete_session(exam.number, exam.admin) is None
    assert (await due(retention, date(2027, 1, 1))).details == 0
    assert (await purge(retention)).details == 1
    assert (await PostgresAuditTrail(house.app).walk(exam.number)).broken is None


async def test_only_the_owner_of_the_tables_is_taken_for_the_owner(house: House) -> None:
    assert await PostgresRetention(house.owner).is_owner()
    assert not await PostgresRetention(house.app).is_owner()
