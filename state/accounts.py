"""Centers, accounts and logins in Postgres."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Final

from sqlalchemy import Row, text

from hub.model import AccountId
from hub.people import Account, AccountDraft, Center, CenterId, CenterNameTaken, Credentials, EmailTaken, Member, Role
from state.database import Database, is_id


def account_columns(alias: str = "a", prefix: str = "") -> str:
    """Return what is selected of an account, for `account_of`."""
    plain = ", ".join(f"{alias}.{name} AS {prefix}{name}" for name in ("id", "email", "name", "role", "is_disabled"))
    belongs = f"SELECT m.center FROM memberships m WHERE m.account = {alias}.id ORDER BY m.center"
    return f"{plain}, ARRAY({belongs}) AS {prefix}centers"


def center_columns(among: str) -> str:
    """Return what is selected of the centers whose ids are in an array, for `centers_in`."""
    return ", ".join(
        f"ARRAY(SELECT c.{name} FROM centers c WHERE c.id = ANY({among}) ORDER BY c.name) AS center_{name}s"
        for name in ("id", "name", "time_zone")
    )


_ACCOUNT_COLUMNS: Final = account_columns()

_CREATE_CENTER: Final = text("""
INSERT INTO centers (name, time_zone) VALUES (:name, :time_zone) ON CONFLICT (name) DO NOTHING RETURNING id
""")
_CENTER_BY_NAME: Final = text("SELECT id, name, time_zone FROM centers WHERE name = :name")
_CENTERS: Final = text("SELECT id, name, time_zone FROM centers ORDER BY name")

_CREATE_ACCOUNT: Final = text("""
WITH made AS (INSERT INTO accounts (email, name, role, password_hash)
        VALUES (:email, :name, :role, :password_hash) ON CONFLICT (email) DO NOTHING RETURNING id),
    belongs AS (INSERT INTO memberships (account, center)
        SELECT made.id, c FROM made, unnest(CAST(:centers AS bigint[])) AS c)
SELECT id FROM made
""")
_ACCOUNT: Final = text(f"SELECT {_ACCOUNT_COLUMNS} FROM accounts a WHERE a.id = :account")
_CREDENTIALS: Final = text(f"SELECT {_ACCOUNT_COLUMNS}, a.password_hash FROM accounts a WHERE a.email = :email")
_SET_PASSWORD: Final = text("UPDATE accounts SET password_hash = :password_hash WHERE id = :account")
_SET_DISABLED: Final = text("""
WITH closed AS (DELETE FROM logins WHERE account = :account AND CAST(:is_disabled AS boolean)),
    voided AS (DELETE FROM invitations
        WHERE :account IN (invited_by, account) AND used_at IS NULL AND CAST(:is_disabled AS boolean)),
    kept AS (DELETE FROM handovers
        WHERE given_by = :account AND accepted_by IS NULL AND CAST(:is_disabled AS boolean))
UPDATE accounts SET is_disabled = CAST(:is_disabled AS boolean) WHERE id = :account
""")
# All operators are locked first, in one order: two who disable each other at once must not both succeed.
_DISABLE_UNLESS_LAST: Final = text("""
WITH operators AS MATERIALIZED (SELECT id FROM accounts
        WHERE role = 'operator' AND NOT is_disabled AND password_hash IS NOT NULL ORDER BY id FOR NO KEY UPDATE),
    disabled AS (UPDATE accounts SET is_disabled = true
        WHERE id = :account
            AND (role <> 'operator' OR is_disabled OR (SELECT count(*) FROM operators WHERE id <> :account) > 0)
        RETURNING id),
    closed AS (DELETE FROM logins WHERE account IN (SELECT id FROM disabled)),
    voided AS (DELETE FROM invitations USING disabled WHERE disabled.id IN (invited_by, account) AND used_at IS NULL),
    kept AS (DELETE FROM handovers USING disabled WHERE disabled.id = given_by AND accepted_by IS NULL)
SELECT id FROM disabled
""")

# Who has no password cannot sign in and is no person: the terminal has such an account.
_MEMBERS: Final = f"""
SELECT {_ACCOUNT_COLUMNS}, a.last_access_at,
    {center_columns("ARRAY(SELECT m.center FROM memberships m WHERE m.account = a.id)")}
FROM accounts a WHERE a.password_hash IS NOT NULL
"""
_ALL_MEMBERS: Final = text(f"""{_MEMBERS}
    AND (CAST(:centers AS bigint[]) IS NULL OR EXISTS (SELECT 1 FROM memberships m
        WHERE m.account = a.id AND m.center = ANY(CAST(:centers AS bigint[]))))
    AND strpos(lower(a.name || ' ' || a.email), lower(:q)) > 0
ORDER BY lower(a.name), a.id
""")
_ONE_MEMBER: Final = text(f"{_MEMBERS} AND a.id = :account")

# Old logins of everybody go at the same time: no job of its own for it.
_OPEN_LOGIN: Final = text("""
WITH gone AS (DELETE FROM logins WHERE expires_at <= clock_timestamp()),
    seen AS (UPDATE accounts SET last_access_at = clock_timestamp() WHERE id = :account)
INSERT INTO logins (secret_hash, account, expires_at) VALUES (:secret_hash, :account, clock_timestamp() + :life)
""")
_LOGIN_HOLDS: Final = "l.expires_at > clock_timestamp() AND NOT a.is_disabled"
_FIND_LOGIN: Final = text(f"""
SELECT {_ACCOUNT_COLUMNS} FROM logins l JOIN accounts a ON a.id = l.account
WHERE l.secret_hash = :secret_hash AND {_LOGIN_HOLDS}
""")
_STILL_SIGNED_IN: Final = text(f"""
SELECT l.secret_hash FROM logins l JOIN accounts a ON a.id = l.account
WHERE l.secret_hash = ANY(CAST(:secret_hashes AS bytea[])) AND {_LOGIN_HOLDS}
""")
_CLOSE_LOGIN: Final = text("DELETE FROM logins WHERE secret_hash = :secret_hash")
_CLOSE_LOGINS: Final = text("DELETE FROM logins WHERE account = :account")


class AccountsInPostgres:
    """The part of the directory about people and places."""

    _database: Database

    async def create_center(self, name: str, time_zone: str = "Europe/Paris") -> Center:
        """Make a center. Raises CenterNameTaken."""
        async with self._database.single() as db:
            made = (await db.execute(_CREATE_CENTER, {"name": name, "time_zone": time_zone})).scalar_one_or_none()
        if made is None:
            raise CenterNameTaken
        return Center(CenterId(made), name, time_zone)

    async def center_by_name(self, name: str) -> Center | None:
        """Find a center by its exact name."""
        async with self._database.single() as db:
            row = (await db.execute(_CENTER_BY_NAME, {"name": name})).first()
        return None if row is None else Center(CenterId(row.id), row.name, row.time_zone)

    async def centers(self) -> Sequence[Center]:
        """List all centers by name."""
        async with self._database.single() as db:
            return [Center(CenterId(row.id), row.name, row.time_zone) for row in await db.execute(_CENTERS)]

    async def create_account(self, draft: AccountDraft) -> Account:
        """Make an account. Raises EmailTaken."""
        email = same_email(draft.email)
        values = {
            "email": email,
            "name": draft.name,
            "role": draft.role,
            "password_hash": draft.password_hash,
            "centers": sorted(set(draft.centers)),
        }
        async with self._database.single() as db:
            made = (await db.execute(_CREATE_ACCOUNT, values)).scalar_one_or_none()
        if made is None:
            raise EmailTaken
        return Account(AccountId(made), email, draft.name, draft.role, centers=tuple(sorted(set(draft.centers))))

    async def account(self, account: AccountId) -> Account | None:
        """Find an account by its id."""
        if not is_id(account):
            return None
        async with self._database.single() as db:
            row = (await db.execute(_ACCOUNT, {"account": account})).first()
        return None if row is None else account_of(row)

    async def credentials(self, email: str) -> Credentials | None:
        """Find an account by its e-mail address, with its password hash."""
        if "\0" in email:
            return None
        async with self._database.single() as db:
            row = (await db.execute(_CREDENTIALS, {"email": same_email(email)})).first()
        return None if row is None else Credentials(account_of(row), row.password_hash)

    async def set_password_hash(self, account: AccountId, password_hash: str) -> None:
        """Replace an account's password."""
        async with self._database.single() as db:
            await db.execute(_SET_PASSWORD, {"account": account, "password_hash": password_hash})

    async def set_disabled(self, account: AccountId, *, is_disabled: bool) -> None:
        """Disable an account and close its logins, or enable it again."""
        async with self._database.single() as db:
            await db.execute(_SET_DISABLED, {"account": account, "is_disabled": is_disabled})

    async def disable_unless_last(self, account: AccountId) -> bool:
        """Disable an account, unless it is the last operator who can sign in."""
        async with self._database.single() as db:
            return (await db.execute(_DISABLE_UNLESS_LAST, {"account": account})).first() is not None

    async def members(self, centers: Collection[CenterId] | None, q: str = "") -> Sequence[Member]:
        """List who can have signed in: everybody, or who belongs to one of these centers."""
        values = {"centers": None if centers is None else list(centers), "q": q}
        async with self._database.single() as db:
            return [_member_of(row) for row in await db.execute(_ALL_MEMBERS, values)]

    async def member(self, account: AccountId) -> Member | None:
        """Find one of them."""
        if not is_id(account):
            return None
        async with self._database.single() as db:
            row = (await db.execute(_ONE_MEMBER, {"account": account})).first()
        return None if row is None else _member_of(row)

    async def open_login(self, account: AccountId, secret_hash: bytes, life: timedelta) -> None:
        """Remember a login."""
        values = {"account": account, "secret_hash": secret_hash, "life": life}
        async with self._database.single() as db:
            await db.execute(_OPEN_LOGIN, values)

    async def find_login(self, secret_hash: bytes) -> Account | None:
        """Find whose login this is."""
        async with self._database.single() as db:
            row = (await db.execute(_FIND_LOGIN, {"secret_hash": secret_hash})).first()
        return None if row is None else account_of(row)

    async def close_login(self, secret_hash: bytes) -> None:
        """Sign out one login."""
        async with self._database.single() as db:
            await db.execute(_CLOSE_LOGIN, {"secret_hash": secret_hash})

    async def close_logins(self, account: AccountId) -> None:
        """Sign out an account everywhere."""
        async with self._database.single() as db:
            await db.execute(_CLOSE_LOGINS, {"account": account})

    async def still_signed_in(self, secret_hashes: Collection[bytes]) -> frozenset[bytes]:
        """Tell which of these logins still hold."""
        if not secret_hashes:
            return frozenset()
        async with self._database.single() as db:
            found = await db.execute(_STILL_SIGNED_IN, {"secret_hashes": list(secret_hashes)})
            return frozenset(found.scalars())


def same_email(email: str) -> str:
    """Return the form in which addresses are kept and compared."""
    return email.strip().lower()


def account_of(row: Row[tuple[object, ...]], prefix: str = "") -> Account:
    """Read an account selected with `account_columns`."""
    of = {name: row._mapping[prefix + name] for name in ("id", "email", "name", "role", "is_disabled", "centers")}
    centers = tuple(CenterId(center) for center in of["centers"])
    return Account(AccountId(of["id"]), of["email"], of["name"], Role(of["role"]), of["is_disabled"], centers)


def centers_in(row: Row[tuple[object, ...]]) -> tuple[Center, ...]:
    """Read the centers selected with `center_columns`."""
    found = zip(row.center_ids, row.center_names, row.center_time_zones, strict=True)
    return tuple(Center(CenterId(center), name, time_zone) for center, name, time_zone in found)


def _member_of(row: Row[tuple[object, ...]]) -> Member:
    return Member(account_of(row), centers_in(row), row.last_access_at)
