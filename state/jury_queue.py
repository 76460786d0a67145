"""The jury's queue in Postgres: finalized sessions, what needs attention in them, who has them."""

from __future__ import annotations

from typing import Final

import msgspec
from sqlalchemy import Row, text

from hub.archive import JuryFilter, JuryLine, JuryPage, JurySort
from hub.model import Attention, Author, SessionNumber
from hub.people import CenterId
from state.database import Database, is_id
from state.searching import pattern_of

_LINE: Final = """
SELECT s.number, s.center, n.name AS center_name, s.site, s.room, s.date, s.start_time, n.time_zone,
    s.duration_minutes, s.invigilators, s.observations, s.started_at, s.finalized_at, f.author AS finalized_by,
    f.is_late, s.assigned_to, s.assigned_at, s.published_at, s.attention,
    (SELECT count(*) FROM candidates c WHERE c.number = s.number) AS candidates
"""
_FROM: Final = """
FROM exam_sessions s JOIN centers n ON n.id = s.center
WHERE s.finalized_at IS NOT NULL
AND (CAST(:like AS text) IS NULL OR concat_ws(' ', s.number, n.name, s.site, s.room, s.invigilators) ILIKE :like)
AND (CAST(:status AS text) IS NULL OR :status = CASE WHEN s.published_at IS NOT NULL THEN 'published'
    WHEN s.assigned_to IS NOT NULL THEN 'in_review' ELSE 'finalized' END)
AND (CAST(:needs_attention AS boolean) IS NULL OR (s.attention <> '[]') = :needs_attention)
AND (CAST(:assigned_to AS text) IS NULL OR coalesce(s.assigned_to, '') = :assigned_to)
AND (CAST(:center AS bigint) IS NULL OR s.center = :center)
"""
# Of several finalizations (the jury gave the session back) the last one counts; what was late once stays late.
_FINALIZED: Final = """
JOIN LATERAL (SELECT (array_agg(a.author ORDER BY a.seq DESC))[1] AS author,
        bool_or(CAST(a.codes->>'late' AS integer) = 1) AS is_late
    FROM audit a WHERE a.number = s.number AND a.kind = 'session.finalized') f ON true
"""
_PAGE: Final = "WITH page AS MATERIALIZED (SELECT s.number {found} ORDER BY {order} LIMIT :most OFFSET :skipped)"
_ORDERS: Final = {
    JurySort.FINALIZED_AT: "s.finalized_at {way}, s.number",
    JurySort.DATE: "s.date {way}, s.start_time {way}, s.number",
    JurySort.NUMBER: "s.number {way}",
}


def _listing(order: str) -> str:
    page = _PAGE.format(found=_FROM, order=order)
    return f"""{page} {_LINE} FROM page JOIN exam_sessions s USING (number) JOIN centers n ON n.id = s.center
{_FINALIZED} ORDER BY {order}"""


_LIST: Final = {
    (sort, is_descending): text(_listing(order.format(way="DESC" if is_descending else "ASC")))
    for sort, order in _ORDERS.items()
    for is_descending in (False, True)
}
_COUNT: Final = text(f"SELECT count(*) {_FROM}")
_ONE: Final = text(f"""{_LINE} FROM exam_sessions s JOIN centers n ON n.id = s.center {_FINALIZED}
WHERE s.number = :number AND s.finalized_at IS NOT NULL""")

_attention = msgspec.json.Decoder(tuple[Attention, ...])


class JuryQueueInPostgres:
    """The part of the archive that the jury reads first."""

    _database: Database

    async def jury_sessions(self, narrowed: JuryFilter) -> JuryPage:
        """List finalized sessions, narrowed, sorted, one page."""
        values = {
            "like": pattern_of(narrowed.q),
            "status": narrowed.status,
            "needs_attention": narrowed.needs_attention,
            "assigned_to": narrowed.assigned_to,
            "center": narrowed.center,
        }
        page = {"most": narrowed.page_size, "skipped": (narrowed.page - 1) * narrowed.page_size}
        async with self._database.single() as db:
            rows = (await db.execute(_LIST[narrowed.sort, narrowed.is_descending], {**values, **page})).all()
            total = (await db.execute(_COUNT, values)).scalar_one()
        return JuryPage(tuple(_line_of(row) for row in rows), int(total))

    async def jury_session(self, number: SessionNumber) -> JuryLine | None:
        """Read one finalized session."""
        if not is_id(number):
            return None
        async with self._database.single() as db:
            row = (await db.execute(_ONE, {"number": number})).first()
        return None if row is None else _line_of(row)


def _line_of(row: Row[tuple[object, ...]]) -> JuryLine:
    return JuryLine(
        number=SessionNumber(row.number),
        center=CenterId(row.center),
        center_name=row.center_name,
        site=row.site,
        room=row.room,
        date=row.date,
        start_time=row.start_time,
        time_zone=row.time_zone,
        duration_minutes=row.duration_minutes,
        invigilators=row.invigilators,
        observations=row.observations,
        started_at=row.started_at,
        finalized_at=row.finalized_at,
        finalized_by=Author(row.finalized_by),
        is_late=row.is_late,
        assigned_to=Author(row.assigned_to) if row.assigned_to else None,
        assigned_at=row.assigned_at,
        published_at=row.published_at,
        attention=_attention.decode(row.attention),
        candidates=row.candidates,
    )
