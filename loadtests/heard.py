"""What one dashboard of a room heard, folded and checked: a hub that is fast but wrong fails here.

Pure and lean: one generator checks hundreds of thousands of events on one core. `loadtests.frames` reads no more of a
frame than is checked; `Heard` holds the contract against every frame; what only shows at rest is in `loadtests.owed`.
"""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from loadtests.frames import PROGRESSED, Beat, DashboardHears, Event, Events, Facets, Snapshot, differing, progress_of
from loadtests.replay import Log, difference, entry_of

Notice = Callable[[str], None]
MOST_FAULTS = 50
"""Faults kept in words; all are counted."""
OVER = ("finished", "ended", "closed")
"""The ends of an attempt."""
SESSION_KINDS = frozenset({"session.started", "session.changed", "session.finalized"})
"""What a session event did to a row is told by one more event of the same kind and decision."""
_NOTHING: Facets = {}
LAST_KIND = "session.finalized"
"""After it come the jury's decisions, which no dashboard sees."""


class Jump(Struct, frozen=True):
    """Progress that leapt over values in one frame, whose stretch had room for so many events more than it told."""

    room: int
    leaps: list[tuple[int, int, int]]


class Heard:
    """One dashboard's view of one room, over as many sockets as it takes.

    `rows` and `session` are the fold, `progress` says how far everybody is who has begun; `decided` says which event
    stood behind each decision heard since `base`, the first of them; `comparisons` counts the fresh snapshots it was
    held against, `replays` the stretches told again. `on_progress(candidate, answered)` is called for each progress
    that is told or shown. Faults are collected, never raised: one wrong frame must not hide the next; `on_fault` is
    called for those that are kept in words.
    """

    def __init__(
        self,
        session: int,
        on_progress: Callable[[int, int], None] = lambda candidate, answered: None,
        on_fault: Notice = lambda text: None,
        *,
        keeps_log: bool = False,
    ) -> None:
        self.number = session
        self.rows: dict[int, Facets] = {}
        self.progress: dict[int, int] = {}
        self.session: Facets = {}
        self.epoch: str | None = None
        self.seq = -1
        self.is_live = False
        self.decided: dict[int, tuple[int, str]] = {}
        self.base: int | None = None
        self.jumps: list[Jump] = []
        self.faults: list[str] = []
        self.fault_count = 0
        self.comparisons = self.replays = 0
        self.log: Log | None = Log() if keeps_log else None
        self._again: int | None = None
        self._decision = 0
        self._is_closed = False
        self._on_progress, self._on_fault = on_progress, on_fault

    @property
    def decision(self) -> int:
        """Return the last decision heard."""
        return self._decision

    @property
    def is_asking(self) -> bool:
        """Tell whether a stretch that was asked for again has not come yet."""
        return self._again is not None

    @property
    def position(self) -> dict[str, object] | None:
        """Return what a `hello` or `sync` says of what this dashboard holds; None before the first snapshot."""
        return None if self.epoch is None else {"epoch": self.epoch, "seq": self.seq}

    def hear(self, frame: DashboardHears) -> None:
        """Check one frame and fold it."""
        if type(frame) is Events:
            if self._again is not None and frame.first == self._again + 1:
                self._hear_again(frame)
            else:
                self._hear_events(frame)
        elif type(frame) is Beat:
            if frame.seq != self.seq or frame.epoch != self.epoch or frame.session != self.number:
                self.fault(f"a beat at {frame.epoch}/{frame.seq} of {frame.session}, given was {self.epoch}/{self.seq}")
        elif type(frame) is Snapshot:
            self._hear_snapshot(frame)

    def fault(self, text: str) -> None:
        """Note what must not be."""
        self.fault_count += 1
        if len(self.faults) < MOST_FAULTS:
            self.faults.append(f"room {self.number} after {self.seq}: {text}")
            self._on_fault(self.faults[-1])

    # ── snapshots ──────────────────────────────────────────────────────────────────────────────────────────

    def _hear_snapshot(self, frame: Snapshot) -> None:
        rows = {row["id"]: row for row in frame.candidates}
        if frame.session["number"] != self.number:
            self.fault(f"a snapshot of session {frame.session['number']}")
        if len(rows) != len(frame.candidates):
            self.fault("a candidate stands twice in a snapshot")
        if frame.epoch == self.epoch and frame.live and self.is_live:
            self._compare(frame, rows)
        self._show_progress(rows)
        self.session, self.rows = frame.session, rows
        self.epoch, self.seq, self.is_live = frame.epoch, frame.seq, frame.live
        self._is_closed = frame.session.get("status") == "finalized"
        self.decided, self.base, self._again = {}, None, None
        if self.log is not None:
            self.log.begin(frame.seq)
        self._decision = max((row.get("version", 0) for row in frame.candidates), default=0)

    def _compare(self, frame: Snapshot, rows: dict[int, Facets]) -> None:
        """Snapshot and events together always equal a fresh snapshot."""
        if frame.seq < self.seq:
            self.fault(f"a snapshot of the past, at {frame.seq}")
        if frame.seq != self.seq:
            return
        self.comparisons += 1
        if rows.keys() != self.rows.keys():
            self.fault(f"a fresh snapshot has other candidates: {sorted(rows.keys() ^ self.rows.keys())[:5]}")
        for number in rows.keys() & self.rows.keys():
            others = differing(self.rows[number], rows[number])
            if others:
                self.fault(f"candidate {number} is not what a fresh snapshot says: {others}")
        if others := differing(self.session, frame.session):
            self.fault(f"the session is not what a fresh snapshot says: {others}")

    def _show_progress(self, rows: dict[int, Facets]) -> None:
        held, self.progress = self.progress, progress_of(rows)
        for number in rows:
            was, now = held.get(number, -1), self.progress.get(number, -1)
            if now < was:
                self.fault(f"the progress of candidate {number} went back from {was} to {now} with a snapshot")
            elif now > was:
                self._on_progress(number, now)

    # ── a stretch heard again ──────────────────────────────────────────────────────────────────────────────

    def ask_again(self) -> dict[str, object] | None:
        """Return an earlier position to `sync` from: what comes must be what came. None when there is nothing to ask.

        Lines and screens have no numbers of their own: one that was left out, and overtaken later, shows only here.
        """
        if self.log is None or self.epoch is None or self.log.start == self.seq:
            return None
        self._again = self.log.start
        return {"epoch": self.epoch, "seq": self._again}

    def _hear_again(self, frame: Events) -> None:
        assert self.log is not None
        self._again = None
        told = [event for event in frame.events if event.type != PROGRESSED]
        # News besides: progress that is ahead, and what follows all that was held.
        news = told[len(self.log.entries) :]
        if wrong := difference(told, self.log.entries, frame.to - self.seq):
            self.fault(wrong)
            news.clear()
        self.log.entries.extend(entry_of(event) for event in news)
        self.seq = max(self.seq, frame.to)
        self._fold([one for one in frame.events if one.type == PROGRESSED and self._is_ahead(one)], len(frame.events))
        self._fold(news, len(news))
        self.replays += 1
        self.log.begin(self.seq)  # what was told twice is settled

    def _is_ahead(self, event: Event) -> bool:
        return event.set is None or event.set["progress"]["answered"] > self.progress.get(event.candidate, -1)

    # ── events ─────────────────────────────────────────────────────────────────────────────────────────────

    def _hear_events(self, frame: Events) -> None:
        room = frame.to - frame.first + 1 - len(frame.events)
        is_next = frame.first == self.seq + 1 and room >= 0 and frame.epoch == self.epoch
        if not (is_next and frame.session == self.number) and self._is_stray(frame, room):
            return
        if self.log is not None:
            self.log.add(frame)
        self._fold(frame.events, room)
        self.seq = frame.to

    def _is_stray(self, frame: Events, room: int) -> bool:
        """Note why a frame does not follow; tell whether it cannot even be folded."""
        if self.epoch is None:
            self.fault("events without a snapshot to stand on")
        elif frame.epoch != self.epoch:
            self.fault(f"events of another epoch, {frame.epoch} instead of {self.epoch}")
        elif frame.session != self.number:
            self.fault(f"events of session {frame.session}")
        else:
            if frame.first != self.seq + 1:
                self.fault(f"a hole: events from {frame.first}")
            if room < 0:
                self.fault(f"{len(frame.events)} events from {frame.first} to {frame.to}")
            return False
        return True

    def _fold(self, events: list[Event], room: int) -> None:
        leaps: list[tuple[int, int, int]] = []
        rows, progress, tell = self.rows, self.progress, self._on_progress
        for event in events:
            if event.type != PROGRESSED:
                self._follow(event)
                self._fold_one(event, leaps)
                continue
            # The hot one, in place: a call for each would cost a generator as much as all that is checked.
            candidate = event.candidate
            try:
                told: Facets = (event.set or _NOTHING)["progress"]
                now: int = told["answered"]
                rows[candidate]["progress"] = told
            except (KeyError, TypeError):
                self.fault(f"progress of candidate {candidate}, who is not here, or without a value")
                continue
            if now != progress.get(candidate, -1) + 1:
                self._leapt(candidate, now, leaps)
            progress[candidate] = now
            tell(candidate, now)
        if leaps and sum(after - before - 1 for _, before, after in leaps) > room:
            self.jumps.append(Jump(room, leaps))

    def _leapt(self, candidate: int, now: int, leaps: list[tuple[int, int, int]]) -> None:
        """Note progress that is not the next: behind, it is a fault; ahead, what lies between has to be somewhere."""
        was = self.progress.get(candidate, -1)
        if now <= was:
            self.fault(f"the progress of candidate {candidate} went from {was} to {now}")
        elif now > max(was, 0) + 1:
            leaps.append((candidate, max(was, 0), now))

    def _follow(self, event: Event) -> None:
        """Decisions are numbered without a hole; what a session event did to rows shares its number."""
        number, before = event.decision, self._decision
        if not number:
            if event.type != "roster.changed" and not self._says_news(event):
                self.fault(f"{event.type} of candidate {event.candidate} says nothing new")
            return
        if event.candidate and event.type in SESSION_KINDS and number == before and self.base is not None:
            return
        if self.base is None:
            self.base = number
            if number <= before:
                self.fault(f"decision {number} ({event.type}) after a snapshot that held {before}")
        elif number <= before:
            self.fault(f"decision {number} ({event.type}) after {before}: heard twice, or too late")
        elif number > before + 1 and not self._is_closed:
            self.fault(f"decision {number} ({event.type}) after {before}: a hole")
        self.decided[number] = (event.candidate, event.type)
        self._decision = max(number, before)
        self._is_closed = self._is_closed or event.type == LAST_KIND

    def _says_news(self, event: Event) -> bool:
        """Nobody decided it: a line, a screen. It is only told when something changed."""
        row = self.rows.get(event.candidate)
        return row is None or event.set is None or not event.set.items() <= row.items()

    def _fold_one(self, event: Event, leaps: list[tuple[int, int, int]]) -> None:
        """Fold any other."""
        number, changed = event.candidate, event.set
        if not number:
            self.session.update(changed or {})
        elif event.type == "roster.changed":
            self.rows.pop(number, None)
            self.progress.pop(number, None)
            if changed is not None:
                self.rows[number] = changed
                self.progress |= progress_of({number: changed})
        elif number not in self.rows or changed is None:
            self.fault(f"{event.type} of candidate {number}, who is not here, or without a value")
        else:
            self.rows[number].update(changed)
            if "progress" in changed:
                self._end(event, changed["progress"], leaps)

    def _end(self, event: Event, progress: Facets | None, leaps: list[tuple[int, int, int]]) -> None:
        """Fold the last progress, which an end carries and which must have been told before."""
        number, was = event.candidate, self.progress.get(event.candidate, 0)
        now: int = progress["answered"] if progress else 0
        if now < was:
            self.fault(f"{event.type} took the progress of candidate {number} from {was} to {now}")
        elif now > was:
            leaps.append((number, was, now + 1))
            self._on_progress(number, now)
        if progress:
            self.progress[number] = now
