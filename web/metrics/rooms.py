"""The figures of rooms: how fresh they are, what is decided, how progress and lost lines fare."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client.core import Metric

from channels.figures import Figures, Glance
from hub.figures import HubFigures
from state.figures import PostgresFigures
from web.metrics.spelling import by_word, counter, gauge, histogram

PARTS = ("live", "decisions")
FAULTS = ("gap", "unreadable", "forged")


def freshness(node: Figures, glance: Glance, hub: HubFigures, postgres: PostgresFigures) -> Iterator[Metric]:
    """Tell whether what is shown is what is true."""
    yield gauge("vigie_rooms_open", "Rooms that this process follows", glance.rooms)
    yield gauge(
        "vigie_data_age_seconds",
        "How long ago the oldest room of this process was last verified against both stores",
        glance.oldest_seconds,
    )
    yield gauge(
        "vigie_degraded",
        "1 while this part is missing: live (Redis), decisions (PostgreSQL)",
        {(part,): float(part in glance.degraded) for part in PARTS},
        ("part",),
    )
    yield gauge("vigie_draining", "1 while this process sends its clients to others", float(glance.is_draining))
    yield counter(
        "vigie_room_loads",
        "Rooms loaded anew: from the live store, or from the truth while it is away",
        {("live",): node.rooms["loaded"], ("truth",): node.rooms["truth"]},
        ("source",),
    )
    yield counter(
        "vigie_room_faults",
        "Why the stream could not tell how a room goes on",
        {(fault,): node.rooms[fault] for fault in FAULTS},
        ("fault",),
    )
    yield counter("vigie_rooms_rebuilt", "Live rooms rebuilt from the truth", hub.rebuilt)
    yield counter("vigie_room_lives", "New lives of live rooms: histories differed", postgres.new_lives)


def decisions(hub: HubFigures, postgres: PostgresFigures, waiting: int) -> Iterator[Metric]:
    """Tell what was decided."""
    yield gauge("vigie_decisions_waiting", "Deeds that wait for their session's turn, or have it", waiting)
    yield counter("vigie_decisions_committed", "Decisions recorded and committed", postgres.committed)
    yield counter(
        "vigie_decisions_told",
        "What became of committed decisions in the live store; away: it was not told",
        by_word(hub.told),
        ("outcome",),
    )
    yield counter("vigie_settle_runs", "Sessions settled because something was due", hub.settle_runs)


def progress(node: Figures) -> Iterator[Metric]:
    """Tell what became of candidates' progress."""
    yield counter(
        "vigie_progress",
        "Progress frames: accepted, behind (nothing new), fenced (another connection has the seat), refused",
        by_word(node.progress),
        ("outcome",),
    )
    yield counter("vigie_progress_flushed_rows", "Rows of progress written to PostgreSQL", node.flushed_rows)
    yield histogram("vigie_progress_flush_seconds", "Time of one flush of progress to PostgreSQL", node.flush)


def losses(node: Figures, glance: Glance) -> Iterator[Metric]:
    """Tell what became of lost lines."""
    yield gauge("vigie_losses_open", "Lost lines that this process looks after", glance.losses)
    yield counter(
        "vigie_lines_lost",
        "Lines of candidates in the test, by how far their loss came and whose it was",
        node.lines,
        ("stage", "cause"),
    )
    yield counter(
        "vigie_returns",
        "Clients back for their seat: by the fast door, by the ledger, or refused by it",
        by_word(node.returned),
        ("by",),
    )
