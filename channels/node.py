"""One hub process as its sockets see it: accepts conversations, beats, verifies, settles, flushes, drains.

Nothing here assumes that it is alone: every job may run on several nodes at once and settle the same thing twice.
"""

from __future__ import annotations

import asyncio
import logging
import random
import secrets
from collections.abc import Awaitable, Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

import msgspec

from channels import wire
from channels.admin import AdminConversation, AdminDesk
from channels.admission import Admission
from channels.candidate import CandidateConversation, CandidateDesk
from channels.clockwork import Clockwork, in_bites
from channels.close_codes import CloseCode
from channels.connection import Connection, Limits
from channels.figures import Figures, Glance
from channels.flush import Flush
from channels.gathering import Gathering
from channels.invigilator import InvigilatorConversation, InvigilatorDesk
from channels.lag import LAG_EVERY_SECONDS, Lag
from channels.line import Line
from channels.losses import Losses
from channels.parting import away_ms, part
from channels.rates import Rate
from channels.releases import Releases
from channels.rooms import Rooms
from channels.wall import Wall
from channels.watch_log import WatchLog
from hub.announcer import Announcer
from hub.directory import Directory
from hub.doorman import Doorman
from hub.live import Bell, LiveStore
from hub.model import CandidateId, ClientId, ConnectionId, NodeId, SessionNumber
from hub.policy import Policy, Thresholds
from hub.ports import Clock, Ledger, Standing, StoreAccident, StoreUnavailable, UnknownSession
from hub.service import Decisions

log = logging.getLogger("vigie.node")

_DECODERS = (
    msgspec.json.Decoder(wire.CandidateFrame),
    msgspec.json.Decoder(wire.InvigilatorFrame),
    msgspec.json.Decoder(wire.AdminFrame),
)
DUE_AT_ONCE = 50
LEASE_EVERY_SECONDS = 0.5
"""Also the proof that the live store can be written: after an outage it is waited for."""
START_SECONDS = 5.0
SOCKETS_AT_ONCE = 128
"""Sockets looked at in one piece: each that is due for a beat is told in the same turn of the loop."""
RIGHTS_AT_ONCE = 100
"""Rights asked about in one statement."""
SEATING_AT_ONCE = 200
"""Clients that are told to the live store side by side."""
ROOMS_AT_ONCE = 16
"""Rooms of the own share that are asked about side by side."""
OPEN_RUNNING_SECONDS = 10.0
"""How often the own share of the rooms in which a test runs is asked about: with it a node says that it lives."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How often the node does what it does, in seconds, and what each role may send.

    `drain` is how long the goodbyes of a stop take in all, `notice` how much of it passes before the first one.
    """

    candidate_beat: float = 4.0
    candidate_beat_jitter: float = 0.1
    dashboard_beat: float = 1.0
    verify: float = 1.0
    settle: float = 1.0
    losses: float = 0.5
    flush: float = 5.0
    rights: float = 2.0
    drain: float = 15.0
    notice: float = 2.0
    look: float = LAG_EVERY_SECONDS
    candidate_rate: Rate = field(default_factory=lambda: Rate(2, 10))
    dashboard_rate: Rate = field(default_factory=lambda: Rate(5, 30))


@dataclass(frozen=True, slots=True)
class Stores:
    """The ports a node works on."""

    ledger: Ledger
    live: LiveStore
    bell: Bell
    directory: Directory


AnyConnection = Connection[wire.CandidateFrame] | Connection[wire.InvigilatorFrame] | Connection[wire.AdminFrame]


@dataclass(slots=True)
class _Beaten:
    """A connection and when its next beat is due."""

    connection: AnyConnection
    period: float
    due_at: float


class Node:
    """Owns the sockets of one process."""

    def __init__(
        self,
        stores: Stores,
        decisions: Decisions,
        announcer: Announcer,
        clock: Clock,
        policy: Policy,
        pace: Pace | None = None,
        thresholds: Thresholds | None = None,
        admission: Admission | None = None,
    ) -> None:
        self._stores, self._decisions, self._clock, self._policy = stores, decisions, clock, policy
        self._pace = pace or Pace()
        self._thresholds = thresholds or Thresholds()
        self.admission = admission or Admission(clock)
        self.figures = figures = Figures()
        self._flush = Flush(stores.ledger, stores.live, lambda number: self._rooms.find(number), figures)
        self._losses = Losses(stores.ledger, stores.live, decisions, clock, policy, self._flush.note, figures)
        self._rooms = Rooms(stores.ledger, stores.live, stores.bell, announcer, clock, self._losses, figures)
        announcer.on_applied = self._rooms.hurry
        self._clients = Gathering(stores.directory.clients)
        self._arrivals = Gathering(self._note_joined)
        self._glimpses = Gathering(stores.ledger.glimpses)
        self._watch_log = WatchLog(stores.ledger, clock)
        self._wall = Wall(self._thresholds, clock)
        self._releases = Releases(stores.live, decisions, self._thresholds, clock)
        self._sockets: dict[ConnectionId, _Beaten] = {}
        self._emptied = asyncio.Event()
        self._emptied.set()
        self._logins: dict[ConnectionId, InvigilatorConversation | AdminConversation] = {}
        self._clockwork = Clockwork(self._forgive)
        self.lag = Lag(self._late)
        self._newest: dict[ClientId, CandidateConversation] = {}
        self._seating = asyncio.Semaphore(SEATING_AT_ONCE)
        # Under which it takes its share of what has to be looked after; at the live store it speaks under another.
        self._name = NodeId(secrets.token_hex(6))
        self._has_lease = False
        self._leases_failed = 0
        self.is_draining = False

    @property
    def is_cut_off(self) -> bool:
        """Tell whether other nodes see a live store that this one does not."""
        return self._rooms.is_cut_off

    def glance(self) -> Glance:
        """Tell how this node stands right now."""
        opened = self._rooms.opened()
        oldest = max((mirror.age_seconds for mirror in opened), default=0.0)
        return Glance(len(opened), oldest, tuple(self._rooms.degraded), self._losses.under_way, self.is_draining)

    # ── life ───────────────────────────────────────────────────────────────────────────────────────────────

    async def start(self) -> None:
        """Begin to live: lease, beats, verification, settling, losses, flushing."""
        self._clockwork.every(self._pace.look, self.lag.look)
        self._clockwork.every(LEASE_EVERY_SECONDS, self._renew_lease)
        self._clockwork.every(self._pace.dashboard_beat / 4, self._beat)
        self._clockwork.every(self._pace.verify, self._verify)
        self._clockwork.every(self._pace.settle, self._settle_due)
        self._clockwork.every(self._pace.losses, self._advance_losses)
        self._clockwork.every(self._pace.flush, self._flush.write)
        self._clockwork.every(self._pace.flush, self._watch_log.write)
        self._clockwork.every(self._pace.settle, self._release_calls)
        self._clockwork.every(1.0, self._close_signed_out)
        self._clockwork.every(self._pace.rights, self._close_forbidden)
        self._clockwork.every(OPEN_RUNNING_SECONDS, self._open_running)
        self._clockwork.every(self._pace.verify, self._try_writing)
        # A process that was killed and started again finds its own last word about another history of its live store,
        # for a few seconds. Clients wait that long at the door rather than being told that the live store is away.
        await self._rooms.judged(START_SECONDS)

    async def drain(self) -> None:
        """Ask every client to go elsewhere, spread over the drain time, and flush."""
        self.is_draining = True
        await part(self._sockets, self._emptied, notice=self._pace.notice, seconds=self._pace.drain)
        await self._write_down()

    async def stop(self) -> None:
        """Stop everything; what was accepted is flushed."""
        for one in tuple(self._sockets.values()):
            one.connection.end(CloseCode.DRAINING)
        await self._clockwork.stop()
        # A store that is away now keeps nothing from stopping: its part is made up by the nodes that go on.
        await self._write_down()
        with suppress(StoreAccident):
            await self._stores.live.release_lease()
        await self._rooms.close()

    # ── sockets ────────────────────────────────────────────────────────────────────────────────────────────

    async def write_progress(self) -> None:
        """Write down now what was accepted here: after a finalization nothing of it would be taken any more."""
        with suppress(StoreAccident):
            await self._flush.write()

    async def _write_down(self) -> None:
        await self.write_progress()
        with suppress(StoreAccident):
            await self._watch_log.write()

    async def serve_candidate(self, line: Line) -> None:
        """Hold the conversation with one candidate's client until it ends."""
        desk = CandidateDesk(
            self._rooms,
            self._clients,
            self._arrivals,
            Doorman(self._glimpses.find, self._stores.ledger, self._policy),
            self._decisions,
            self._stores.live,
            self._losses,
            self._clock,
            self._flush.note,
            self._newest,
            self._seating,
            self._clockwork.stands_still,
            self.figures,
            self.admission,
        )
        limits = Limits(self._pace.candidate_rate, self._pace.candidate_beat)
        conversation = CandidateConversation(desk)
        connection = Connection(
            line, conversation, _DECODERS[0], limits, self._clock, _new_connection(), self.figures.roles["candidate"]
        )
        await self._hold(connection, self._pace.candidate_beat)

    async def serve_invigilator(self, line: Line, cookie: str | None) -> None:
        """Hold the conversation with one dashboard until it ends."""
        desk = InvigilatorDesk(
            self._rooms,
            self._stores.directory,
            self._decisions,
            self._stores.live,
            self._watch_log,
            self._clock,
            self._thresholds,
        )
        limits = Limits(self._pace.dashboard_rate, self._pace.dashboard_beat)
        conversation = InvigilatorConversation(desk, cookie)
        connection = Connection(
            line, conversation, _DECODERS[1], limits, self._clock, _new_connection(), self.figures.roles["invigilator"]
        )
        await self._hold_of_staff(connection, conversation)

    async def serve_admin(self, line: Line, cookie: str | None) -> None:
        """Hold the conversation with one wall until it ends."""
        conversation = AdminConversation(
            AdminDesk(self._rooms, self._stores.directory, self._wall, self._clock), cookie
        )
        limits = Limits(self._pace.dashboard_rate, self._pace.dashboard_beat)
        connection = Connection(
            line, conversation, _DECODERS[2], limits, self._clock, _new_connection(), self.figures.roles["admin"]
        )
        await self._hold_of_staff(connection, conversation)

    async def _hold_of_staff(
        self, connection: AnyConnection, conversation: InvigilatorConversation | AdminConversation
    ) -> None:
        self._logins[connection.id] = conversation
        if self.admission.is_overloaded:
            # Before a word is heard. Whether a candidate sits an exam only their token tells: see the conversation.
            connection.end(CloseCode.OVERLOADED, after_ms=self.admission.come_back_ms())
        try:
            # With what it is given first comes how old that is: until then a screen takes nothing for fresh.
            connection.beat_due()
            await self._hold(connection, self._pace.dashboard_beat)
        finally:
            del self._logins[connection.id]

    async def _hold(self, connection: AnyConnection, period: float) -> None:
        self._emptied.clear()
        self._sockets[connection.id] = _Beaten(connection, period, self._clock.monotonic() + period)
        if self.is_draining:
            connection.end(CloseCode.DRAINING, after_ms=away_ms())
        try:
            await connection.run()
        finally:
            del self._sockets[connection.id]
            if not self._sockets:
                self._emptied.set()

    # ── jobs ───────────────────────────────────────────────────────────────────────────────────────────────

    def _late(self, seconds: float) -> None:
        """Hear how late the loop is: it is counted, and decides who is let in."""
        self.figures.late(seconds)
        self.admission.lateness.note(seconds)

    def _forgive(self) -> None:
        """Judge nobody by a silence that was our own: this process has just stood still."""
        log.warning("this process stood still: silence counts anew, and lines lost meanwhile are our loss")
        for one in self._sockets.values():
            one.connection.forgive_silence()
        self._losses.forgive()

    async def _renew_lease(self) -> None:
        """Say that this node lives, and learn whether the live store can be written.

        Who finds its lease lapsed was taken for dead: other nodes have emptied the seats of its clients, so each of
        them sits down again, unless a newer connection of the same client has done so elsewhere.
        """
        try:
            was_alive = await self._stores.live.renew_lease()
        except StoreUnavailable:
            self._leases_failed += 1
            # One may be late on a busy machine; a store that is taken for away costs every room a reload.
            self._rooms.note_writable(is_writable=self._leases_failed < 2)
            raise
        self._leases_failed = 0
        self._rooms.note_writable(is_writable=True)
        if self._has_lease and not was_alive:
            self._forgive()
            for mirror in self._rooms.opened():
                mirror.audience.call_clients()
        self._has_lease = True

    async def _note_joined(self, candidates: Collection[CandidateId]) -> Mapping[CandidateId, None]:
        await self._stores.ledger.note_joined(candidates)
        return {}

    async def _verify(self) -> None:
        """Verify what is shown; a node that is cut off while others are not sends its clients to them."""
        await self._rooms.verify()
        await self._flush.tell_untold()
        if self._rooms.must_leave and self._sockets:
            log.warning("cut off from the live store that other nodes see: %s sockets sent away", len(self._sockets))
            for one in tuple(self._sockets.values()):
                one.connection.end(CloseCode.STORE_UNAVAILABLE, after_ms=away_ms())

    async def _advance_losses(self) -> None:
        """Carry losses on; while a store, or a part of it, is away nobody's time runs out."""
        if self._rooms.degraded_anywhere:
            self._losses.forgive()
        await self._losses.advance()

    async def _beat(self) -> None:
        """Beat every socket that is due, and give up those that have been silent for too long."""
        now = self._clock.monotonic()
        silence = self._policy.silence.total_seconds()
        async for some in in_bites(tuple(self._sockets.values()), SOCKETS_AT_ONCE):
            for one in some:
                if not one.connection.is_welcome:
                    continue
                if now - one.connection.last_sign > silence:
                    one.connection.cut_silent()
                elif now >= one.due_at:
                    jitter = self._pace.candidate_beat_jitter if one.period == self._pace.candidate_beat else 0.0
                    spread = random.uniform(1 - jitter, 1 + jitter)  # nosec B311 # guards nothing
                    one.due_at = now + one.period * spread
                    one.connection.beat_due()

    async def _settle_due(self) -> None:
        """Settle what is due by the database's clock; another node may be doing the same."""
        for number in await self._stores.ledger.due(DUE_AT_ONCE, self._name):
            await _in_its_turn(number, self._decisions.settle)

    async def _close_signed_out(self) -> None:
        """Close the dashboards whose login no longer holds."""
        logins = {one.login for one in self._logins.values() if one.login}
        if not logins:
            return
        gone = logins - await self._stores.directory.still_signed_in(logins)
        for identity, conversation in tuple(self._logins.items()):
            # Who came while the database answered was not asked about, and is nobody to send away.
            if conversation.login in gone and identity in self._sockets:
                self._sockets[identity].connection.end(CloseCode.NOT_SIGNED_IN)

    async def _release_calls(self) -> None:
        """Give back the calls whose taker fell silent."""
        await self._releases.look(self._rooms.opened())

    async def _close_forbidden(self) -> None:
        """Close the dashboards whose owner may no longer see the room: rights end, and are taken away."""
        rights = {
            identity: one.right
            for identity, one in self._logins.items()
            if isinstance(one, InvigilatorConversation) and one.right is not None
        }
        async for some in in_bites(tuple(set(rights.values())), RIGHTS_AT_ONCE):
            standings = await self._stores.directory.standings(frozenset(some))
            # Of a session that is gone, or of an account that is out, others speak: these are absent.
            lost = {right for right, standing in standings.items() if standing in (Standing.NONE, Standing.JURY)}
            for identity, right in rights.items():
                if right in lost and identity in self._sockets:
                    self._sockets[identity].connection.end(CloseCode.FORBIDDEN)

    async def _open_running(self) -> None:
        """Look after this node's share of the rooms in which a test is running: a seat nobody holds must be noticed."""
        share = await self._stores.ledger.running(self._name)
        async for some in in_bites(share, ROOMS_AT_ONCE):
            await asyncio.gather(*(_in_its_turn(number, self._look_after) for number in some))

    async def _try_writing(self) -> None:
        """While the ledger takes no writes, ask it again: nobody who is told so by their screen would try."""
        if not self._stores.ledger.is_recording():
            await self._stores.ledger.running(self._name)

    async def _look_after(self, number: SessionNumber) -> None:
        """Open a room, unless other nodes that live hold all its seats and so look after it already."""
        with suppress(StoreAccident):
            if self._rooms.find(number) is None and await self._stores.live.is_looked_after_elsewhere(number):
                return
        await self._rooms.acquire(number)


async def _in_its_turn(number: SessionNumber, do: Callable[[SessionNumber], Awaitable[object]]) -> None:
    """Do something for one session; an accident there keeps no other session from its turn."""
    try:
        await do(number)
    except (StoreAccident, UnknownSession) as accident:
        log.warning("session %s waits: %r", number, accident)
    except Exception:
        log.exception("session %s cannot be looked after", number)


def _new_connection() -> ConnectionId:
    return ConnectionId(secrets.token_hex(8))
