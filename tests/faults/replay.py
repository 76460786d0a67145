"""The audit played again: what a room's chain of decisions says became of each candidate, and whether it could.

Written from the rules' text alone and much smaller than the hub: it knows facets and the ways between them, no times.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from hub.audit import AuditRecord

OVER = ("finished", "ended", "closed")


@dataclass(slots=True)
class Life:
    """What the decisions so far made of one candidate."""

    presence: str = "expected"
    identity: str = "unchecked"
    granted: str | None = None
    attempt: str = "not_started"
    entry_no: int = 0
    is_interrupted: bool = False
    is_ending: bool = False
    minutes: int = 0
    reports: set[int] = field(default_factory=set)
    wrongs: list[str] = field(default_factory=list)

    def must(self, is_so: bool, what: str) -> None:
        """Note a decision that no rule allows."""
        if not is_so:
            self.wrongs.append(what)

    def take(self, record: AuditRecord) -> None:
        """Play one decision."""
        codes, kind = record.codes, str(record.kind)
        match kind:
            case "presence.confirmed" | "presence.cancelled" | "presence.absent":
                self.must(self.attempt == "not_started", f"{kind} of somebody who had started")
                state = kind.removeprefix("presence.")
                self.presence = "expected" if state == "cancelled" else state
                self.granted = "start" if state == "confirmed" else None
            case "identity.checked":
                self.identity = str(codes["state"])
            case "time.added":
                self.minutes += int(codes["minutes"] or 0)
            case "report.added":
                self.must(codes["report"] not in self.reports, f"report {codes['report']} added twice")
                self.reports.add(int(codes["report"] or 0))
            case "report.removed":
                self.must(codes["report"] in self.reports, f"report {codes['report']} removed, never added")
                self.reports.discard(int(codes["report"] or 0))
            case _:
                self._take_attempt(kind, record)

    def _take_attempt(self, kind: str, record: AuditRecord) -> None:
        match kind:
            case "candidate.entered":
                self.must(self.presence == "confirmed", "entered without a confirmed presence")
                self.must(self.attempt == "not_started" and self.granted == "start", f"entered when {self.attempt}")
                self._sits_down(record)
                self.attempt = "running"
            case "candidate.resumed":
                self.must(self.attempt == "running", f"resumed when {self.attempt}")
                self.must(self.granted == "resume", "resumed without an unused authorization")
                self._sits_down(record)
                self.is_interrupted = False
            case "candidate.reconnected":
                self.must(self.attempt == "running" and not self.is_interrupted, "returned without the right to")
                self._sits_down(record, consumes=False)
            case "candidate.interrupted":
                self.must(self.attempt == "running" and not self.is_interrupted, f"interrupted when {self.attempt}")
                self.must(record.codes["entry_no"] == self.entry_no, "another entry was interrupted")
                self.is_interrupted = True
            case "resume.authorized":
                self.must(self.attempt == "running" and not self.is_ending, f"resume authorized when {self.attempt}")
                self.granted = "resume"
            case "authorization.expired":
                self.must(self.granted is not None, "an authorization lapsed that nobody had")
                self.granted = None
            case _:
                self._take_end(kind)

    def _take_end(self, kind: str) -> None:
        match kind:
            case "candidate.ending":
                self.must(self.attempt == "running", f"ending when {self.attempt}")
                self.is_ending, self.granted = True, None
            case "candidate.ending_cancelled":
                self.must(self.is_ending and self.attempt == "running", f"end undone when {self.attempt}")
                self.is_ending = False
            case "candidate.ended" | "candidate.finished" | "candidate.closed":
                self.must(self.attempt == "running", f"{kind} when {self.attempt}")
                self.must(kind != "candidate.ended" or self.is_ending, "ended without having been asked to")
                self.must(kind != "candidate.closed" or not self.is_ending, "closed although an end was asked for")
                self.attempt = kind.removeprefix("candidate.")
                self.granted, self.is_interrupted = None, False
            case _:
                pass  # calls, messages, ticks, refusals at the door: nothing of these is compared

    def _sits_down(self, record: AuditRecord, *, consumes: bool = True) -> None:
        entry = record.codes["entry_no"]
        self.must(entry == self.entry_no + 1, f"entry {entry} after entry {self.entry_no}")
        self.entry_no = int(entry or 0)
        if consumes:
            self.granted = None


def lives(records: Iterable[AuditRecord]) -> dict[int, Life]:
    """Play a whole chain, in its order."""
    found: dict[int, Life] = {}
    for record in records:
        if record.candidate is not None:
            found.setdefault(record.candidate, Life()).take(record)
    return found
