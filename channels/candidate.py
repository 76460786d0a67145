"""The conversation with one candidate's client: it hears of itself only, and never of a pending end."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec
from msgspec.structs import replace

from channels import wire
from channels.admission import Admission
from channels.advance import Advance, Sitter
from channels.close_codes import SEAT_TAKEN, CloseCode
from channels.connection import Connection
from channels.figures import Figures
from channels.gathering import Gathering
from channels.line import Goodbye
from channels.losses import Losses
from channels.mirror import Mirror
from channels.place import Place
from channels.rooms import Rooms
from channels.translate import body_digest, candidate_reply, candidate_state, help_command, refused
from hub import commands as ask
from hub.doorman import Doorman
from hub.events import EventKind, RoomEvent
from hub.live import LiveStore
from hub.model import AttemptState, Candidate, CandidateId, ClientId, ConnectionId, SessionNumber, client_author
from hub.ports import Answer, Clock, FlushedProgress, StoreAccident, StoreUnavailable, UnknownSession
from hub.preparation import KnownClient
from hub.refusals import RETRYABLE, Refusal
from hub.service import Decisions, Order
from hub.tokens import token_digest

CATCH_UP_SECONDS = 1.0
"""How long the next frame waits for the room to show what the last one decided."""

HELLO_FRESH_SECONDS = 4.0
"""Who could not be told for so long where they stand is sent away to come again; a client waits for 9 s at most."""
HEARD_SECONDS = 6.0
"""A client answers a beat every 4 s: unheard for longer, its line may be half-open."""
AGAIN_SECONDS = (0.3, 0.7)
"""Pause before a place is told again that could not be told."""

MAX_CLIENTS = 20
"""Sockets of one candidate on one node: far more tabs than a person has, far fewer than a loop opens."""

OURS = frozenset({CloseCode.DRAINING, CloseCode.RESYNC, CloseCode.STORE_UNAVAILABLE, CloseCode.OVERLOADED})
"""Goodbyes that are the hub's fault: they must cost no candidate an authorization."""

_encoder = msgspec.json.Encoder()


@dataclass(frozen=True, slots=True)
class CandidateDesk:
    """What every candidate's conversation works with.

    `seating` bounds how many sit down at once: ten thousand calls in one turn would make every other one late.
    `stands_still` tells whether this process has just stood still: what it hears now may be long out of date.
    """

    rooms: Rooms
    clients: Gathering[bytes, KnownClient]
    arrivals: Gathering[CandidateId, None]
    doorman: Doorman
    decisions: Decisions
    live: LiveStore
    losses: Losses
    clock: Clock
    flush: Callable[[FlushedProgress], None]
    newest: dict[ClientId, CandidateConversation]
    seating: asyncio.Semaphore
    stands_still: Callable[[], bool]
    figures: Figures
    admission: Admission


class CandidateConversation:
    """One client of one candidate."""

    def __init__(self, desk: CandidateDesk) -> None:
        self._desk = desk
        self._slot = desk.admission.slot()
        self._connection: Connection[wire.CandidateFrame] | None = None
        self._follows = False
        self._owes_state = True
        self._has_news = True
        self._shown: wire.State | None = None
        self._messages: dict[int, wire.Message] = {}
        self._expected_decision = 0
        self._acknowledged = 0
        self._owes_acknowledged = False
        self._mirror: Mirror
        self._id: CandidateId
        self._client: ClientId
        self._place: Place
        self._advance: Advance

    # ── hello ──────────────────────────────────────────────────────────────────────────────────────────────

    async def open(self, hello: wire.Hello, connection: Connection[wire.CandidateFrame]) -> wire.Welcome:
        """Find out whose client this is, and give it its place; not while too many others are given theirs."""
        with self._desk.admission.hello() as may_be_judged:
            if not may_be_judged:
                raise Goodbye(CloseCode.OVERLOADED, self._desk.admission.come_back_ms())
            return await self._open(hello, connection)

    async def _open(self, hello: wire.Hello, connection: Connection[wire.CandidateFrame]) -> wire.Welcome:
        """Give a client its place: the seat it holds, or a place outside."""
        known = await self._desk.clients.find(token_digest(hello.token)) if hello.token else None
        if known is None:
            raise Goodbye(CloseCode.NOT_SIGNED_IN)
        if hello.session is not None and hello.session != known.number:
            raise Goodbye(CloseCode.FORBIDDEN)
        if self._desk.admission.is_overloaded and not known.is_running:
            raise Goodbye(CloseCode.OVERLOADED, self._desk.admission.come_back_ms())
        self._mirror = await self._acquire(known.number)
        self._id, self._client, self._connection = known.candidate, known.client, connection
        self._require_line_on_the_list()
        await self._note_joined()
        if self._mirror.audience.clients_of(self._id) >= MAX_CLIENTS:
            raise Goodbye(CloseCode.OVERLOADED, 5000)
        if connection.has_ended or self._desk.stands_still() or self._is_unheard(HELLO_FRESH_SECONDS):
            # A hello that waited too long: its client may be back elsewhere, and must not be replaced by its own past.
            raise Goodbye(CloseCode.RESYNC, 500)
        self._require_line_on_the_list()
        self._place = Place(
            self._desk.live,
            self._desk.losses,
            self._mirror,
            self._id,
            self._client,
            connection.id,
            self._desk.clock,
            self._desk.figures,
        )
        sitter = Sitter(self._id, self._client, connection.id)
        self._advance = Advance(
            sitter,
            self._place,
            self._mirror,
            self._desk.clock,
            self._desk.flush,
            self._desk.figures,
        )
        self._follows = True
        self._mirror.audience.subscribe(self, self._id)
        recent = self._mirror.messages.to(self._id, self._desk.clock.monotonic(), self._row.told_version)
        for one in recent:
            self._note_message(one)
        self._replace_older()
        await self._find_place()
        await self._tell_the_ledger()
        return wire.Welcome(
            connection.id,
            self._desk.clock.now(),
            connection.limits.heartbeat_seconds,
            self._state().enter_after_ms,
            connection.limits.view(),
            wire.You("candidate", candidate=self._id),
        )

    @property
    def _is_on_the_list(self) -> bool:
        return self._id in self._mirror.room.candidates

    def _require_line_on_the_list(self) -> None:
        if not self._is_on_the_list:
            raise Goodbye(CloseCode.FORBIDDEN)

    async def _acquire(self, number: SessionNumber) -> Mirror:
        try:
            return await self._desk.rooms.enter(number)
        except UnknownSession:
            raise Goodbye(CloseCode.FORBIDDEN) from None

    def _is_unheard(self, seconds: float) -> bool:
        assert self._connection is not None  # nosec B101 # narrows a type
        return self._desk.clock.monotonic() - self._connection.last_sign > seconds

    async def _find_place(self) -> None:
        """Take the place; while only a busy ledger can tell it, the hello waits.

        Whoever were shown the door meanwhile would ask an invigilator for an authorization that they do not need.
        """
        assert self._connection is not None  # nosec B101 # narrows a type
        await self._take_place()
        while self._place.is_unknown and not self._connection.has_ended:
            await asyncio.sleep(random.uniform(*AGAIN_SECONDS))  # nosec B311 # spreads tries, guards nothing
            await self._take_place()

    async def _take_place(self) -> None:
        if self._mirror.is_live:
            # The door of the entry before is closed to whom the ledger has just given the next one.
            await self._see_own_decisions()
        if self._place.is_late_first_telling and self._is_unheard(HEARD_SECONDS):
            # Half-open, perhaps: a newer line of this client that is on its way elsewhere must not come second.
            raise Goodbye(CloseCode.RESYNC, 500)
        async with self._desk.seating:
            await self._place.take(self._ask_to_return)
        if self._place.is_replaced:
            raise Goodbye(CloseCode.REPLACED, reason=self._why_replaced)
        if self._place.is_unknown_for(HELLO_FRESH_SECONDS):
            raise Goodbye(CloseCode.RESYNC, 500)
        await self._advance.go_on()
        if self._place.is_untold and (self._mirror.is_live or self._place.is_unknown):
            # The ledger was busy, or a call was lost: asked again soon, and not with the next beat only.
            again_in = random.uniform(*AGAIN_SECONDS)  # nosec B311 # spreads tries, guards nothing
            asyncio.get_running_loop().call_later(again_in, self._wake)

    def _replace_older(self) -> None:
        """Send away an older tab of this client on this node, before it could tell its place again."""
        older = self._desk.newest.get(self._client)
        self._desk.newest[self._client] = self
        if older is not None:
            older.leave_to_newer()

    def leave_to_newer(self) -> None:
        """Go: this client has a newer tab."""
        self._place.leave()
        if self._connection is not None:
            self._connection.end(CloseCode.REPLACED)

    async def _note_joined(self) -> None:
        """Remember the first time, once per room and node; no hello fails because it could not be written."""
        row = self._mirror.room.candidates[self._id]
        if row.joined_at is not None or self._id in self._mirror.noted_joined:
            return
        with suppress(StoreAccident):
            await self._desk.arrivals.find(self._id)
            self._mirror.noted_joined.add(self._id)

    async def _tell_the_ledger(self) -> None:
        """Return by the ledger while the live store is away here: other nodes may see it, and this seat stand empty."""
        if self._place.is_untold and self._place.holds_seat:
            with suppress(StoreAccident):
                self._place.holds_seat = await self._ask_to_return()

    @property
    def _why_replaced(self) -> str | None:
        return SEAT_TAKEN if self._place.is_seat_taken else None

    @property
    def _row(self) -> Candidate:
        return self._place.row

    @property
    def _me(self) -> ConnectionId:
        assert self._connection is not None  # nosec B101 # narrows a type
        return self._connection.id

    async def _ask_to_return(self) -> bool:
        """Ask the ledger for the seat; a refusal of the moment is no answer, and is asked again."""
        answer = await self._submit(ask.ReturnToSeat(self._client), key=None, digest="")
        if isinstance(answer, Refusal) and answer.code in RETRYABLE:
            raise StoreUnavailable(f"the return could not be judged: {answer.code}")
        return isinstance(answer, Answer) and answer.results[0].refusal is None

    # ── the room ───────────────────────────────────────────────────────────────────────────────────────────

    def on_events(self, events: Sequence[RoomEvent]) -> None:
        """Hear what happened to this candidate (or to the queue); their own progress is no news to them."""
        if all(event.kind is EventKind.PROGRESSED for event in events) and events:
            return
        for event in events:
            if self._place.hear(event) and self._connection is not None:
                self._connection.end(CloseCode.REPLACED, reason=self._why_replaced)
            self._note_message(event)
        self._place.look_again()
        self._wake(self._mirror.arrived_at)

    def _note_message(self, event: RoomEvent) -> None:
        if event.kind is EventKind.MESSAGE_SENT and event.text is not None:
            self._messages[event.decision or 0] = wire.Message(event.text, event.at)

    def on_reset(self) -> None:
        """Hear that the room was loaded anew: this client's place must be told again, if it still has one."""
        if not self._is_on_the_list and self._connection is not None:
            self._connection.end(CloseCode.FORBIDDEN)
            return
        self._place.is_owed = self._owes_acknowledged = True
        self._wake()

    def on_staffing(self) -> None:
        """Hear nothing of who watches."""

    def on_gone(self) -> None:
        """Hear that the session was deleted."""
        if self._connection is not None:
            self._connection.end(CloseCode.NO_SUCH_SESSION)

    def _wake(self, news_at: float | None = None) -> None:
        self._has_news = True
        if self._connection is not None:
            self._connection.wake(news_at)

    # ── frames ─────────────────────────────────────────────────────────────────────────────────────────────

    def handle(self, frame: wire.CandidateFrame) -> wire.Reply | Awaitable[wire.Reply | None] | None:
        """Do what a frame asks; progress, most of the traffic, on the spot where nothing has to be waited for."""
        if isinstance(frame, wire.Progress) and self._advance.is_settled and self._shows_own_decisions:
            return self._progress(frame)
        return self._handle(frame)

    async def _handle(self, frame: wire.CandidateFrame) -> wire.Reply | None:
        """Do what a frame asks, after the room shows what the last one decided."""
        await self._see_own_decisions()
        await self._advance.settled()
        match frame:
            case wire.Progress():
                return self._progress(frame)
            case wire.Enter():
                return await self._enter(frame)
            case wire.Finish():
                command = ask.Finish(self._client, frame.answered, frame.total, self._advance.so_far)
                return await self._decide(frame, command)
            case wire.Help():
                return await self._decide(frame, help_command(frame, self._client))
            case wire.Ack():
                await self._ack(frame.version)
            case wire.Sync():
                self._owes_state = True
                self._wake()
            case _:
                pass
        return None

    @property
    def _shows_own_decisions(self) -> bool:
        return self._mirror.room.decision_seq >= self._expected_decision

    async def _see_own_decisions(self) -> None:
        if not self._shows_own_decisions:
            await self._mirror.reached(self._expected_decision, CATCH_UP_SECONDS)

    async def _enter(self, frame: wire.Enter) -> wire.Reply:
        refusal = await self._desk.doorman.judge(self._mirror.number, self._id, self._client, frame.access_code)
        if refusal is not None:
            return refused(frame.ref, refusal)
        return await self._decide(frame, ask.Enter(self._client, is_code_right=True, total=frame.total))

    async def _decide(self, frame: wire.Enter | wire.Finish | wire.Help, command: ask.CandidateCommand) -> wire.Reply:
        answer = await self._submit(command, frame.key, body_digest(frame))
        if isinstance(answer, Refusal):
            return refused(frame.ref, answer)
        return candidate_reply(frame.ref, answer)

    async def _submit(
        self, command: ask.CandidateCommand | ask.ReturnToSeat, key: str | None, digest: str
    ) -> Answer | Refusal:
        author = client_author(self._client)
        order = Order(self._mirror.number, author, command, (self._id,), key, digest, self._me)
        answer = await self._desk.decisions.submit(order)
        if isinstance(answer, Answer):
            self._expected_decision = answer.decision_seq
        return answer

    def _progress(self, frame: wire.Progress) -> wire.Reply | None:
        code = self._advance.go(frame.answered, frame.total, frame.question, self._wake)
        if self._place.is_owed:
            self._wake()
        return refused(frame.ref, Refusal(code)) if code is not None else None

    async def _ack(self, version: int) -> None:
        """Note what the screen shows; of somebody in the test only the screen in the test counts."""
        is_in_the_test = self._row.attempt is AttemptState.RUNNING and self._row.interrupted_at is None
        if is_in_the_test and not self._place.holds_seat:
            return
        shown = self._shown.version if self._shown is not None else 0
        if version <= shown:
            self._acknowledged = max(self._acknowledged, version)
            await self._tell_acknowledged()

    async def _tell_acknowledged(self) -> None:
        if self._row.told_version < self._acknowledged:
            await self._desk.live.told(self._mirror.number, self._id, self._acknowledged)

    async def _take_place_again(self) -> None:
        """Tell the place once more, and what this screen has shown to a live store that forgot it."""
        await self._take_place()
        if self._owes_acknowledged and not self._place.is_untold:
            with suppress(StoreAccident):
                await self._tell_acknowledged()
                self._owes_acknowledged = False

    # ── what this socket is given ──────────────────────────────────────────────────────────────────────────

    @property
    def is_ready(self) -> bool:
        """Tell whether the place has been told, so that the news can be."""
        return not self._place.is_owed

    async def prepare(self) -> None:
        """Tell the place again."""
        self._has_news = True
        await self._take_place_again()

    def news(self) -> list[bytes]:
        """Return the own state if it changed, and messages; nothing while the place is unknown."""
        if not self._has_news:
            # Only a beat is due.
            return []
        self._has_news = False
        if self._place.is_unknown:
            return []
        frames: list[wire.State | wire.Message] = []
        if self._messages and self._shown is None:
            # A client hears of itself first: of everything before those words.
            frames.append(self._state_before(min(self._messages)))
        # Words before the state: a screen that acknowledges it has shown them.
        frames += self._messages.values()
        self._messages.clear()
        state = self._state()
        if self._owes_state or self._shown is None or _news(state) != _news(self._shown):
            self._owes_state = False
            self._shown = state
            frames.append(state)
        return [_encoder.encode(frame) for frame in frames]

    def _state_before(self, decision: int) -> wire.State:
        state = self._state()
        return msgspec.structs.replace(state, version=min(state.version, decision - 1))

    def _state(self) -> wire.State:
        queue = self._mirror.queue
        place = queue.index(self._id) + 1 if self._id in queue else None
        state = candidate_state(
            self._mirror.room,
            replace(self._row, progress=self._advance.so_far),
            self._client,
            holds_seat=self._place.holds_seat,
            queue_place=place,
            now=self._desk.clock.now(),
        )
        is_authorized = state.authorization is not None and not state.in_test
        wait_ms = self._slot.wait_ms(self._mirror.number, is_authorized=is_authorized)
        state = msgspec.structs.replace(state, enter_after_ms=wait_ms)
        shown = self._shown
        if shown is not None and shown.queue_place != place:
            return msgspec.structs.replace(state, version=max(state.version, self._mirror.room.decision_seq))
        return msgspec.structs.replace(state, version=max(state.version, shown.version)) if shown else state

    def beat(self) -> bytes:
        """Make the beat: it carries the version this socket was given, nothing else."""
        version = self._shown.version if self._shown is not None else 0
        return _encoder.encode(wire.CandidateBeat(self._desk.clock.now(), version))

    async def closed(self, *, by_silence: bool, code: CloseCode | None) -> None:
        """Leave the room; a line that broke is a loss from its last sign of life on."""
        connection, self._connection = self._connection, None
        if not self._follows or connection is None:
            return
        self._mirror.audience.unsubscribe(self, self._id)
        if self._desk.newest.get(self._client) is self:
            del self._desk.newest[self._client]
        try:
            if code is CloseCode.REPLACED:
                await self._place.vacate()
            elif code is not CloseCode.NO_SUCH_SESSION and self._is_on_the_list:
                self._place.lost(last_sign=connection.last_sign, by_silence=by_silence, by_hub=code in OURS)
        finally:
            # A node that leaves writes down what it accepted once the last of its connections is gone.
            await self._advance.settled()


def _news(state: wire.State) -> wire.State:
    """Return a state without what is no news to its own candidate; its version is, for it has to be acknowledged."""
    return msgspec.structs.replace(state, answered=None, total=None, enter_after_ms=0, server_time=_NO_TIME)


_NO_TIME = datetime.min.replace(tzinfo=UTC)
