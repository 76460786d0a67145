"""People with accounts on the hubs of the rig: made in the database, signed in without the slow hash of a password."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import timedelta

import asyncpg

from hub.people import AccountDraft, Center, CenterId, Role
from hub.tokens import new_token, token_digest
from state.directory import PostgresDirectory
from tests.contract.postgres import plain
from tests.faults.rig import Rig

PASSWORD = "a long enough password"
_numbers = itertools.count(1)
LOGIN_LIFE = timedelta(hours=14)


@dataclass(frozen=True)
class Somebody:
    """An account that is signed in; its password is PASSWORD."""

    account: int
    email: str
    token: str


class Town:
    """Makes centers and accounts that no other test uses."""

    def __init__(self, rig: Rig, hashed: str) -> None:
        self.rig, self._hashed = rig, hashed

    async def center(self) -> Center:
        async with self.rig.database() as database:
            return await PostgresDirectory(database).create_center(f"Lycée attaqué {next(_numbers)}")

    async def own_center(self) -> CenterId:
        """Return the center of the rig's own admin, to whom the rooms of a world belong."""
        async with self.rig.database() as database:
            found = await PostgresDirectory(database).find_login(token_digest(self.rig.staff.admin.token))
        assert found is not None
        return found.centers[0]

    async def hire(self, role: Role, *centers: CenterId) -> Somebody:
        """Make an account and sign it in."""
        email, token = f"attacked{next(_numbers)}@example.org", new_token()
        async with self.rig.database() as database:
            directory = PostgresDirectory(database)
            draft = AccountDraft(email, f"Quelqu'un {next(_numbers)}", role, centers, self._hashed)
            account = await directory.create_account(draft)
            await directory.open_login(account.id, token_digest(token), LOGIN_LIFE)
        return Somebody(account.id, email, token)

    async def sign_in(self, who: Somebody) -> Somebody:
        """Sign the same account in once more."""
        token = new_token()
        async with self.rig.database() as database:
            await PostgresDirectory(database).open_login(who.account, token_digest(token), LOGIN_LIFE)
        return Somebody(who.account, who.email, token)

    async def let_in(self, who: Somebody, number: int) -> None:
        """Let somebody into a session, as its password does."""
        async with self.rig.database() as database:
            await PostgresDirectory(database).grant_invigilation(who.account, number)

    async def execute(self, statement: str, *values: object) -> None:
        """Change the truth as its owner."""
        db = await asyncpg.connect(plain(self.rig.postgres.owner_url))
        try:
            await db.execute(statement, *values)
        finally:
            await db.close()
