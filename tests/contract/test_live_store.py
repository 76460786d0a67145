"""The contract of the live store: the same rules on the memory twin and on a real server."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from msgspec import structs

from hub.events import Changes, Event, EventKind, RoomChanges
from hub.fold import evolve
from hub.live import Apply, Door, LiveStore, Offer, Position
from hub.model import (
    HUB,
    AttemptState,
    Author,
    Candidate,
    ConnectionId,
    EntryRefused,
    HelpId,
    HelpKind,
    HelpRequest,
    LinkState,
    Presence,
    PresenceState,
    Room,
    Seat,
    SessionNumber,
    TimeLedger,
)
from hub.ports import Head, StoreUnavailable
from state.keys import room_keys
from tests.contract.live_house import (
    ANNA,
    BEN,
    C1,
    C2,
    C3,
    CHLOE,
    OTHER_TAB,
    T0,
    TAB,
    House,
    Place,
    fresh_room,
    head_of,
    offered,
    progress,
    rooms_of,
)

# ── loading and reading ────────────────────────────────────────────────────────────────────────────────────────


async def test_a_room_that_is_not_loaded_is_absent_everywhere(place: Place, number: SessionNumber) -> None:
    store = place.store()
    assert await store.snapshot(number) is None
    assert await store.read(number, Position("1-x", 0)) is None
    assert await rooms_of(store, number) == {number: None}
    assert await store.apply(Head(0, "", 1, 1), fresh_room(number), ()) is Apply.ABSENT
    with pytest.raises(StoreUnavailable):
        await store.connect(number, ANNA, TAB, C1)
    await store.told(number, ANNA, 3)
    await store.sweep(number)
    with pytest.raises(StoreUnavailable):
        await store.attach(number, ANNA, TAB, C1, 1)
    assert not await store.detach(number, ANNA, 1, C1)
    assert not await store.mark(number, ANNA, None, LinkState.OFFLINE)
    assert not await offered(store, number, ANNA, C1, progress(1))
    assert await store.snapshot(number) is None


async def test_a_snapshot_gives_back_what_was_loaded(place: Place, number: SessionNumber) -> None:
    request = HelpRequest(HelpId(1), HelpKind.QUESTION, 4, 'é "{}" []\n\u2028', T0, Author("account:7"))
    row = Candidate(ANNA, 33, 9, Presence(PresenceState.CONFIRMED, HUB, T0), help=(request,), time=TimeLedger(T0))
    row = structs.replace(
        row, entry_refused=EntryRefused("resume_not_authorized", T0), progress=progress(3, question=4)
    )
    room = Room(number, {ANNA: row, BEN: Candidate(BEN)}, started_at=T0, decision_seq=4, decision_hash="h4")
    await place.store().load(room)
    live = await place.store("n2").snapshot(number)
    assert live is not None
    assert live.room == room
    assert live.seats == {}
    assert await rooms_of(place.store(), number) == {number: (head_of(room), live.position)}


async def test_a_load_keeps_the_live_part_and_makes_every_position_old(house: House) -> None:
    await house.store.connect(house.number, BEN, OTHER_TAB, C3)
    await house.seat()
    assert await house.offer(ANNA, C1, progress(5))
    await house.store.told(house.number, ANNA, 1)
    before, ben = await house.row(), await house.row(BEN)
    held = await house.held()

    await house.store.load(structs.replace(house.truth, live_epoch=2))

    assert await house.store.read(house.number, house.start) is None
    assert (await house.row(), await house.row(BEN), await house.held()) == (before, ben, held)
    heads = await rooms_of(house.store, house.number)
    found = heads[house.number]
    assert found is not None
    assert found[1].epoch != house.start.epoch
    assert await house.store.read(house.number, found[1]) is not None


async def test_a_load_never_goes_back(house: House) -> None:
    old = house.truth
    await house.decide(Event(EventKind.PRESENCE_CANCELLED, ANNA, Changes(presence=Presence())))
    live = await house.store.snapshot(house.number)
    for room in (old, house.truth):
        await house.store.load(room)
        assert await house.store.snapshot(house.number) == live


async def test_a_load_takes_the_ledgers_progress_when_it_is_ahead(house: House) -> None:
    await house.seat()
    await house.offer(ANNA, C1, progress(5))
    row = house.truth.candidates[ANNA]
    for life, (ledger, shown) in enumerate(((3, 5), (8, 8)), start=2):
        rows = {**house.truth.candidates, ANNA: structs.replace(row, progress=progress(ledger))}
        await house.store.load(structs.replace(house.truth, candidates=rows, live_epoch=life))
        assert (await house.row()).progress == progress(shown)


async def test_a_load_drops_the_seat_of_an_earlier_entry(house: House) -> None:
    await house.seat()
    await house.interrupt()
    later = house.decided(Event(EventKind.RESUMED, ANNA, Changes(entry_no=2, seat=Seat(TAB, T0))))
    await house.store.load(later.room)
    assert await house.held() is None


async def test_a_load_forgets_candidates_who_are_no_longer_on_the_list(house: House) -> None:
    await house.store.connect(house.number, BEN, TAB, C1)
    rows = {ANNA: house.truth.candidates[ANNA]}
    await house.store.load(structs.replace(house.truth, candidates=rows, live_epoch=2))
    live = await house.store.snapshot(house.number)
    assert live is not None
    assert set(live.room.candidates) == {ANNA}


async def test_nothing_new_is_an_empty_stretch_and_a_position_ahead_is_none(house: House) -> None:
    stretch = await house.store.read(house.number, house.start)
    assert stretch is not None
    assert stretch.events == ()
    assert stretch.position == house.start
    assert await house.store.read(house.number, replace(house.start, seq=house.start.seq + 1)) is None
    assert await house.store.read(house.number, replace(house.start, seq=house.start.seq - 1)) is None
    assert await house.store.read(house.number, replace(house.start, epoch="1-other")) is None


async def test_a_trimmed_stream_says_so(house: House) -> None:
    await house.seat()
    for answered in range(1, 3000):
        await house.offer(ANNA, C1, progress(answered, 5000))
    assert await house.store.read(house.number, house.start) is None
    live = await house.store.snapshot(house.number)
    assert live is not None
    tail = await house.store.read(house.number, replace(live.position, seq=live.position.seq - 2000))
    assert tail is not None
    assert [event.seq for event in tail.events] == list(range(live.position.seq - 1999, live.position.seq + 1))


async def test_live_events_carry_seq_and_the_servers_time(house: House) -> None:
    await house.store.connect(house.number, ANNA, TAB, C1)
    (joined,) = await house.events()
    assert joined.seq == house.start.seq + 1
    assert abs(datetime.now(UTC) - joined.at) < timedelta(seconds=10)
    assert joined.changes["link"].since == joined.at or house.place.name == "memory"
    assert joined.decision is None


@pytest.mark.parametrize("place", ["redis"], indirect=True)
async def test_a_room_of_another_server_history_counts_as_not_loaded(house: House) -> None:
    await house.store.connect(house.number, ANNA, TAB, C1)
    await house.seat(C2, candidate=BEN)
    await house.place.client.hset(room_keys(house.number).meta, "history", "0" * 40)
    assert await house.store.snapshot(house.number) is None
    assert await rooms_of(house.store, house.number) == {house.number: None}
    assert await house.store.apply(head_of(house.truth), house.truth, ()) is Apply.ABSENT
    await house.store.load(structs.replace(house.truth, live_epoch=2))
    assert (await house.row()).waiting.clients == 0, "who waited then may be long gone"
    assert await house.held(BEN) is None


@pytest.mark.parametrize("place", ["redis"], indirect=True)
async def test_redis_holds_no_key_without_an_end(house: House) -> None:
    await house.seat()
    await house.offer(ANNA, C1, progress(1))
    for key in room_keys(house.number).all[:4]:
        assert 0 < await house.place.client.ttl(key) <= 86_400


# ── applying decisions ─────────────────────────────────────────────────────────────────────────────────────────


async def test_a_decision_is_applied_once_and_then_known(house: House) -> None:
    before = house.truth
    recorded = house.decided(Event(EventKind.PRESENCE_CONFIRMED, ANNA, Changes(presence=Presence(by=HUB, at=T0))))
    assert await house.store.apply(head_of(before), recorded.room, recorded.events) is Apply.APPLIED
    assert await house.store.apply(head_of(before), recorded.room, recorded.events) is Apply.KNOWN
    assert len(await house.events()) == 1


async def test_a_decision_without_its_predecessor_is_a_gap(house: House) -> None:
    first, second = Changes(presence=Presence(by=HUB)), Changes(presence=Presence())
    before = house.truth
    one = house.decided(Event(EventKind.PRESENCE_CONFIRMED, ANNA, first))
    house.truth = one.room
    two = house.decided(Event(EventKind.PRESENCE_CANCELLED, ANNA, second))
    assert await house.store.apply(head_of(one.room), two.room, two.events) is Apply.GAP
    assert await house.store.apply(head_of(before), one.room, one.events) is Apply.APPLIED
    assert await house.store.apply(head_of(one.room), two.room, two.events) is Apply.APPLIED
    assert await house.store.apply(head_of(before), one.room, one.events) is Apply.KNOWN


async def test_another_history_is_a_conflict(house: House) -> None:
    before = house.truth
    recorded = house.decided(Event(EventKind.PRESENCE_CONFIRMED, ANNA, Changes(presence=Presence(by=HUB))))
    elsewhere = replace(head_of(before), decision_hash="other")
    assert await house.store.apply(elsewhere, recorded.room, recorded.events) is Apply.CONFLICT
    assert await house.store.apply(head_of(before), recorded.room, recorded.events) is Apply.APPLIED
    forged = structs.replace(recorded.room, decision_hash="other")
    assert await house.store.apply(head_of(before), forged, recorded.events) is Apply.CONFLICT
    halfway = structs.replace(recorded.room, decision_seq=5)
    assert await house.store.apply(head_of(before), halfway, recorded.events) is Apply.CONFLICT
    assert len(await house.events()) == 1


async def test_a_decision_of_another_life_waits_or_is_known(house: House) -> None:
    before = house.truth
    recorded = house.decided(Event(EventKind.PRESENCE_CONFIRMED, ANNA, Changes(presence=Presence(by=HUB))))
    later = replace(head_of(before), live_epoch=2)
    assert await house.store.apply(later, structs.replace(recorded.room, live_epoch=2), recorded.events) is Apply.GAP
    await house.store.load(structs.replace(recorded.room, live_epoch=2))
    assert await house.store.apply(head_of(before), recorded.room, recorded.events) is Apply.KNOWN


async def test_applied_events_come_back_as_they_were_decided(house: House) -> None:
    request = HelpRequest(HelpId(1), HelpKind.OTHER, None, 'il dit : "{}"\\ é\n', T0)
    events = (
        Event(EventKind.SESSION_STARTED, room=RoomChanges(started_at=T0, take_overs=())),
        Event(EventKind.HELP_OPENED, ANNA, Changes(help=(request,))),
        Event(EventKind.HELP_LAPSED, ANNA, Changes(help=())),
        Event(EventKind.MESSAGE_SENT, BEN, text="Ne quittez pas, }} {"),
    )
    recorded = house.decided(*events)
    await house.store.apply(head_of(house.truth), recorded.room, recorded.events)
    read = await house.events()
    assert [structs.replace(event, seq=0) for event in read] == list(recorded.events)
    assert [event.seq for event in read] == [house.start.seq + place for place in (1, 2, 3, 4)]


async def test_an_entry_gives_its_connection_the_seat_and_is_no_longer_waiting(house: House) -> None:
    await house.store.connect(house.number, ANNA, TAB, C1)
    await house.store.connect(house.number, ANNA, OTHER_TAB, C2)
    await house.seat(C1)
    entered = (await house.events())[-1]
    assert (entered.kind, entered.connection, entered.client) == (EventKind.ENTERED, C1, TAB)
    assert entered.changes["waiting"].clients == 1
    assert entered.changes["link"].state is LinkState.ONLINE
    held = await house.held()
    assert held is not None
    assert (held.entry_no, held.client, held.connection) == (1, TAB, C1)


async def test_an_entry_never_unseats_who_attached_to_it_after_its_commit(house: House) -> None:
    changes = Changes(attempt=AttemptState.RUNNING, entry_no=1, seat=Seat(TAB, T0))
    before, recorded = house.truth, house.decided(Event(EventKind.ENTERED, ANNA, changes), connection=C1)
    assert (await house.store.attach(house.number, ANNA, TAB, C2, 1)).door is Door.OPEN
    assert await house.store.apply(head_of(before), recorded.room, recorded.events) is Apply.APPLIED
    entered = (await house.events())[-1]
    assert (entered.kind, entered.connection) == (EventKind.ENTERED, None)
    held = await house.held()
    assert held is not None
    assert held.connection == C2


async def test_an_entry_that_is_told_late_never_unseats_a_later_one(house: House) -> None:
    await house.seat()
    assert (await house.store.attach(house.number, ANNA, TAB, C2, 3)).door is Door.OPEN
    await house.seat(C1)
    held = await house.held()
    assert held is not None
    assert (held.entry_no, held.connection) == (3, C2)


async def test_an_entry_with_a_total_never_sets_live_progress_back(house: House) -> None:
    await house.seat()
    await house.offer(ANNA, C1, progress(7))
    await house.decide(Event(EventKind.RESUMED, ANNA, Changes(progress=progress(0))))
    assert (await house.row()).progress == progress(7)
    assert (await house.events())[-1].changes["progress"] == progress(7)
    await house.decide(Event(EventKind.FINISHED, ANNA, Changes(progress=progress(9))))
    assert (await house.row()).progress == progress(9)
    await house.decide(Event(EventKind.FINISHED, ANNA, Changes(progress=None)))
    assert (await house.row()).progress == progress(9)


# ── twice is once ──────────────────────────────────────────────────────────────────────────────────────────────


async def test_each_call_sent_twice_is_as_sent_once(house: House) -> None:
    store, number = house.store, house.number

    async def twice(call: Callable[[], Awaitable[object]]) -> None:
        first = await call()
        live = await store.snapshot(number)
        assert await call() == first
        assert await store.snapshot(number) == live

    async def is_accepted() -> bool:
        return await offered(store, number, ANNA, C2, progress(1))

    await twice(lambda: store.connect(number, ANNA, TAB, C1))
    await twice(lambda: store.connect(number, ANNA, TAB, C2))
    await twice(lambda: store.connect(number, ANNA, OTHER_TAB, C3))
    await twice(lambda: store.disconnect(number, ANNA, C3))
    await house.seat(C2)
    await twice(is_accepted)
    await twice(lambda: store.mark(number, ANNA, C2, LinkState.SUSPECT))
    await twice(lambda: store.attach(number, ANNA, TAB, C3, 1))
    await twice(lambda: store.told(number, ANNA, 1))
    await twice(lambda: store.detach(number, ANNA, 1, C3))
    await twice(lambda: store.mark(number, ANNA, None, LinkState.OFFLINE))
    assert (await store.renew_lease(), await store.renew_lease()) == (False, True)
    await twice(lambda: store.sweep(number))
    await twice(lambda: store.load(structs.replace(house.truth, live_epoch=2)))


# ── the bell ───────────────────────────────────────────────────────────────────────────────────────────────────


async def test_every_change_rings_at_who_listens_and_nowhere_else(house: House) -> None:
    rung: list[SessionNumber] = []
    heard = asyncio.Event()

    def ring(number: SessionNumber, _position: Position | None) -> None:
        rung.append(number)
        heard.set()

    bell, deaf = house.place.bell(), house.place.bell()
    bell.hear(ring)
    deaf.hear(lambda _, __: rung.append(SessionNumber(-1)))
    await bell.listen(house.number)
    await deaf.listen(SessionNumber(1))
    heard.clear()
    rung.clear()
    await house.store.connect(house.number, ANNA, TAB, C1)
    async with asyncio.timeout(5):
        await heard.wait()
    assert set(rung) == {house.number}


async def test_a_ring_says_how_far_the_room_has_moved_and_in_which_life(house: House) -> None:
    rung: list[Position | None] = []
    bell = house.place.bell()
    bell.hear(lambda _, position: rung.append(position))
    await bell.listen(house.number)

    async def is_heard(position: Position) -> None:
        async with asyncio.timeout(5):
            while position not in rung:
                await asyncio.sleep(0.01)

    for change in (lambda: house.seat(), lambda: house.store.load(structs.replace(house.truth, live_epoch=7))):
        await change()
        live = await house.store.snapshot(house.number)
        assert live is not None
        await is_heard(live.position)


async def test_offers_of_who_hears_the_bell_ring_only_if_somebody_else_does(house: House) -> None:
    own, other = house.place.bell(), house.place.bell()
    rung: dict[str, list[int]] = {"own": [], "other": []}
    for name, bell in (("own", own), ("other", other)):
        bell.hear(lambda _, position, name=name: rung[name].append(position.seq if position else 0))
    await house.seat()
    assert not own.hears(house.number)
    await own.listen(house.number)
    assert own.hears(house.number)

    async def offered_at(answered: int, *, is_heard: bool) -> int:
        offers = [Offer(ANNA, C1, progress(answered))]
        return (await house.store.progress(house.number, offers, is_heard=is_heard)).events[-1].seq

    async def has_rung(name: str, seq: int) -> None:
        async with asyncio.timeout(5):
            while seq not in rung[name]:
                await asyncio.sleep(0.01)

    spared = await offered_at(1, is_heard=True)
    alone = await offered_at(2, is_heard=False)
    await has_rung("own", alone)
    await other.listen(house.number)
    both = await offered_at(3, is_heard=True)
    await has_rung("own", both)
    await has_rung("other", both)
    assert spared not in rung["own"]
    await own.forget(house.number)
    assert not own.hears(house.number)


# ── snapshot + events = a fresh snapshot ───────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("seed", range(12))
async def test_snapshot_and_events_make_a_fresh_snapshot(house: House, seed: int) -> None:
    dice = random.Random(seed)
    other = house.place.store("n2")
    await house.store.renew_lease()
    start = await house.store.snapshot(house.number)
    assert start is not None
    followed, position = start.room, start.position
    for _ in range(120):
        await _anything(house, dice.choice((house.store, other)), dice)
        if dice.random() < 0.3:
            stretch = await house.store.read(house.number, position)
            fresh = await house.store.snapshot(house.number)
            assert stretch is not None
            assert fresh is not None
            for event in stretch.events:
                followed = evolve(followed, event)
            position = stretch.position
            assert position == fresh.position
            assert followed.candidates == fresh.room.candidates
            assert structs.replace(followed, decision_hash="") == structs.replace(fresh.room, decision_hash="")


async def _anything(house: House, store: LiveStore, dice: random.Random) -> None:
    """Do one thing at random, sensible or not."""
    number = house.number
    who = dice.choice((ANNA, BEN, CHLOE))
    client = dice.choice((TAB, OTHER_TAB))
    connection = ConnectionId(f"c{dice.randrange(8)}")
    entry_no = house.truth.candidates[who].entry_no
    maybe = dice.choice((connection, None))
    match dice.randrange(12):
        case 0 | 1:
            await store.connect(number, who, client, connection)
        case 2:
            await store.disconnect(number, who, connection)
        case 3:
            await store.attach(number, who, client, connection, max(0, entry_no + dice.choice((-1, 0, 0, 0, 1))))
        case 4:
            await store.detach(number, who, entry_no, maybe)
        case 5:
            state = dice.choice((LinkState.ONLINE, LinkState.SUSPECT, LinkState.OFFLINE))
            await store.mark(number, who, maybe, state)
        case 6 | 7:
            await offered(store, number, who, connection, progress(dice.randrange(33), dice.choice((32, 32, 32, 40))))
        case 8:
            await store.told(number, who, dice.randrange(20))
        case 9:
            await house.seat(connection, client, who)
        case 10:
            facts = Changes(presence=Presence(PresenceState.CONFIRMED, HUB, T0), progress=progress(dice.randrange(33)))
            await house.decide(
                Event(EventKind.PRESENCE_CONFIRMED, who, facts),
                Event(EventKind.SESSION_CHANGED, room=RoomChanges(duration_minutes=dice.randrange(100))),
                store=store,
            )
        case _:
            if dice.random() < 0.3:
                await house.place.lapse("n2")
            await house.store.sweep(number)
            await house.place.store("n2").renew_lease()


@pytest.mark.parametrize("place", ["redis"], indirect=True)
async def test_places_written_by_another_version_are_nobodys(house: House) -> None:
    await house.seat()
    await house.store.connect(house.number, BEN, TAB, C2)
    live = room_keys(house.number).live
    await house.place.client.hset(live, mapping={f"{ANNA}:s": "1 tab c1 n1 open -", f"{BEN}:w": "tab c2 n1 -\n"})
    assert await house.held() is None
    assert not await house.store.sweep(house.number)
    assert (await house.store.attach(house.number, ANNA, TAB, C3, 1)).door is Door.OPEN
    assert (await house.store.connect(house.number, BEN, TAB, C1)).door is Door.OPEN
    assert (await house.row(BEN)).waiting.clients == 1


@pytest.mark.parametrize("place", ["redis"], indirect=True)
async def test_a_room_that_cannot_be_read_is_dropped_once_and_then_counts_as_away(house: House) -> None:
    keys, store = room_keys(house.number), house.store
    await house.place.client.hset(keys.rows, str(ANNA), "no row of ours")
    assert await store.snapshot(house.number) is None
    assert not await house.place.client.exists(*keys.all)
    await store.load(fresh_room(house.number))
    assert await store.snapshot(house.number) is not None
    await house.place.client.hset(keys.live, f"{ANNA}:t", "no number")
    with pytest.raises(StoreUnavailable):
        await store.snapshot(house.number)
    assert await house.place.client.exists(keys.meta), "were it another version's, the two would never end"
    assert await store.read(house.number, Position("1-x", 0)) is None, "what can be read is"


@pytest.mark.parametrize("place", ["redis"], indirect=True)
async def test_a_look_goes_on_past_a_room_that_cannot_be_read(house: House) -> None:
    await house.place.client.hset(room_keys(house.number).meta, "decision", "no number")
    for _ in range(2):
        assert await rooms_of(house.store, house.number) == {house.number: None}
        await house.place.client.hset(room_keys(house.number).meta, mapping={"epoch": "1-x", "decision": "x"})
