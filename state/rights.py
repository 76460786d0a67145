"""Who may do what in which session, in Postgres: read without a lock, for doors and for lines that are open."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

from sqlalchemy import text

from hub.model import AccountId, SessionNumber
from hub.people import Role
from hub.ports import Standing
from hub.standing import Claim, standing_of
from state.database import Database, is_id
from state.rows import IS_INVIGILATING, ROOM_COLUMNS, room_of

_STANDINGS: Final = text(f"""
SELECT {ROOM_COLUMNS}, a.id AS account, a.role, {IS_INVIGILATING}, m.account IS NOT NULL AS is_of_the_center,
    greatest(clock_timestamp(), s.last_decided_at) AS read_at
FROM unnest(CAST(:accounts AS bigint[]), CAST(:numbers AS bigint[])) AS asked(account, number)
JOIN exam_sessions s ON s.number = asked.number JOIN accounts a ON a.id = asked.account AND NOT a.is_disabled
LEFT JOIN invigilations i ON i.number = s.number AND i.account = a.id
LEFT JOIN memberships m ON m.center = s.center AND m.account = a.id
""")
_HAS_ENTERED: Final = text(
    "SELECT 1 FROM invigilations WHERE number = :number AND account = :account AND until IS NULL"
)
# Whoever was let in by a colleague and then types the password is let in for good.
_GRANT: Final = text("""
WITH made AS (INSERT INTO invigilations (number, account) VALUES (:number, :account)
        ON CONFLICT (number, account) DO UPDATE SET until = NULL, given_by = NULL
            WHERE invigilations.until IS NOT NULL
        RETURNING number)
UPDATE exam_sessions s SET roster_version = s.roster_version + 1 FROM made WHERE s.number = made.number
""")


class RightsInPostgres:
    """The part of the directory about rights in one session."""

    _database: Database

    async def standing(self, account: AccountId, number: SessionNumber) -> Standing:
        """Tell what an account may do in a session at this moment."""
        return (await self.standings({(account, number)})).get((account, number), Standing.NONE)

    async def standings(
        self, asked: Collection[tuple[AccountId, SessionNumber]]
    ) -> Mapping[tuple[AccountId, SessionNumber], Standing]:
        """Tell the same of many, in one statement."""
        pairs = [(account, number) for account, number in asked if is_id(account) and is_id(number)]
        if not pairs:
            return {}
        named = {"accounts": [account for account, _ in pairs], "numbers": [number for _, number in pairs]}
        async with self._database.single() as db:
            rows = (await db.execute(_STANDINGS, named)).all()
        found = {}
        for row in rows:
            claim = Claim(AccountId(row.account), Role(row.role), row.is_invigilating, row.is_of_the_center)
            found[claim.account, SessionNumber(row.number)] = standing_of(claim, room_of(row), row.read_at)
        return found

    async def has_entered(self, account: AccountId, number: SessionNumber) -> bool:
        """Tell whether an account entered a session with its password."""
        async with self._database.single() as db:
            return (await db.execute(_HAS_ENTERED, {"account": account, "number": number})).first() is not None

    async def grant_invigilation(self, account: AccountId, number: SessionNumber) -> None:
        """Let an account invigilate a session; a newcomer's name joins the roster."""
        async with self._database.single() as db:
            await db.execute(_GRANT, {"account": account, "number": number})
