"""The lock under which a session and its list are prepared: while nobody has started, and never beside a decision.

As in `state.case`, the lock comes first and by itself; whether somebody has started is read in a later statement. A
start waits for the same lock, so it comes before a change, which is refused then, or after it.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.model import SessionNumber
from hub.preparation import Hindrance
from state.database import is_id

_LOCK: Final = text("SELECT 1 FROM exam_sessions WHERE number = :number FOR NO KEY UPDATE")
# Rows that refer to the session take a weaker lock than the one above: a deletion keeps these out too.
_LOCK_WHOLE: Final = text("SELECT 1 FROM exam_sessions WHERE number = :number FOR UPDATE")
_HAS_STARTED: Final = text("""
SELECT s.started_at IS NOT NULL OR s.finalized_at IS NOT NULL
    OR EXISTS (SELECT 1 FROM candidates c WHERE c.number = s.number AND c.attempt <> 'not_started') AS has_started
FROM exam_sessions s WHERE s.number = :number
""")
# A clock that was started by mistake, or for a rehearsal, must not keep a session for ever.
_HAS_BEGUN: Final = text("""
SELECT s.finalized_at IS NOT NULL
    OR EXISTS (SELECT 1 FROM candidates c WHERE c.number = s.number AND c.attempt <> 'not_started') AS has_begun
FROM exam_sessions s WHERE s.number = :number
""")
_NEW_ROSTER: Final = text("UPDATE exam_sessions SET roster_version = roster_version + 1 WHERE number = :number")


async def locked(db: AsyncConnection, number: SessionNumber, *, is_whole: bool = False) -> bool:
    """Lock a session's row for this transaction; False when there is none."""
    if not is_id(number):
        return False
    lock = _LOCK_WHOLE if is_whole else _LOCK
    return (await db.execute(lock, {"number": number})).first() is not None


async def hindrance(db: AsyncConnection, number: SessionNumber) -> Hindrance | None:
    """Lock a session's row, then say what keeps it from being changed."""
    if not await locked(db, number):
        return Hindrance.NOT_FOUND
    has_started = (await db.execute(_HAS_STARTED, {"number": number})).scalar_one()
    return Hindrance.STARTED if has_started else None


async def keeps_from_deletion(db: AsyncConnection, number: SessionNumber) -> Hindrance | None:
    """Lock a session's row and all that may refer to it, then say what keeps it from being deleted."""
    if not await locked(db, number, is_whole=True):
        return Hindrance.NOT_FOUND
    has_begun = (await db.execute(_HAS_BEGUN, {"number": number})).scalar_one()
    return Hindrance.STARTED if has_begun else None


async def note_new_roster(db: AsyncConnection, number: SessionNumber) -> None:
    """Raise the roster's version: whoever looks at the room reads it anew."""
    await db.execute(_NEW_ROSTER, {"number": number})
