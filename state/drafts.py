"""What is said about a session before it is finalized, in Postgres: read and written under the session's lock."""

from __future__ import annotations

from typing import Final

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.finalization import AbortReason, Draft
from hub.model import Author, CandidateId, SessionNumber
from state.accidents import StaleRow

_READ: Final = text("""
SELECT version, abort_reasons, has_incident, comment, saved_by, saved_at FROM finalizations WHERE number = :number
""")
_KEEP: Final = text("""
INSERT INTO finalizations AS f (number, version, abort_reasons, has_incident, comment, saved_by, saved_at)
VALUES (:number, :version, :abort_reasons, :has_incident, :comment, :saved_by, :saved_at)
ON CONFLICT (number) DO UPDATE SET version = EXCLUDED.version, abort_reasons = EXCLUDED.abort_reasons,
    has_incident = EXCLUDED.has_incident, comment = EXCLUDED.comment, saved_by = EXCLUDED.saved_by,
    saved_at = EXCLUDED.saved_at
WHERE f.version = EXCLUDED.version - 1
""")
_reasons = msgspec.json.Decoder(dict[CandidateId, AbortReason])


async def read(db: AsyncConnection, number: SessionNumber) -> Draft:
    """Read the draft of a session; version 0 when nothing was said yet."""
    row = (await db.execute(_READ, {"number": number})).first()
    if row is None:
        return Draft()
    reasons = _reasons.decode(row.abort_reasons)
    return Draft(row.version, reasons, row.has_incident, row.comment, Author(row.saved_by), row.saved_at)


async def keep(db: AsyncConnection, number: SessionNumber, draft: Draft) -> None:
    """Write the next version of a draft. Raises StaleRow when it is not the next one."""
    values = {
        "number": number,
        "version": draft.version,
        "abort_reasons": msgspec.json.encode(dict(draft.abort_reasons)).decode(),
        "has_incident": draft.has_incident,
        "comment": draft.comment,
        "saved_by": draft.saved_by,
        "saved_at": draft.saved_at,
    }
    if (await db.execute(_KEEP, values)).rowcount != 1:
        raise StaleRow(f"the draft of session {number} was not as read")
