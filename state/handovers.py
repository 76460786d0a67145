"""Rooms handed over to a colleague, in Postgres: the secret, the ticket it becomes, and the right that comes of it.

Each is used up in the very statement that finds it unused: of two phones the second waits for the row and finds it
used. What becomes of a ticket is decided under the session's lock; all times are the database's.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.handover import SECRET_LIFE, TICKET_LIFE, Handover, HandoverId, HandoverState, OpenedHandover, Ticket
from hub.model import AccountId, HandOver, SessionNumber, account_of
from state.database import Database

# Whoever makes another does not want two in the air. Old ones of everybody go at the same time.
_OFFER: Final = text("""
WITH gone AS (DELETE FROM handovers WHERE expires_at < clock_timestamp() - interval '1 day'
        OR (number = :number AND given_by = :by AND opened_at IS NULL))
INSERT INTO handovers (secret_hash, number, given_by, expires_at)
VALUES (:secret_hash, :number, :by, clock_timestamp() + :life)
RETURNING id, expires_at
""")
_OPEN: Final = text("""
WITH opened AS (UPDATE handovers SET opened_at = clock_timestamp(), ticket_hash = :ticket_hash,
            expires_at = clock_timestamp() + :life
        WHERE secret_hash = :secret_hash AND opened_at IS NULL AND expires_at > clock_timestamp()
        RETURNING number, given_by)
SELECT s.number, s.site, s.room, a.name AS by
FROM opened o JOIN exam_sessions s ON s.number = o.number JOIN accounts a ON a.id = o.given_by
""")
_FOLLOW: Final = text("""
SELECT h.id, h.expires_at, a.name AS to, CASE WHEN h.accepted_by IS NOT NULL THEN 'accepted'
    WHEN h.expires_at <= clock_timestamp() THEN 'expired' WHEN h.opened_at IS NULL THEN 'waiting' ELSE 'opened' END
    AS state
FROM handovers h LEFT JOIN accounts a ON a.id = h.accepted_by
WHERE h.id = CAST(:id AS uuid) AND h.number = :number AND h.given_by = :by
""")
_TICKET: Final = text("""
SELECT number, given_by, accepted_by FROM handovers
WHERE ticket_hash = :ticket_hash AND expires_at > clock_timestamp()
""")
_SPEND: Final = text("UPDATE handovers SET accepted_by = :account WHERE ticket_hash = :ticket_hash")
# A right without an end is never shortened, nor one that ends later.
_GRANT: Final = text("""
INSERT INTO invigilations (number, account, granted_at, given_by, until)
VALUES (:number, :account, :now, :given_by, :until)
ON CONFLICT (number, account) DO UPDATE
    SET granted_at = EXCLUDED.granted_at, given_by = EXCLUDED.given_by, until = EXCLUDED.until
    WHERE invigilations.until < EXCLUDED.until
""")


class HandoversInPostgres:
    """The part of the directory about rooms that are handed over."""

    _database: Database

    async def offer_handover(self, number: SessionNumber, by: AccountId, secret_hash: bytes) -> Handover:
        """Keep a secret; an unused one of the same person for this session is void."""
        named = {"number": number, "by": by, "secret_hash": secret_hash, "life": SECRET_LIFE}
        async with self._database.single() as db:
            row = (await db.execute(_OFFER, named)).one()
        return Handover(HandoverId(str(row.id)), HandoverState.WAITING, row.expires_at)

    async def open_handover(self, secret_hash: bytes, ticket_hash: bytes) -> OpenedHandover | None:
        """Use a secret up for a ticket."""
        named = {"secret_hash": secret_hash, "ticket_hash": ticket_hash, "life": TICKET_LIFE}
        async with self._database.single() as db:
            row = (await db.execute(_OPEN, named)).first()
        return None if row is None else OpenedHandover(SessionNumber(row.number), row.site, row.room, row.by)

    async def handover(self, handover: HandoverId, number: SessionNumber, by: AccountId) -> Handover | None:
        """Tell whoever made it how far a handover has come."""
        async with self._database.single() as db:
            row = (await db.execute(_FOLLOW, {"id": handover, "number": number, "by": by})).first()
        return None if row is None else Handover(handover, HandoverState(row.state), row.expires_at, row.to)

    async def handover_ticket(self, ticket_hash: bytes) -> Ticket | None:
        """Find a ticket that may still be presented."""
        async with self._database.single() as db:
            return await ticket(db, ticket_hash)


async def ticket(db: AsyncConnection, ticket_hash: bytes) -> Ticket | None:
    """Find a ticket that may still be presented."""
    row = (await db.execute(_TICKET, {"ticket_hash": ticket_hash})).first()
    if row is None:
        return None
    used_by = None if row.accepted_by is None else AccountId(row.accepted_by)
    return Ticket(SessionNumber(row.number), AccountId(row.given_by), used_by)


async def spend(db: AsyncConnection, ticket_hash: bytes, account: AccountId) -> None:
    """Note who came with a ticket; the caller holds the session's lock and has seen it unused."""
    await db.execute(_SPEND, {"ticket_hash": ticket_hash, "account": account})


async def grant(db: AsyncConnection, number: SessionNumber, granted: HandOver, now: datetime) -> None:
    """Keep a right that has an end."""
    named = {
        "number": number,
        "account": account_of(granted.to),
        "given_by": account_of(granted.by),
        "now": now,
        "until": granted.until,
    }
    await db.execute(_GRANT, named)
