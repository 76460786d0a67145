"""The rule of the one clock: what decides time in the truth is the database's clock, read after the lock."""

from __future__ import annotations

import re
from pathlib import Path

STATE = Path(__file__).resolve().parents[2] / "state"
# `now()` and its kin are a transaction's beginning: a transaction that waited for its lock once revived an ended test.
# A node's clock may be ten minutes wrong.
BANNED = re.compile(
    r"(?<![\w.])now\(\)|current_timestamp|localtimestamp|transaction_timestamp|statement_timestamp"
    r"|datetime\.now|datetime\.utcnow|\btime\.time\(",
    re.IGNORECASE,
)
TRUTH = (
    "accounts",
    "audit_trail",
    "case",
    "database",
    "directory",
    "emptying",
    "erasure",
    "exam_sessions",
    "handovers",
    "imports",
    "ledger",
    "memory_ledger",
    "migrate",
    "retention",
    "rights",
    "rows",
    "tables",
)


def test_no_other_clock_decides_in_the_truth() -> None:
    files = [STATE / f"{name}.py" for name in TRUTH] + sorted((STATE / "migrations").rglob("*.py"))
    found = [
        f"{path.relative_to(STATE)}:{number}: {line.strip()}"
        for path in files
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if BANNED.search(line)
    ]
    assert found == []


def test_the_ban_finds_what_it_is_for() -> None:
    for line in ("DEFAULT now()", "CURRENT_TIMESTAMP", "SELECT transaction_timestamp()", "datetime.now(UTC)"):
        assert BANNED.search(line), line
    for line in ("clock_timestamp()", "self._clock()", "clock.now()"):
        assert not BANNED.search(line), line
