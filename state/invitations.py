"""Links by which a newcomer gets an account, and somebody who forgot their password a new one, in Postgres."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Final

from sqlalchemy import Row, text

from hub.people import INVITATION_LIFE, Account, EmailTaken, Invitation, InvitationDraft, InvitationId, Role
from state.accounts import account_columns, account_of, center_columns, centers_in, same_email
from state.database import Database

_WAITS: Final = "used_at IS NULL AND expires_at > clock_timestamp()"
_IS_SHOWN: Final = "COALESCE(used_at, expires_at) > clock_timestamp() - interval '30 days'"
# What a center admin may make, and so may see and void; operators everything, everybody what they made.
_IS_VIEWERS: Final = """(CAST(:is_operator AS boolean) OR invited_by = :viewer
    OR (role IN ('center_admin', 'invigilator')
        AND cardinality(i.centers) > 0 AND i.centers <@ CAST(:centers AS bigint[])))"""


def _reading(source: str) -> str:
    """Return what reads links with their authors; a person who exists counts as they are today."""
    subjects = "ARRAY(SELECT m.center FROM memberships m WHERE m.account = t.id)"
    return f"""
SELECT i.id, COALESCE(t.email, i.email) AS email, COALESCE(t.role, i.role) AS role,
    i.invited_at, i.expires_at, i.used_at, {account_columns("b", "by_")}, {account_columns("t", "to_")},
    {center_columns(f"CASE WHEN t.id IS NULL THEN i.centers ELSE {subjects} END")}
FROM {source} i JOIN accounts b ON b.id = i.invited_by LEFT JOIN accounts t ON t.id = i.account
"""


# Whoever loses a link asks for another: the lost one must not open the door as well. Old ones of everybody go at the
# same time: no job of its own for it.
_INVITE: Final = text(f"""
WITH gone AS (DELETE FROM invitations WHERE NOT ({_IS_SHOWN}) OR (used_at IS NULL AND (account = :account
        OR (account IS NULL AND CAST(:account AS bigint) IS NULL AND email = :email AND invited_by = :invited_by)))),
    made AS (INSERT INTO invitations (secret_hash, account, email, role, centers, invited_by, expires_at)
        VALUES (:secret_hash, :account, :email, :role, CAST(:centers AS bigint[]), :invited_by,
            clock_timestamp() + :life)
        RETURNING *)
{_reading("made")}
""")
_INVITATIONS: Final = text(f"""
{_reading(f"(SELECT * FROM invitations i WHERE {_IS_SHOWN} AND {_IS_VIEWERS})")}
ORDER BY i.invited_at DESC, i.id
""")
_OPEN_INVITATION: Final = text(
    _reading(f"(SELECT * FROM invitations WHERE secret_hash = :secret_hash AND {_WAITS})"),
)
_WITHDRAW: Final = text(f"""
DELETE FROM invitations i WHERE i.id = CAST(:invitation AS uuid) AND used_at IS NULL AND {_IS_VIEWERS} RETURNING i.id
""")

# The condition stands in the very statement that uses the link: of two browsers the second waits for the row, finds it
# used, and makes nothing. A link whose address is taken is not used up: nothing came of it.
_ACCEPT: Final = text(f"""
WITH taken AS (SELECT 1 FROM invitations i JOIN accounts a ON a.email = i.email
        WHERE i.secret_hash = :secret_hash AND i.account IS NULL AND {_WAITS}),
    used AS (UPDATE invitations SET used_at = clock_timestamp()
        WHERE secret_hash = :secret_hash AND account IS NULL AND {_WAITS} AND NOT EXISTS (SELECT 1 FROM taken)
        RETURNING email, role, centers),
    made AS (INSERT INTO accounts (email, name, role, password_hash)
        SELECT email, :name, role, :password_hash FROM used ON CONFLICT (email) DO NOTHING
        RETURNING id, email, name, role, is_disabled),
    belongs AS (INSERT INTO memberships (account, center)
        SELECT made.id, c FROM made, used, unnest(used.centers) AS c)
SELECT made.*, used.centers, EXISTS (SELECT 1 FROM taken) OR used.email IS NOT NULL AS is_taken
FROM (SELECT 1) AS answer LEFT JOIN used ON true LEFT JOIN made ON true
""")
_ACCEPT_RESET: Final = text(f"""
WITH used AS (UPDATE invitations SET used_at = clock_timestamp()
        WHERE secret_hash = :secret_hash AND account IS NOT NULL AND {_WAITS} RETURNING id, account),
    renewed AS (UPDATE accounts a SET password_hash = :password_hash FROM used
        WHERE a.id = used.account AND NOT a.is_disabled RETURNING a.id),
    closed AS (DELETE FROM logins USING renewed WHERE account = renewed.id),
    voided AS (DELETE FROM invitations i USING used
        WHERE i.account = used.account AND i.used_at IS NULL AND i.id <> used.id)
SELECT {account_columns()} FROM accounts a JOIN renewed ON renewed.id = a.id
""")


class InvitationsInPostgres:
    """The part of the directory about one-time links."""

    _database: Database

    async def invite(self, draft: InvitationDraft) -> Invitation:
        """Keep a link; an unused one for the same person is void."""
        values = {**asdict(draft), "email": same_email(draft.email), "life": INVITATION_LIFE}
        async with self._database.single() as db:
            row = (await db.execute(_INVITE, {**values, "centers": sorted(set(draft.centers))})).one()
        return _invitation_of(row)

    async def invitations(self, viewer: Account) -> Sequence[Invitation]:
        """List the links of the last month that this viewer may see, newest first."""
        async with self._database.single() as db:
            return [_invitation_of(row) for row in await db.execute(_INVITATIONS, _eyes_of(viewer))]

    async def open_invitation(self, secret_hash: bytes) -> Invitation | None:
        """Find a link that still waits."""
        async with self._database.single() as db:
            row = (await db.execute(_OPEN_INVITATION, {"secret_hash": secret_hash})).first()
        return None if row is None else _invitation_of(row)

    async def withdraw_invitation(self, viewer: Account, invitation: InvitationId) -> bool:
        """Void an unused link that this viewer sees."""
        values = {**_eyes_of(viewer), "invitation": invitation}
        async with self._database.single() as db:
            return (await db.execute(_WITHDRAW, values)).first() is not None

    async def accept_invitation(self, secret_hash: bytes, name: str, password_hash: str) -> Account | None:
        """Use a newcomer's link and make the account. Raises EmailTaken."""
        values = {"secret_hash": secret_hash, "name": name, "password_hash": password_hash}
        async with self._database.single() as db:
            row = (await db.execute(_ACCEPT, values)).one()
        if row.id is not None:
            return account_of(row)
        if row.is_taken:
            raise EmailTaken
        return None

    async def accept_reset(self, secret_hash: bytes, password_hash: str) -> Account | None:
        """Use a link for a forgotten password and sign the account out everywhere."""
        values = {"secret_hash": secret_hash, "password_hash": password_hash}
        async with self._database.single() as db:
            row = (await db.execute(_ACCEPT_RESET, values)).first()
        return None if row is None else account_of(row)


def _eyes_of(viewer: Account) -> dict[str, object]:
    return {"is_operator": viewer.role is Role.OPERATOR, "viewer": viewer.id, "centers": list(viewer.centers)}


def _invitation_of(row: Row[tuple[object, ...]]) -> Invitation:
    return Invitation(
        id=InvitationId(str(row.id)),
        email=row.email,
        role=Role(row.role),
        centers=centers_in(row),
        invited_by=account_of(row, "by_"),
        invited_at=row.invited_at,
        expires_at=row.expires_at,
        used_at=row.used_at,
        account=None if row.to_id is None else account_of(row, "to_"),
    )
