"""Accepted progress on its way into the ledger: the furthest of each candidate is kept, and written in batches.

What was accepted while the live store was away is told to it once it is there again.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping

from channels.figures import Figures
from channels.mirror import Mirror
from hub.live import LiveStore
from hub.model import CandidateId, SessionNumber
from hub.ports import FlushedProgress, Ledger, Refused, StoreAccident

log = logging.getLogger("vigie.flush")

Batch = Mapping[tuple[SessionNumber, CandidateId], FlushedProgress]


class Flush:
    """What this node has accepted and not written yet, or written and not shown yet."""

    def __init__(
        self, ledger: Ledger, live: LiveStore, find: Callable[[SessionNumber], Mirror | None], figures: Figures
    ) -> None:
        """Take the stores, how to find a room that is open on this node, and what counts."""
        self._ledger, self._live, self._find, self._figures = ledger, live, find, figures
        self._accepted: dict[tuple[SessionNumber, CandidateId], FlushedProgress] = {}
        self._untold: dict[tuple[SessionNumber, CandidateId], FlushedProgress] = {}

    def note(self, progress: FlushedProgress) -> None:
        """Keep the furthest progress of each candidate until it is written."""
        key = (progress.number, progress.candidate)
        known = self._accepted.get(key)
        if known is None or _how_far(known) <= _how_far(progress):
            self._accepted[key] = progress

    async def write(self) -> None:
        """Write what was accepted; what could not be written is tried again. Raises StoreAccident."""
        batch, self._accepted = self._accepted, {}
        if not batch:
            return
        begun_at = time.perf_counter()
        try:
            await self._ledger.flush_progress([batch[key] for key in sorted(batch)])
            self._figures.flush.note(time.perf_counter() - begun_at)
            self._figures.flushed_rows += len(batch)
            self._untold |= {key: progress for key, progress in batch.items() if not self._is_shown(progress)}
        except Refused:
            await self._write_one_by_one(batch)
        except StoreAccident:
            for progress in batch.values():
                self.note(progress)
            raise

    async def _write_one_by_one(self, batch: Batch) -> None:
        """Write what can be written; a row that breaks a rule of the database keeps no other from it."""
        for key in sorted(batch):
            try:
                await self._ledger.flush_progress([batch[key]])
            except Refused as refused:
                log.error("progress of candidate %s in session %s is not written: %s", key[1], key[0], refused)
            except StoreAccident:
                self.note(batch[key])

    async def tell_untold(self) -> None:
        """Tell the live store of progress that was accepted without it, once it is there again."""
        for key, progress in tuple(self._untold.items()):
            mirror = self._find(progress.number)
            if mirror is not None and not mirror.is_live:
                continue
            if not self._is_shown(progress):
                await self._live.remember(progress.number, progress.candidate, progress.progress)
            self._untold.pop(key, None)

    def _is_shown(self, progress: FlushedProgress) -> bool:
        """Tell whether dashboards are shown at least this progress."""
        mirror = self._find(progress.number)
        row = mirror.room.candidates.get(progress.candidate) if mirror is not None else None
        shown = row.progress if row is not None else None
        return mirror is None or (shown is not None and shown.answered >= progress.progress.answered)


def _how_far(progress: FlushedProgress) -> tuple[int, int]:
    return progress.entry_no, progress.progress.answered
