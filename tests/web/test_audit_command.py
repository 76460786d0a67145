"""`vigie audit verify`, `vigie purge` and `vigie erase` in processes of their own, on sessions that were lived."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from hub.retention import years_before
from state.embedded import EmbeddedServers
from tests.contract.ledgers import Exam
from tests.state.lived import House, age, live, own_house, past, tamper

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Terminal:
    """A terminal on a database of this test's own."""

    house: House
    settings: Mapping[str, str]

    def vigie(self, *words: str, says: str = "", **settings: str) -> subprocess.CompletedProcess[str]:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("VIGIE_")}
        return subprocess.run(
            [sys.executable, "-m", "web.cli", *words],
            cwd=ROOT,
            env={**clean, **self.settings, **settings},
            capture_output=True,
            text=True,
            timeout=90,
            input=says,
        )


@pytest_asyncio.fixture
async def terminal(servers: EmbeddedServers, tmp_path: Path) -> AsyncIterator[Terminal]:
    async with own_house(servers) as house:
        urls = {"VIGIE_DATABASE_URL": house.addresses.app, "VIGIE_DATABASE_OWNER_URL": house.addresses.owner}
        yield Terminal(house, {"VIGIE_VAR": str(tmp_path), **urls})


async def years_ago(house: House, exam: Exam, years: int = 2) -> None:
    """Let a session have been lived and closed so many years ago to the day."""
    today = await house.owner_db.fetchval("SELECT (clock_timestamp() AT TIME ZONE 'Europe/Paris')::date")
    await age(house.owner_db, exam, years_before(today, years))


async def names(house: House, exam: Exam) -> list[str]:
    rows = await house.owner_db.fetch("SELECT last_name FROM candidates WHERE number = $1 ORDER BY id", exam.number)
    return [row["last_name"] for row in rows]


# ── audit verify ───────────────────────────────────────────────────────────────────────────────────────────────────


async def test_whole_chains_are_code_0_and_one_line_each(terminal: Terminal) -> None:
    one, two = await past(terminal.house.world), await past(terminal.house.world)
    head = (await terminal.house.world.ledger.room(one.number)).decision_hash
    walked = terminal.vigie("audit", "verify")
    assert (walked.returncode, walked.stderr) == (0, "")
    first, second = walked.stdout.splitlines()
    assert first.startswith(f"session {one.number}: ")
    assert f"head {head}" in first
    assert first.endswith(", whole")
    assert second.startswith(f"session {two.number}: ")
    named = terminal.vigie("audit", "verify", str(two.number))
    assert named.stdout == f"{second}\n"


async def test_a_broken_chain_is_code_1_says_where_and_the_others_are_still_told(terminal: Terminal) -> None:
    one, two = await past(terminal.house.world), await past(terminal.house.world)
    await tamper(terminal.house, one, "UPDATE audit SET codes = '{}' WHERE number = $1 AND seq = 3")
    walked = terminal.vigie("audit", "verify", "--json")
    assert (walked.returncode, walked.stderr) == (1, "vigie: 1 of 2 chains do not hold.\n")
    first, second = map(json.loads, walked.stdout.splitlines())
    assert (first["session"], first["is_whole"], first["decision"], first["fault"]) == (one.number, False, 3, "changed")
    assert (second["session"], second["is_whole"], second["decision"], second["fault"]) == (
        two.number,
        True,
        None,
        None,
    )
    assert "BROKEN: decision 3 was changed" in terminal.vigie("audit", "verify", str(one.number)).stdout


async def test_p18_a_receipts_hash_is_found_at_its_decision_or_it_is_code_1(terminal: Terminal) -> None:
    exam, other = await past(terminal.house.world), await past(terminal.house.world)
    receipt = (await terminal.house.world.ledger.room(exam.number)).decision_hash
    seq = (await terminal.house.world.ledger.room(exam.number)).decision_seq
    found = terminal.vigie("audit", "verify", "--head", receipt.upper())
    assert found.returncode == 0
    assert f"the hash is decision {seq}, whole" in found.stdout.splitlines()[0]
    elsewhere = terminal.vigie("audit", "verify", str(other.number), "--head", receipt)
    assert (elsewhere.returncode, "has this hash" in elsewhere.stderr) == (1, True)


@pytest.mark.parametrize("words", [("--head", "abc"), ("999999",), ("0",), ("x",)])
def test_what_cannot_be_walked_is_code_2(terminal: Terminal, words: tuple[str, ...]) -> None:
    assert terminal.vigie("audit", "verify", *words).returncode == 2


# ── purge ──────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_dry_run_tells_and_changes_nothing_then_the_purge_does_just_that(terminal: Terminal) -> None:
    house = terminal.house
    old, young = await past(house.world), await past(house.world)
    await years_ago(house, old)
    await years_ago(house, young, 1)
    tried = terminal.vigie("purge", "--dry-run")
    assert tried.returncode == 0, tried.stderr
    assert "1  sessions" in tried.stdout
    assert "" not in await names(house, old)
    done = terminal.vigie("purge", "--yes")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[1:] == tried.stdout.splitlines()[1:]
    assert await names(house, old) == ["", "", ""]
    assert "" not in await names(house, young)
    assert terminal.vigie("purge").stdout == "Nothing is past its time.\n"
    assert terminal.vigie("audit", "verify").returncode == 0


async def test_a_purge_asks_first(terminal: Terminal) -> None:
    exam = await past(terminal.house.world)
    await years_ago(terminal.house, exam)
    refused = terminal.vigie("purge", says="n\n")
    assert (refused.returncode, "nothing was purged" in refused.stderr) == (1, True)
    assert "" not in await names(terminal.house, exam)
    assert terminal.vigie("purge", says="y\n").returncode == 0
    assert await names(terminal.house, exam) == ["", "", ""]


async def test_a_session_dated_two_years_back_by_mistake_is_not_purged(terminal: Terminal) -> None:
    exam = await terminal.house.world.exam()
    await terminal.house.owner_db.execute(
        "UPDATE exam_sessions SET date = date - interval '3 years' WHERE number = $1", exam.number
    )
    assert terminal.vigie("purge", "--yes").stdout == "Nothing is past its time.\n"
    assert "" not in await names(terminal.house, exam)


async def test_a_day_to_come_can_only_be_tried(terminal: Terminal) -> None:
    exam = await past(terminal.house.world)
    refused = terminal.vigie("purge", "--yes", "--as-of", "2090-01-01")
    assert (refused.returncode, "--dry-run" in refused.stderr) == (2, True)
    assert "1  sessions" in terminal.vigie("purge", "--dry-run", "--as-of", "2090-01-01").stdout
    assert "" not in await names(terminal.house, exam)


async def test_only_the_owner_purges(terminal: Terminal) -> None:
    refused = terminal.vigie("purge", "--yes", VIGIE_DATABASE_OWNER_URL="")
    assert (refused.returncode, refused.stderr.count("\n")) == (1, 1)
    assert "VIGIE_DATABASE_OWNER_URL" in refused.stderr


async def test_a_session_that_is_locked_stops_the_purge_in_one_line(terminal: Terminal) -> None:
    exam = await past(terminal.house.world)
    await years_ago(terminal.house, exam)
    async with terminal.house.owner_db.transaction():
        await terminal.house.owner_db.execute("SELECT FROM exam_sessions WHERE number = $1 FOR UPDATE", exam.number)
        refused = terminal.vigie("purge", "--yes")
    assert (refused.returncode, refused.stderr.count("\n")) == (1, 1)
    assert f"session {exam.number} is being decided on" in refused.stderr
    assert terminal.vigie("purge", "--yes").returncode == 0


async def test_the_default_servers_are_purged_by_their_owner(terminal: Terminal, servers: EmbeddedServers) -> None:
    beside = {"VIGIE_DATABASE_URL": "", "VIGIE_DATABASE_OWNER_URL": "", "VIGIE_VAR": str(servers.data_dir)}
    tried = terminal.vigie("purge", "--dry-run", **beside)
    assert (tried.returncode, tried.stderr) == (0, "")


# ── erase ──────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_p18_one_person_is_erased_and_the_chain_is_whole(terminal: Terminal) -> None:
    exam = await past(terminal.house.world)
    words = ("erase", "--session", str(exam.number), "--candidate", str(exam.candidates[0]))
    assert terminal.vigie(*words, says="n\n").returncode == 1
    assert "" not in await names(terminal.house, exam)
    done = terminal.vigie(*words, "--yes")
    assert done.returncode == 0, done.stderr
    assert "1 documents" in done.stdout
    assert (await names(terminal.house, exam))[0] == ""
    assert "" not in (await names(terminal.house, exam))[1:]
    assert terminal.vigie("audit", "verify", str(exam.number)).returncode == 0
    assert "Nothing is left" in terminal.vigie(*words).stdout


async def test_who_has_started_in_an_open_session_is_not_erased(terminal: Terminal) -> None:
    exam = await terminal.house.world.exam()
    await live(terminal.house.world, exam, exam.candidates[0], "mot")
    refused = terminal.vigie("erase", "--yes", "--session", str(exam.number), "--candidate", str(exam.candidates[0]))
    assert (refused.returncode, "finalize it first" in refused.stderr) == (1, True)
    assert "" not in await names(terminal.house, exam)


def test_an_unknown_candidate_is_one_line_and_code_1(terminal: Terminal) -> None:
    refused = terminal.vigie("erase", "--yes", "--session", "999999", "--candidate", "1")
    assert (refused.returncode, refused.stderr) == (1, "vigie: There is no session 999999.\n")
