"""The way of what comes after the test: the draft, the finalization, the jury. The ledger alone is asked.

The same lock, clock, chain and commit as a decision in the room. A finalization is announced like one, since people
may still sit there; what the jury says is nobody's news, and an open dashboard finds it when it verifies.
"""

from __future__ import annotations

import secrets
from datetime import datetime

from msgspec.structs import replace

from hub import audit, finalization, jury, rules
from hub.announcer import Announcer
from hub.audit import Signature
from hub.finalization import Draft
from hub.jury import File, JuryCommand
from hub.model import HUB, Author, SessionNumber
from hub.ports import Clock, Ledger, Standing
from hub.refusals import Code, Refusal
from hub.service import head_of
from hub.turns import Turns


class Proceedings:
    """Judges and records what is asked of a session after its test."""

    def __init__(self, ledger: Ledger, announcer: Announcer, clock: Clock, turns: Turns) -> None:
        self._ledger, self._announcer, self._clock, self._turns = ledger, announcer, clock, turns

    async def keep_draft(self, number: SessionNumber, author: Author, draft: Draft) -> Draft | Refusal:
        """Keep what an admin has said so far; `draft.version` is the one it was made from."""
        return await self._turns.judged(number, lambda: self._keep_draft(number, author, draft))

    async def finalize(self, number: SessionNumber, author: Author, version: int) -> int | Refusal:
        """Finalize as the draft of this version says; return the decision's number."""
        return await self._turns.judged(number, lambda: self._finalize(number, author, version))

    async def deliberate(self, number: SessionNumber, author: Author, command: JuryCommand) -> int | Refusal:
        """Judge what a member of the jury asks; return the number of the last decision."""
        return await self._turns.judged(number, lambda: self._deliberate(number, author, command))

    async def _keep_draft(self, number: SessionNumber, author: Author, draft: Draft) -> Draft | Refusal:
        async with self._ledger.case(number) as case:
            docket = await case.docket(author, None)
            if not docket.is_admin:
                return Refusal(Code.FORBIDDEN)
            room = replace(docket.room, candidates=await case.rows(None))
            kept = finalization.keep(room, await case.draft(), draft, author, docket.now)
            if isinstance(kept, Draft):
                await case.keep_draft(kept)
        return kept

    async def _finalize(self, number: SessionNumber, author: Author, version: int) -> int | Refusal:
        async with self._ledger.case(number) as case:
            docket = await case.docket(author, None)
            if not docket.is_admin:
                return Refusal(Code.FORBIDDEN)
            room = replace(docket.room, candidates=await case.rows(None))
            settled = audit.record(room, rules.settle(room, docket.now), self._signature(HUB, docket.now))
            draft, documents = await case.draft(), await case.documents()
            outcome = finalization.finalize(settled.room, draft, documents, version, docket.now)
            events = () if isinstance(outcome, Refusal) else outcome
            recorded = settled.then(audit.record(settled.room, events, self._signature(author, docket.now)))
            if recorded.records:
                # What was due has become true, also where the rest is refused.
                await case.write(room, recorded.room, recorded.records, docket.now)
        self._announcer.announce(head_of(room), recorded)
        return outcome if isinstance(outcome, Refusal) else recorded.room.decision_seq

    async def _deliberate(self, number: SessionNumber, author: Author, command: JuryCommand) -> int | Refusal:
        async with self._ledger.case(number) as case:
            docket = await case.docket(author, None)
            if docket.standing is not Standing.JURY:
                return Refusal(Code.FORBIDDEN)
            room = replace(docket.room, candidates=await case.rows(None))
            draft = await case.draft()
            file = File(draft.comment, draft.abort_reasons, await case.review())
            outcome = jury.decide(room, file, command, author, docket.now)
            if isinstance(outcome, Refusal):
                return outcome
            # Without the rows: they are frozen, the jury's words stand beside them.
            recorded = audit.record(docket.room, outcome, self._signature(author, docket.now))
            if recorded.records:
                await case.write(docket.room, recorded.room, recorded.records, docket.now)
        return recorded.room.decision_seq

    def _signature(self, author: Author, now: datetime) -> Signature:
        return Signature(author, now, self._clock.now(), lambda: secrets.token_hex(16))
