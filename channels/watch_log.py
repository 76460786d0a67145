"""What dashboards could see, on its way into the ledger: gathered, and written in batches."""

from __future__ import annotations

import logging
from collections import deque
from dataclasses import dataclass, replace
from datetime import timedelta

from channels import wire
from channels.close_codes import CloseCode
from hub.model import Author, CandidateId, ConnectionId, SessionNumber
from hub.ports import Clock, Ledger, Refused
from hub.watch import WatchFacts, WatchKind, WatchNote

MOST = 20_000
"""Notes kept while the ledger is away; then the oldest go. An hour of a hundred dashboards."""
AT_ONCE = 1_000

log = logging.getLogger("vigie.watch")


SAW_SECONDS = 1.5
"""What a dashboard says sooner again takes the place of what it said before: no more than a person can look."""


@dataclass(slots=True, eq=False)
class _Noted:
    note: WatchNote
    at: float
    is_written: bool = False


class WatchLog:
    """What this node has heard of its dashboards and not written yet."""

    def __init__(self, ledger: Ledger, clock: Clock) -> None:
        self._ledger, self._clock = ledger, clock
        self._noted: deque[_Noted] = deque(maxlen=MOST)
        self._open: set[ConnectionId] = set()
        self._saw: dict[ConnectionId, _Noted] = {}

    def opened(self, number: SessionNumber, by: Author, connection: ConnectionId) -> None:
        """Note that a dashboard was opened: only from then on is anything noted of it."""
        self._open.add(connection)
        self._note(number, by, connection, WatchKind.OPENED, WatchFacts())

    def saw(self, number: SessionNumber, by: Author, connection: ConnectionId, frame: wire.Saw) -> None:
        """Note what a dashboard says it could see."""
        alerts = tuple((CandidateId(one.candidate), one.need) for one in frame.alerts)
        facts = WatchFacts(frame.freshness, frame.age_ms, frame.is_hidden, alerts)
        last = self._saw.get(connection)
        if last is not None and not last.is_written and self._clock.monotonic() - last.at < SAW_SECONDS:
            age_ms = max(frame.age_ms, last.note.facts.age_ms or 0)
            last.note = replace(last.note, facts=replace(facts, age_ms=age_ms))
            return
        noted = self._note(number, by, connection, WatchKind.SAW, facts)
        if noted is not None:
            self._saw[connection] = noted

    def claimed(self, number: SessionNumber, by: Author, connection: ConnectionId, frame: wire.Claim) -> None:
        """Note that somebody goes somewhere, or no longer does."""
        kind = WatchKind.CLAIMED if frame.is_taken else WatchKind.RELEASED
        candidates = tuple(CandidateId(one) for one in frame.candidates)
        self._note(number, by, connection, kind, WatchFacts(candidates=candidates))

    def closed(self, number: SessionNumber, by: Author, connection: ConnectionId, code: CloseCode | None) -> None:
        """Note that a dashboard was closed, its line broke, or its session is over; nothing after that."""
        self._note(number, by, connection, WatchKind.CLOSED, WatchFacts(code=int(code) if code is not None else None))
        self._open.discard(connection)
        self._saw.pop(connection, None)

    def _note(
        self, number: SessionNumber, by: Author, connection: ConnectionId, kind: WatchKind, facts: WatchFacts
    ) -> _Noted | None:
        if connection not in self._open:
            return None
        noted = _Noted(WatchNote(number, by, connection, kind, timedelta(), facts), self._clock.monotonic())
        self._noted.append(noted)
        return noted

    async def write(self) -> None:
        """Write what was noted; what could not be written is tried again. Raises StoreAccident."""
        while self._noted:
            batch = [self._noted.popleft() for _ in range(min(AT_ONCE, len(self._noted)))]
            for one in batch:
                one.is_written = True
            try:
                await self._ledger.keep_watch([self._aged(one) for one in batch])
            except Refused as refused:
                log.error("%s notes of dashboards are not written: %s", len(batch), refused)
            except BaseException:
                self._noted = deque([*batch, *self._noted], maxlen=MOST)
                raise

    def _aged(self, noted: _Noted) -> WatchNote:
        ago = timedelta(seconds=self._clock.monotonic() - noted.at)
        return replace(noted.note, ago=ago)
