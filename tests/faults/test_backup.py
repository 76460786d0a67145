"""A backup that is made while hubs work, restored into a new place, under a Redis that knows more: P20."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from copy import copy
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import asyncpg
import pytest

from hub.people import AccountDraft, Role
from hub.tokens import new_token, token_digest
from state.database import Database
from tests.contract.ledgers import Exam, PostgresWorld
from tests.contract.postgres import plain
from tests.faults import agreement, truth
from tests.faults.halls import bring_in, halls
from tests.faults.hubs import ROOT, SECRET_KEY, Addresses, Hub
from tests.faults.play import Play, playing
from tests.faults.rig import Rig, RigRoom
from tests.faults.test_histories import MILD, NOTICED_SECONDS, PROMISED_SECONDS
from tests.faults.watcher import Watcher
from tests.state.lived import past
from tests.story.api import Api
from web.keyring import Keyring

COMMAND_SECONDS = 60
LATER = "oublié"
"""A word that is only said once the backup is made."""
RESUMED = (
    "UPDATE candidates SET attempt = 'running', revision = revision + 1, decided_at = clock_timestamp() WHERE id = $1"
)


@dataclass(frozen=True)
class Place:
    """A database of its own; `url` and `owner_url` as a rig's store has them."""

    url: str
    owner_url: str

    async def vigie(self, var: Path, *words: str) -> str:
        """Give a command, while everybody goes on; return what it said."""
        clean = {name: value for name, value in os.environ.items() if not name.startswith("VIGIE_")}
        told = {"VIGIE_DATABASE_URL": self.url, "VIGIE_DATABASE_OWNER_URL": self.owner_url}
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "web.cli", *words),
            cwd=ROOT,
            env={**clean, **told, "VIGIE_VAR": str(var), "VIGIE_SECRET_KEY": SECRET_KEY},
            stdout=PIPE,
            stderr=PIPE,
        )
        said, complained = await asyncio.wait_for(process.communicate(), COMMAND_SECONDS)
        assert (process.returncode, complained.decode().count("warning")) == (0, 0), complained.decode()
        return said.decode()


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[asyncpg.Connection[asyncpg.Record]]:
    db = await asyncpg.connect(plain(url))
    try:
        yield db
    finally:
        await db.close()


@asynccontextmanager
async def worlds_of(place: Place) -> AsyncIterator[PostgresWorld]:
    database = Database(place.url, pool_size=2)
    try:
        async with connected(place.owner_url) as owner_db:
            yield PostgresWorld(database, owner_db)
    finally:
        await database.close()


@pytest.fixture
async def elsewhere(rig: Rig) -> AsyncIterator[Place]:
    """An empty database."""
    async with connected(rig.postgres.owner_url) as maker:
        await maker.execute("CREATE DATABASE elsewhere")
        yield Place(*rig.postgres.servers.urls_of("elsewhere"))
        await maker.execute("DROP DATABASE elsewhere WITH (FORCE)")


async def judged(rig: Rig, home: Place) -> Exam:
    """Let a session have been lived, left documents, been finalized and judged."""
    async with worlds_of(home) as world:
        exam, token = await past(world), new_token()
        sealed = Keyring(SECRET_KEY).seal("C-2345678")
        await world.owner_db.execute("UPDATE exam_sessions SET encrypted_password = $1", sealed)
        member = await world.directory.create_account(AccountDraft("jury@example.org", "Jo Jury", Role.JURY))
        await world.directory.open_login(member.id, token_digest(token), timedelta(hours=1))
    async with Api(rig.hubs[0].http_url) as api:
        await api.call("POST", f"/jury/sessions/{exam.number}/assign", token, json={"seen": None})
        body = {"candidate": exam.candidates[0], "verdict": "rejected", "seen": 0, "reason": "téléphone"}
        await api.call("POST", f"/jury/sessions/{exam.number}/decisions", token, json=body)
    return exam


async def backed_up(home: Place, folder: Path) -> tuple[Path, str]:
    """Make a backup; return the file and its state hash. Decisions were made meanwhile, and what is lived is there."""
    async with connected(home.owner_url) as db:
        before = await db.fetchval("SELECT count(*) FROM audit")
        said = await home.vigie(folder / "var", "backup", str(folder))
        assert await db.fetchval("SELECT count(*) FROM audit") > before, "nobody decided anything meanwhile"
        for table in ("documents", "finalizations", "watch_log", "progress", "answers", "clients", "audit_details"):
            assert await db.fetchval(f"SELECT count(*) FROM {table}") > 0, f"no {table}: nothing would be proved"
    (file,) = folder.glob("*.zip")
    found = re.search(r"^state hash ([0-9a-f]{64})$", said, re.MULTILINE)
    assert found is not None, said
    return file, found[1]


async def epoch_of(rig: Rig, room: RigRoom, hub: Hub) -> str | None:
    """Look at a room once, as a dashboard does."""
    async with Watcher(rig, room, rig.staff.admin, hub, f"glance-{hub.name}@{room.number}") as screen:
        await screen.wait(lambda: screen.rows, "the first data", 15)
        return screen.epoch


async def test_p20_a_backup_made_at_work_is_the_same_in_a_new_place_whatever_redis_still_holds(
    rig: Rig, elsewhere: Place, tmp_path: Path
) -> None:
    home = Place(rig.postgres.url, rig.postgres.owner_url)
    (quiet,) = await halls(rig, 1, 2)
    await bring_in(rig, [quiet])
    async with playing(rig, people=4, authors=2, menu=MILD, pause=0.2) as play:
        await play.seated()
        await play.sitters[3].finish()
        exam, known = await judged(rig, home), {await epoch_of(rig, quiet.room, rig.hubs[0])}
        file, state_hash = await backed_up(home, tmp_path)
        for author in play.authors:
            deed = await author.do("report.add", play.room.ids[2], name="fraud", text=LATER)
            assert deed.is_acknowledged
        known |= {screen.epoch for screen in play.screens}
    for hub in rig.hubs:
        hub.kill()
    said = await elsewhere.vigie(tmp_path / "var", "restore", str(file))
    assert f"state hash {state_hash}, as in the backup" in said
    assert ", all whole" in said
    await assert_guarded(elsewhere, play, exam)
    await assert_shown(rig, elsewhere, play.room, quiet.room, known)
    await assert_numbers_go_on(elsewhere)


async def assert_guarded(elsewhere: Place, play: Play, exam: Exam) -> None:
    """Assert that triggers and grants came along."""
    over, refused = play.sitters[3].candidate, "refused by the database"
    async with connected(elsewhere.url) as hub, connected(elsewhere.owner_url) as owner:
        assert await hub.fetchval("SELECT attempt FROM candidates WHERE id = $1", over) == "finished"
        with pytest.raises(asyncpg.PostgresError, match=f"{refused}: no_way_back"):
            await hub.execute(RESUMED, over)
        with pytest.raises(asyncpg.PostgresError, match=f"{refused}: finalized_is_frozen"):
            await hub.execute(RESUMED, exam.candidates[0])
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await hub.execute("UPDATE audit SET author = 'x'")
        with pytest.raises(asyncpg.PostgresError, match=f"{refused}: the_audit_is_append_only"):
            await owner.execute("UPDATE audit SET author = 'x'")
        assert await owner.fetchval("SELECT count(*) FROM logins") == 0, "a login that was ended would be back"


async def assert_shown(rig: Rig, elsewhere: Place, room: RigRoom, quiet: RigRoom, known: set[str | None]) -> None:
    """Assert that a hub on the new place and the old Redis shows what came back, and never showed anything else."""
    async with worlds_of(elsewhere) as world:
        admin = rig.staff.admin
        await world.directory.open_login(admin.account, token_digest(admin.token), timedelta(hours=1))
    addresses = Addresses(rig.postgres.socket, rig.redis.address, elsewhere.url, elsewhere.owner_url)
    async with Hub.open("restored", rig.folder, addresses, rig.seed, rig.journal.note, **rig.settings) as hub:
        await hub.ready()
        there = copy(rig)
        there.postgres, there.hubs = elsewhere, [hub]  # type: ignore[assignment]
        async with Watcher(there, room, admin, hub, f"restored@{room.number}") as screen:
            await screen.wait(lambda: screen.rows, "the first data", 15)
            await agreement.agree(there, room, [screen], PROMISED_SECONDS + NOTICED_SECONDS, is_quiet=False)
            assert LATER not in str(screen.rows)
            assert {epoch for _, epoch in screen.epochs}.isdisjoint(known), "what Redis held was shown"
        assert await epoch_of(there, quiet, hub) not in known, (
            "a room that nobody decided anything in goes on as it was"
        )
        await truth.assert_nothing_lost(there, room)
        assert hub.complaints() == []


async def assert_numbers_go_on(elsewhere: Place) -> None:
    """Assert that new rows get numbers that nobody has."""
    async with worlds_of(elsewhere) as world:
        last = await world.owner_db.fetchrow(
            "SELECT (SELECT max(number) FROM exam_sessions) AS number, max(id) AS id, max(reserved_number) AS reserved"
            " FROM candidates"
        )
        exam = await world.exam()
        rows = (await world.ledger.room(exam.number)).candidates.values()
        assert exam.number > last["number"]
        assert min(one.id for one in rows) > last["id"]
        assert min(one.reserved_number for one in rows) > last["reserved"]
