"""The audit of one session as it is read again: what was decided, by whom, and the details that are still kept."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

import msgspec
from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.audit import AuditRecord
from hub.events import Codes, EventKind
from hub.model import Author, CandidateId, SessionNumber

JURY_KINDS: Final = (EventKind.JURY_DECIDED, EventKind.JURY_RESOLVED, EventKind.SESSION_REOPENED)
"""What the jury's last words are folded from."""

DECISIONS: Final = """
SELECT a.number, a.seq, a.kind, a.candidate, a.author, a.at, a.node_at, a.codes, a.detail_digest, a.previous_hash,
    a.hash, d.salt, d.body
FROM audit a LEFT JOIN audit_details d ON d.number = a.number AND d.seq = a.seq
"""
"""Every decision with its detail, if that is still kept."""

_READ: Final = text(f"""{DECISIONS}
WHERE a.number = :number AND (CAST(:kinds AS text[]) IS NULL OR a.kind = ANY(:kinds)) ORDER BY a.seq
""")
_codes = msgspec.json.Decoder(Codes)
_detail = msgspec.json.Decoder(dict[str, str])


async def read(
    db: AsyncConnection, number: SessionNumber, kinds: Collection[EventKind] | None = None
) -> tuple[AuditRecord, ...]:
    """Read the decisions of a session in their order, all of them or those of some kinds."""
    wanted = None if kinds is None else [kind.value for kind in kinds]
    rows = await db.execute(_READ, {"number": number, "kinds": wanted})
    return tuple(record_of(row) for row in rows)


def record_of(row: Row[tuple[object, ...]]) -> AuditRecord:
    """Return a decision as a row of the audit has it; a detail that was purged is empty, and so is its salt."""
    return AuditRecord(
        number=SessionNumber(row.number),
        seq=row.seq,
        kind=EventKind(row.kind),
        candidate=None if row.candidate is None else CandidateId(row.candidate),
        author=Author(row.author),
        at=row.at,
        node_at=row.node_at,
        codes=_codes.decode(row.codes),
        detail={} if row.body is None else _detail.decode(row.body),
        salt=row.salt or "",
        detail_digest=row.detail_digest,
        previous_hash=row.previous_hash,
        hash=row.hash,
    )
