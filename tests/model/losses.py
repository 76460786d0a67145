"""A model of one candidate who is lost and comes back: every interleaving of two nodes, the tab and both stores.

The rules are the hub's own (`hub.rules`), the live store is the twin in memory that shares a contract with Redis; only
who does what when is modelled here. Each step is one call to one store. Time is not modelled: whatever may be slow is.

`GUARDS` are what stands between a candidate and the two wrong outcomes; a `World` can be told to do without some.
"""

from __future__ import annotations

from collections.abc import Coroutine, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from msgspec import structs

from hub import commands as ask
from hub.audit import Recorded
from hub.entry import may_return
from hub.live import Door
from hub.model import (
    HUB,
    AttemptState,
    Candidate,
    Cause,
    ClientId,
    ConnectionId,
    NodeId,
    Presence,
    PresenceState,
    Room,
    Seat,
    client_author,
)
from hub.ports import Head
from state.memory_live import MemoryLiveServer, MemoryLiveStore
from tests.builders import ME, NOW, NUMBER, happen

TAB = ClientId("tab")
NODES = ("a", "b")
GUARDS = frozenset(
    {
        "the fast door is closed first",
        "only the entry that was lost",
        "only in the same life of the live store",
        "a live store that forgot begins a new life",
        "an emptied seat is noticed by every node",
        "a loss that decided nothing is not forgotten",
        "a seat given to a line that is gone is a loss",
        "whoever was buried by mistake sits down again",
        "what was refused waits for the long grace",
        "a seat that a newer line held is left alone",
    }
)


class PresentInterrupted(Exception):
    """A candidate who holds the seat lost the right to it."""


class LostForEver(Exception):
    """A candidate is gone, and nobody will ever interrupt them."""


@dataclass(frozen=True)
class Budget:
    """How often each kind of accident may still happen; a slip is a refused commit, a wrong burial or a reload."""

    breaks: int
    wipes: int
    crashes: int
    slips: int


@dataclass(frozen=True)
class Loss:
    """One node on its way to an interruption: `step` is what it does next, `life` the one in which it saw the loss.

    An adopted loss has the long grace: it goes on only when whoever is there has told its place. One that tries again
    while the tab already waits for the ledger overtakes it.
    """

    node: str
    entry_no: int
    connection: ConnectionId | None
    life: int
    rank: int = 0
    is_adopted: bool = False
    is_over: bool = False
    is_second_try: bool = False
    is_overtaking: bool = False
    step: str = "ask the ledger"


@dataclass(frozen=True)
class Line:
    """The tab's line: where it ends, and what that node does next for it ('' once it has a place)."""

    connection: ConnectionId
    node: str
    step: str = "attach"
    is_seated: bool = False
    rank: int = 0


@dataclass(frozen=True)
class Reload:
    """One node on its way to putting the room into a live store that forgot it."""

    node: str
    step: str
    seen: int = 0


@dataclass(frozen=True)
class World:
    """Everything that is so at one moment. `budget` bounds what may go wrong: breaks, wipes, crashes, slips.

    `shown_life` is the life of the live store in which the nodes saw the room last.
    """

    room: Room
    live: MemoryLiveServer
    guards: frozenset[str]
    budget: Budget
    line: Line | None = None
    returns: int = 1
    losses: frozenset[Loss] = frozenset()
    reload: Reload | None = None
    untold: tuple[tuple[str, Head, Recorded], ...] = ()
    living: frozenset[str] = frozenset(NODES)
    names: int = 1
    shown_life: int = 1

    @property
    def row(self) -> Candidate:
        return self.room.candidates[ME]

    @property
    def shown(self) -> Candidate:
        """Return the row as the nodes know it: the live store's, as far as it was told."""
        stage = self.live.loaded(NUMBER)
        return stage.room.candidates[ME] if stage is not None else self.row

    @property
    def key(self) -> tuple[object, ...]:
        """Say what makes two worlds the same."""
        stage = self.live.loaded(NUMBER)
        seat = stage.lines[ME].seat if stage is not None else None
        sits = (seat.entry_no, seat.connection, seat.node, seat.is_open, seat.rank > 0) if seat is not None else None
        there = (stage.head, sits) if stage is not None else None
        row = (self.row.entry_no, self.row.interrupted_at, self.room.live_epoch, self.room.decision_seq)
        told = tuple((node, recorded.room.decision_seq) for node, _, recorded in self.untold)
        return (
            row,
            there,
            self.shown_life,
            self.budget,
            self.line,
            self.returns,
            self.losses,
            self.reload,
            told,
            self.living,
        )

    def store(self, node: str) -> tuple[MemoryLiveServer, MemoryLiveStore]:
        """Copy the live store, and open a node's door to the copy."""
        server = MemoryLiveServer(lambda: NOW)
        server.leases = {NodeId(one) for one in self.living}
        for number, stage in self.live.stages.items():
            lines = {one: replace(part, seat=replace(part.seat) if part.seat else None, waiting=dict(part.waiting))
                     for one, part in stage.lines.items()}  # fmt: skip
            server.stages[number] = replace(stage, lines=lines, events=[])
        return server, MemoryLiveStore(server, NodeId(node))


def began(
    guards: frozenset[str] = GUARDS,
    *,
    breaks: int = 1,
    wipes: int = 1,
    crashes: int = 1,
    slips: int = 0,
    returns: int = 1,
) -> World:
    """Return the world in which the tab sits in its test, on node a, and the room is in the live store."""
    row = Candidate(
        ME,
        presence=Presence(PresenceState.CONFIRMED),
        attempt=AttemptState.RUNNING,
        entry_no=1,
        seat=Seat(TAB, NOW),
    )
    room = Room(NUMBER, {ME: row}, started_at=NOW)
    budget = Budget(breaks, wipes, crashes, slips)
    world = World(room, MemoryLiveServer(lambda: NOW), guards, budget=budget, returns=returns)
    server, store = world.store("a")
    at_once(store.load(room))
    told = at_once(store.attach(NUMBER, ME, TAB, ConnectionId("c1"), 1))
    return replace(world, live=server, line=Line(ConnectionId("c1"), "a", "", is_seated=True, rank=told.rank))


def at_once(call: Coroutine[Any, Any, Any]) -> Any:
    """Run a call of the twin, which never waits."""
    try:
        call.send(None)
    except StopIteration as done:
        return done.value
    raise AssertionError("the twin waited")


def next_worlds(world: World) -> Iterator[World]:
    """Return every world that one more step can lead to: what may happen, and what the nodes will do."""
    yield from _tab_goes_and_comes(world)
    yield from _accidents(world)
    yield from will_happen(world)


def will_happen(world: World) -> Iterator[World]:
    """Return the worlds after each step that a node is about to take."""
    is_loaded = world.live.loaded(NUMBER) is not None
    if world.line is not None and world.line.step == "attach" and is_loaded:
        yield _attached(world, world.line)
    elif world.line is not None and world.line.step == "attach" and not world.line.is_seated:
        # The live store is of no use: a client that comes back returns by the ledger.
        yield _asked_to_return(world, world.line)
    if world.line is not None and world.line.step == "ask to return":
        yield _asked_to_return(world, world.line)
    for loss in world.losses:
        if loss.step != "ask the ledger" or _may_begin(world, loss):
            yield _loss_step(world, loss)
    for place in range(len(world.untold)):
        yield _told(world, place)
    if world.reload is not None:
        yield _reload_step(world, world.reload)
    else:
        yield from _care(world)


def _may_begin(world: World, loss: Loss) -> bool:
    """Tell whether a node would go on with a loss now: in the life it saw, and after the grace."""
    is_fenced = "only in the same life of the live store" in world.guards
    if is_fenced and loss.life != world.room.live_epoch:
        return False
    is_about_to_tell = world.line is not None and world.line.step != ""
    return not (loss.is_adopted and is_about_to_tell)


def check_rest(world: World) -> None:
    """Judge a world in which no node has anything left to do: who is gone must have been interrupted."""
    is_at_rest = next(will_happen(world), None) is None
    if is_at_rest and world.line is None and world.row.interrupted_at is None:
        raise LostForEver


# ── the tab ────────────────────────────────────────────────────────────────────────────────────────────────────


def _tab_goes_and_comes(world: World) -> Iterator[World]:
    line, left = world.line, world.budget.breaks
    if line is None:
        if world.returns:
            for node in sorted(world.living):
                name = ConnectionId(f"c{world.names + 1}")
                yield replace(world, line=Line(name, node), returns=world.returns - 1, names=world.names + 1)
        return
    if left:
        loss = Loss(line.node, world.shown.entry_no, line.connection, world.shown_life, line.rank)
        budget = replace(world.budget, breaks=left - 1)
        yield replace(world, line=None, losses=world.losses | {loss}, budget=budget)


def _attached(world: World, line: Line) -> World:
    """Take the seat by the fast door, or find that only the ledger can tell."""
    if not may_return(world.shown, TAB):
        return replace(world, line=replace(line, step="", is_seated=False))
    server, store = world.store(line.node)
    told = at_once(store.attach(NUMBER, ME, TAB, line.connection, world.shown.entry_no, line.rank))
    line = replace(line, rank=told.rank)
    if told.door is Door.CLOSED:
        return replace(world, live=server, line=replace(line, step="ask to return", is_seated=False))
    return _sits(replace(world, live=server), line)


def _asked_to_return(world: World, line: Line) -> World:
    outcome = happen(world.room, ask.ReturnToSeat(TAB), by=client_author(TAB))
    if outcome.refusal is not None:
        return replace(world, line=replace(line, step="", is_seated=False))
    return _sits(_decided(world, line.node, outcome.recorded, line.connection), line)


def _sits(world: World, line: Line) -> World:
    """Seat the tab; each node hears that it is back, in time, or finds the seat held when it looks."""
    kept = frozenset(
        replace(one, is_over=True) if one.node == line.node else one
        for one in world.losses
        if one.node != line.node or one.step != "ask the ledger"
    )
    return replace(world, line=replace(line, step="", is_seated=True), losses=kept)


# ── accidents ──────────────────────────────────────────────────────────────────────────────────────────────────


def _accidents(world: World) -> Iterator[World]:
    left = world.budget
    if left.wipes and world.live.stages:
        yield replace(world, live=MemoryLiveServer(lambda: NOW), budget=replace(left, wipes=left.wipes - 1))
    if left.crashes and len(world.living) > 1:
        for node in sorted(world.living):
            yield _crashed(replace(world, budget=replace(left, crashes=left.crashes - 1)), node)
    if left.slips:
        yield from _slips(replace(world, budget=replace(left, slips=left.slips - 1)))


def _slips(world: World) -> Iterator[World]:
    """Refuse a decision (the ledger is busy), bury a living node's seat, load the room anew though nothing was lost."""
    for loss in world.losses:
        if loss.step == "decide":
            yield replace(world, losses=(world.losses - {loss}) | _refused(world, loss))
    stage = world.live.loaded(NUMBER)
    seat = stage.lines[ME].seat if stage is not None else None
    # Not judged: a wrong burial in the very moment in which another node takes an earlier one to its end, 120 s later.
    is_taken_to_its_end = any(one.connection is None and one.step == "detach" for one in world.losses)
    if seat is not None and seat.connection is not None and str(seat.node) in world.living and not is_taken_to_its_end:
        yield _buried(world)
    if stage is not None:
        yield _told_again(world)


def _refused(world: World, loss: Loss) -> set[Loss]:
    again = _begun_again(world, loss)
    is_patient = "what was refused waits for the long grace" in world.guards
    return again if is_patient else {replace(one, is_adopted=loss.is_adopted) for one in again}


def _buried(world: World) -> World:
    server, _ = world.store("a")
    seat = server.stages[NUMBER].lines[ME].seat
    assert seat is not None
    is_here = world.line is not None and world.line.is_seated and world.line.connection == seat.connection
    seat.connection = seat.node = None
    after = replace(world, live=server)
    if is_here and "whoever was buried by mistake sits down again" in world.guards:
        after = _told_again(after)
    return _noticed(after)


def _told_again(world: World) -> World:
    return world if world.line is None else replace(world, line=replace(world.line, step="attach"))


def _crashed(world: World, node: str) -> World:
    """Take a node away, with everything it was about to do."""
    return replace(
        world,
        living=world.living - {node},
        losses=frozenset(one for one in world.losses if one.node != node),
        untold=tuple(one for one in world.untold if one[0] != node),
        line=None if world.line is not None and world.line.node == node else world.line,
        reload=None if world.reload is not None and world.reload.node == node else world.reload,
    )


# ── a node on its way to an interruption ───────────────────────────────────────────────────────────────────────


def _loss_step(world: World, loss: Loss) -> World:
    others = world.losses - {loss}
    if loss.step == "ask the ledger":
        entry_no = _lost_entry(world, loss)
        if entry_no is None:
            return replace(world, losses=others)
        step = "detach" if "the fast door is closed first" in world.guards else "decide"
        is_waiting = world.line is not None and world.line.step == "ask to return"
        going = replace(loss, entry_no=entry_no, step=step, is_overtaking=is_waiting and loss.is_second_try)
        return replace(world, losses=others | {going})
    if loss.step == "detach":
        return _detached(world, loss, others)
    return _interrupted(world, loss, others)


def _lost_entry(world: World, loss: Loss) -> int | None:
    """Return the entry whose seat is still lost, as far as the node has heard; None when somebody sits there."""
    if not may_return(world.shown, TAB):
        return None
    stage = world.live.loaded(NUMBER)
    seat = stage.lines[ME].seat if stage is not None else None
    if seat is not None and seat.connection is not None:
        return seat.entry_no if seat.connection == loss.connection else None
    return loss.entry_no if loss.entry_no == world.shown.entry_no else None


def _detached(world: World, loss: Loss, others: frozenset[Loss]) -> World:
    server, store = world.store(loss.node)
    rank = loss.rank if "a seat that a newer line held is left alone" in world.guards else 0
    if not at_once(store.detach(NUMBER, ME, loss.entry_no, loss.connection, rank)):
        return replace(world, live=server, losses=others | _begun_again(world, loss))
    after = replace(world, live=server, losses=others | {replace(loss, step="decide")})
    return _noticed(after) if "an emptied seat is noticed by every node" in world.guards else after


def _begun_again(world: World, loss: Loss) -> set[Loss]:
    """Begin again, after the long grace; a loss whose client came back to this node meanwhile is over."""
    again = replace(loss, step="ask the ledger", life=world.shown_life, is_adopted=True, is_second_try=True)
    return set() if loss.is_over else {again}


def _interrupted(world: World, loss: Loss, others: frozenset[Loss]) -> World:
    entry_no = loss.entry_no if "only the entry that was lost" in world.guards else world.row.entry_no
    is_fenced = "only in the same life of the live store" in world.guards
    life = loss.life if is_fenced else world.room.live_epoch
    command = ask.Interrupt(entry_no, life, timedelta(seconds=15), Cause.CANDIDATE)
    outcome = happen(world.room, command, by=HUB)
    if outcome.is_already:
        kept = _begun_again(world, loss) if "a loss that decided nothing is not forgotten" in world.guards else set()
        return replace(world, losses=others | kept)
    is_waiting = world.line is not None and world.line.step == "ask to return" and loss.is_overtaking
    if world.line is not None and (world.line.is_seated or is_waiting):
        raise PresentInterrupted
    return _decided(replace(world, losses=others), loss.node, outcome.recorded, None)


# ── what is decided reaches the live store, sooner or later ────────────────────────────────────────────────────


def _decided(world: World, node: str, recorded: Recorded, connection: ConnectionId | None) -> World:
    before = Head(world.room.decision_seq, world.room.decision_hash, world.room.live_epoch, 1)
    events = tuple(
        structs.replace(one, connection=connection, client=TAB if connection else None) for one in recorded.events
    )
    told = (*world.untold, (node, before, replace(recorded, events=events)))
    return replace(world, room=recorded.room, untold=told)


def _told(world: World, place: int) -> World:
    node, before, recorded = world.untold[place]
    server, store = world.store(node)
    at_once(store.apply(before, recorded.room, recorded.events))
    left = world.untold[:place] + world.untold[place + 1 :]
    after = replace(world, live=server, untold=left)
    is_guarded = "a seat given to a line that is gone is a loss" in world.guards
    return _seated_nobody(after) if is_guarded else after


def _seated_nobody(world: World) -> World:
    """Let the node whose line broke before its seat was told notice that it holds a seat for nobody."""
    stage = world.live.loaded(NUMBER)
    seat = stage.lines[ME].seat if stage is not None else None
    is_there = world.line is not None and seat is not None and seat.connection == world.line.connection
    if seat is None or seat.connection is None or is_there or str(seat.node) not in world.living:
        return world
    loss = Loss(str(seat.node), seat.entry_no, seat.connection, world.shown_life)
    others = frozenset(one for one in world.losses if (one.node, one.step) != (loss.node, "ask the ledger"))
    return replace(world, losses=others | {loss})


def _care(world: World) -> Iterator[World]:
    """Sweep after dead nodes, and put a room that is missing or behind into the live store."""
    stage = world.live.loaded(NUMBER)
    for node in sorted(world.living):
        if stage is None:
            yield replace(world, reload=Reload(node, "begin a life", world.room.live_epoch))
        elif not world.untold and stage.head.decision_seq != world.room.decision_seq:
            yield replace(world, reload=Reload(node, "load"))
        elif (seat := stage.lines[ME].seat) is not None and seat.node not in (None, *world.living):
            server, store = world.store(node)
            at_once(store.sweep(NUMBER))
            yield _noticed(replace(world, live=server))


def _reload_step(world: World, reload: Reload) -> World:
    if reload.step == "begin a life":
        is_new = "a live store that forgot begins a new life" in world.guards and world.room.live_epoch == reload.seen
        room = structs.replace(world.room, live_epoch=world.room.live_epoch + 1) if is_new else world.room
        return replace(world, room=room, reload=replace(reload, step="load"))
    server, store = world.store(reload.node)
    at_once(store.load(world.room))
    loaded = replace(world, live=server, reload=None, shown_life=world.room.live_epoch)
    loaded = _told_again(loaded)
    renewed = (
        replace(one, life=world.room.live_epoch, is_adopted=True) if one.step == "ask the ledger" else one
        for one in loaded.losses
    )
    return _noticed(replace(loaded, losses=frozenset(renewed)))


def _noticed(world: World) -> World:
    """Let every living node take over a seat that nobody holds, unless it is on its way already."""
    stage = world.live.loaded(NUMBER)
    seat = stage.lines[ME].seat if stage is not None else None
    if (seat is not None and seat.connection is not None) or not may_return(world.shown, TAB):
        return world
    entry_no = world.shown.entry_no
    busy = {one.node for one in world.losses if one.entry_no == entry_no}
    life = world.shown_life
    taken = {Loss(node, entry_no, None, life, is_adopted=True) for node in world.living - busy}
    return replace(world, losses=world.losses | taken)
