"""The contract of the live store, continued: who sits where, who came last, who is marked, whose lease ended."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import timedelta

import pytest
from msgspec.structs import replace

from hub.events import Changes, Event, EventKind
from hub.live import Door, Offer, Told
from hub.model import (
    AttemptState,
    CandidateId,
    ConnectionId,
    LinkState,
    Progress,
    SessionNumber,
)
from hub.ports import StoreUnavailable
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
    progress,
    shard_of,
)

# ── clients outside the test ───────────────────────────────────────────────────────────────────────────────────


async def test_joined_then_waiting_then_left(house: House) -> None:
    await house.store.connect(house.number, ANNA, TAB, C1)
    await house.store.connect(house.number, ANNA, OTHER_TAB, C2)
    await house.store.disconnect(house.number, ANNA, C1)
    await house.store.disconnect(house.number, ANNA, C2)
    assert await house.kinds() == ["candidate.joined", "candidate.waiting", "candidate.left", "candidate.left"]
    assert [event.changes["waiting"].clients for event in await house.events()] == [1, 2, 1, 0]
    assert all(event.changes["link"].state is LinkState.ONLINE for event in await house.events())


async def test_a_reload_of_the_same_client_counts_once(house: House) -> None:
    await house.store.connect(house.number, ANNA, TAB, C1)
    await house.place.store("n2").connect(house.number, ANNA, TAB, C2)
    await house.store.disconnect(house.number, ANNA, C1)
    assert await house.kinds() == ["candidate.joined", "seat.attached"]
    silent = (await house.events())[-1]
    assert (silent.connection, silent.client, silent.changes) == (C2, TAB, {})
    assert (await house.row()).waiting.clients == 1


async def test_a_late_retry_of_a_replaced_client_changes_nothing(house: House) -> None:
    await house.store.connect(house.number, ANNA, TAB, C1)
    await house.store.connect(house.number, ANNA, TAB, C2)
    await house.store.connect(house.number, ANNA, TAB, C1)
    await house.store.disconnect(house.number, ANNA, C1)
    assert (await house.row()).waiting.clients == 1


async def test_after_the_first_entry_a_new_client_is_waiting_and_leaves_the_link_alone(house: House) -> None:
    await house.seat()
    await house.store.mark(house.number, ANNA, C1, LinkState.OFFLINE)
    await house.store.connect(house.number, ANNA, OTHER_TAB, C2)
    assert (await house.kinds())[-1] == "candidate.waiting"
    row = await house.row()
    assert (row.link.state, row.waiting.clients) == (LinkState.OFFLINE, 1)


async def test_the_seats_own_connection_never_counts_as_waiting(house: House) -> None:
    await house.seat()
    await house.store.connect(house.number, ANNA, TAB, C1)
    assert (await house.row()).waiting.clients == 0


# ── the fast door ──────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_reload_of_the_seated_client_is_silent(house: House) -> None:
    await house.seat()
    assert (await house.store.attach(house.number, ANNA, TAB, C2, 1)).door is Door.OPEN
    silent = (await house.events())[-1]
    assert (silent.kind, silent.connection, silent.client) == (EventKind.SEAT_ATTACHED, C2, TAB)
    assert silent.changes == {}


@pytest.mark.parametrize("state", [LinkState.SUSPECT, LinkState.OFFLINE])
async def test_a_return_after_a_shown_loss_is_reconnected(house: House, state: LinkState) -> None:
    await house.seat()
    assert await house.store.mark(house.number, ANNA, C1, state)
    assert (await house.store.attach(house.number, ANNA, TAB, C2, 1)).door is Door.OPEN
    back = (await house.events())[-1]
    assert (back.kind, back.connection) == (EventKind.RECONNECTED, C2)
    assert back.changes["link"].state is LinkState.ONLINE


async def test_the_door_is_closed_to_others_and_to_older_entries(house: House) -> None:
    assert (await house.store.attach(house.number, ANNA, TAB, C1, 0)).door is Door.CLOSED
    await house.seat()
    assert (await house.store.attach(house.number, ANNA, OTHER_TAB, C2, 1)).door is Door.CLOSED
    await house.seat(C2, OTHER_TAB)
    assert (await house.store.attach(house.number, ANNA, TAB, C3, 1)).door is Door.CLOSED
    with pytest.raises(StoreUnavailable):
        await house.store.attach(house.number, CandidateId(999), TAB, C3, 1)


async def test_a_detached_entry_is_closed_until_a_later_one(house: House) -> None:
    await house.seat()
    assert await house.store.detach(house.number, ANNA, 1, C1)
    assert await house.store.detach(house.number, ANNA, 1, C1)
    held = await house.held()
    assert held is not None
    assert held.connection is None
    assert (await house.store.attach(house.number, ANNA, TAB, C2, 1)).door is Door.CLOSED
    await house.seat(C2)
    assert (await house.store.attach(house.number, ANNA, TAB, C3, 2)).door is Door.OPEN
    assert not await house.store.detach(house.number, ANNA, 1, C1)


async def test_a_stale_connection_cannot_detach_or_mark_the_newer_one(house: House) -> None:
    await house.seat()
    await house.store.attach(house.number, ANNA, TAB, C2, 1)
    assert not await house.store.detach(house.number, ANNA, 1, C1)
    assert not await house.store.detach(house.number, ANNA, 1, None)
    assert not await house.store.mark(house.number, ANNA, C1, LinkState.SUSPECT)
    assert not await house.store.mark(house.number, ANNA, None, LinkState.OFFLINE)
    assert (await house.row()).link.state is LinkState.ONLINE


async def test_a_late_retry_of_a_replaced_attach_steals_nothing_back(house: House) -> None:
    await house.seat()
    await house.store.attach(house.number, ANNA, TAB, C2, 1)
    await house.store.attach(house.number, ANNA, TAB, C3, 1)
    assert (await house.store.attach(house.number, ANNA, TAB, C2, 1)).door is Door.REPLACED
    held = await house.held()
    assert held is not None
    assert held.connection == C3


async def test_a_seat_unknown_to_the_store_is_taken_only_by_its_client_and_only_uninterrupted(house: House) -> None:
    await house.seat()
    await house.place.wipe(house.number)
    await house.store.load(house.truth)
    assert await house.held() is None
    assert (await house.store.attach(house.number, ANNA, OTHER_TAB, C2, 1)).door is Door.CLOSED
    assert (await house.store.attach(house.number, ANNA, TAB, C2, 1)).door is Door.OPEN
    await house.interrupt()
    await house.place.wipe(house.number)
    await house.store.load(house.truth)
    assert (await house.store.attach(house.number, ANNA, TAB, C3, 1)).door is Door.CLOSED


async def test_a_detach_before_any_attach_still_closes_the_door(house: House) -> None:
    await house.seat()
    await house.place.wipe(house.number)
    await house.store.load(house.truth)
    assert await house.store.detach(house.number, ANNA, 1, C1)
    assert (await house.store.attach(house.number, ANNA, TAB, C2, 1)).door is Door.CLOSED


async def test_the_door_of_an_entry_that_is_not_told_yet_is_closed_over_the_seat_before_it(house: House) -> None:
    await house.seat()
    assert await house.store.detach(house.number, ANNA, 2, None)
    assert (await house.store.attach(house.number, ANNA, TAB, C2, 2)).door is Door.CLOSED


async def test_a_seat_of_an_entry_that_is_not_told_yet_is_its_clients_alone(house: House) -> None:
    await house.seat()
    assert (await house.store.attach(house.number, ANNA, TAB, C2, 2)).door is Door.OPEN
    assert (await house.store.attach(house.number, ANNA, TAB, C3, 1)).door is Door.CLOSED, "an older entry"
    assert (await house.store.attach(house.number, ANNA, OTHER_TAB, C3, 2)).door is Door.CLOSED, "another client"
    held = await house.held()
    assert held is not None
    assert (held.entry_no, held.client, held.connection) == (2, TAB, C2)


async def test_of_a_detach_and_an_attach_at_once_exactly_one_wins(house: House) -> None:
    await house.seat()
    other = house.place.store("n2")
    for entry_no in range(1, 12):
        mine = ConnectionId(f"again-{entry_no}")
        lost = C1 if entry_no == 1 else ConnectionId(f"seated-{entry_no}")
        detached, told = await asyncio.gather(
            house.store.detach(house.number, ANNA, entry_no, lost),
            other.attach(house.number, ANNA, TAB, mine, entry_no),
        )
        assert detached is (told.door is Door.CLOSED)
        await house.seat(f"seated-{entry_no + 1}")


# ── the order of a candidate's connections ─────────────────────────────────────────────────────────────────────────


async def test_each_new_connection_ranks_above_the_ones_before_it(house: House) -> None:
    await house.seat()
    second = await house.store.attach(house.number, ANNA, TAB, C2, 1)
    third = await house.place.store("n2").attach(house.number, ANNA, TAB, C3, 1)
    assert 0 < second.rank < third.rank
    assert (await house.place.store("n2").attach(house.number, ANNA, TAB, C3, 1, third.rank)) == third


async def test_a_connection_that_tells_its_place_again_never_sits_down_over_a_newer_one(house: House) -> None:
    other = house.place.store("n2")
    await house.seat()
    older = await house.store.attach(house.number, ANNA, TAB, C2, 1)
    await other.renew_lease()
    await other.attach(house.number, ANNA, TAB, C3, 1)
    await house.place.lapse("n2")
    await house.store.sweep(house.number)
    told = await house.store.attach(house.number, ANNA, TAB, C2, 1, older.rank)
    assert told == Told(Door.REPLACED, older.rank)
    newest = await house.store.attach(house.number, ANNA, TAB, ConnectionId("c4"), 1)
    assert newest.door is Door.OPEN
    assert (await house.store.attach(house.number, ANNA, TAB, C2, 1, older.rank)).door is Door.REPLACED
    held = await house.held()
    assert held is not None
    assert held.connection == "c4"


async def test_an_older_connection_is_told_so_whichever_entry_it_was_of(house: House) -> None:
    await house.seat()
    older = await house.store.attach(house.number, ANNA, TAB, C2, 1)
    newer = await house.place.store("n2").attach(house.number, ANNA, TAB, C3, 1)
    await house.store.detach(house.number, ANNA, 1, C3, newer.rank)
    told = await house.store.attach(house.number, ANNA, TAB, C2, 1, older.rank)
    assert told.door is Door.REPLACED, "the door is closed, and it is not this one's to open by the ledger"
    await house.seat(C3)
    for entry in (1, 2):
        told = await house.store.attach(house.number, ANNA, TAB, C2, entry, older.rank)
        assert told.door is Door.REPLACED, f"a line of entry {entry}"
    held = await house.held()
    assert held is not None
    assert held.connection == C3


async def test_a_connection_that_never_left_replaces_nobody_when_it_enters_again(house: House) -> None:
    first = await house.store.connect(house.number, ANNA, TAB, C1)
    await house.seat(C1)
    await house.interrupt()
    assert await house.store.connect(house.number, ANNA, TAB, C1, first.rank) == first
    await house.seat(C1)
    assert await house.store.attach(house.number, ANNA, TAB, C1, 2, first.rank) == first
    assert await house.store.detach(house.number, ANNA, 2, C1, first.rank), "its loss is a loss"
    told = await house.store.attach(house.number, ANNA, TAB, C1, 2, first.rank)
    assert told.door is Door.CLOSED, "only the ledger can tell, and it is nobody's past"


async def test_ranks_go_on_above_in_a_life_that_knows_nothing_of_the_one_before(house: House) -> None:
    await house.seat()
    older = await house.store.attach(house.number, ANNA, TAB, C2, 1)
    newer = await house.store.attach(house.number, ANNA, TAB, C3, 1)
    await house.place.wipe(house.number)
    await house.store.load(replace(house.truth, live_epoch=2))
    assert (await house.store.attach(house.number, ANNA, TAB, C3, 1, newer.rank)).door is Door.OPEN
    assert (await house.store.attach(house.number, ANNA, TAB, C2, 1, older.rank)).door is Door.REPLACED
    fresh = await house.store.attach(house.number, ANNA, TAB, ConnectionId("c4"), 1)
    assert fresh.door is Door.OPEN
    assert fresh.rank > newer.rank


async def test_outside_too_the_newer_connection_of_a_client_stays(house: House) -> None:
    older = await house.store.connect(house.number, ANNA, TAB, C1)
    newer = await house.place.store("n2").connect(house.number, ANNA, TAB, C2)
    assert older.rank < newer.rank
    assert (await house.store.connect(house.number, ANNA, TAB, C1, older.rank)).door is Door.REPLACED
    await house.place.wipe(house.number)
    await house.store.load(replace(house.truth, live_epoch=2))
    assert (await house.store.connect(house.number, ANNA, TAB, C1, older.rank)).door is Door.OPEN
    assert (await house.store.connect(house.number, ANNA, TAB, C2, newer.rank)).door is Door.OPEN
    assert (await house.store.connect(house.number, ANNA, TAB, C1, older.rank)).door is Door.REPLACED
    assert (await house.row()).waiting.clients == 1


async def test_a_decision_seats_the_line_of_its_client_that_waits_already(house: House) -> None:
    waiting = await house.place.store("n2").connect(house.number, ANNA, TAB, C2)
    await house.seat(C1)
    held = await house.held()
    assert held is not None
    assert held.connection == C2
    entered = (await house.events())[-1]
    assert (entered.kind, entered.connection) == (EventKind.ENTERED, C2)
    again = await house.place.store("n2").attach(house.number, ANNA, TAB, C2, 1, waiting.rank)
    assert again == Told(Door.OPEN, waiting.rank)


async def test_an_emptied_seat_is_told_to_every_node(house: House) -> None:
    await house.seat()
    assert await house.store.detach(house.number, ANNA, 1, C1)
    emptied = (await house.events())[-1]
    assert (emptied.kind, emptied.candidate, emptied.changes) == (EventKind.SEAT_EMPTIED, ANNA, {})


async def test_a_node_taken_for_dead_goes_on_as_another_one(house: House) -> None:
    other = house.place.store("n2")
    await house.seat()
    await other.renew_lease()
    seated = await other.attach(house.number, ANNA, TAB, C2, 1)
    before = await house.held()
    await house.place.lapse("n2")
    assert not await other.renew_lease()
    assert (await other.attach(house.number, ANNA, TAB, C2, 1, seated.rank)).door is Door.OPEN
    after = await house.held()
    assert before is not None
    assert after is not None
    assert before.connection == after.connection == C2
    assert before.node != after.node
    await house.store.sweep(house.number)
    assert await house.held() == after


async def test_whoever_waits_at_a_node_taken_for_dead_goes_on_waiting_at_the_other_one(house: House) -> None:
    other = house.place.store("n2")
    await other.renew_lease()
    waiting = await other.connect(house.number, ANNA, TAB, C1)
    await house.place.lapse("n2")
    assert not await other.renew_lease()
    await other.connect(house.number, ANNA, TAB, C1, waiting.rank)
    await house.place.lapse("n2")
    await house.store.sweep(house.number)
    assert (await house.row()).waiting.clients == 1


async def test_a_lease_given_back_is_no_lease(house: House) -> None:
    other = house.place.store("n2")
    await other.renew_lease()
    await other.connect(house.number, ANNA, TAB, C1)
    await other.release_lease()
    assert await house.store.sweep(house.number)
    assert (await house.row()).waiting.clients == 0


async def test_a_shard_that_is_not_trusted_is_away_but_still_tells_its_history(house: House) -> None:
    name, sighting = await shard_of(house.store, house.number)
    house.store.trust(name, is_current=False)
    with pytest.raises(StoreUnavailable):
        await house.store.snapshot(house.number)
    with pytest.raises(StoreUnavailable):
        await house.store.connect(house.number, ANNA, TAB, C1)
    assert await shard_of(house.store, house.number) == (name, sighting)
    house.store.trust(name, is_current=True)
    assert await house.store.snapshot(house.number) is not None


async def test_a_call_after_hanging_up_opens_another_connection(house: House) -> None:
    name, _ = await shard_of(house.store, house.number)
    house.store.hang_up(name)
    with suppress(StoreUnavailable):
        await house.store.snapshot(house.number)
    assert await house.store.snapshot(house.number) is not None


async def test_progress_that_was_forgotten_is_put_back_whoever_sits(house: House) -> None:
    await house.store.remember(house.number, ANNA, progress(3))
    assert (await house.row()).progress is None, "nobody has begun"
    await house.seat()
    await house.store.remember(house.number, ANNA, progress(3))
    await house.store.remember(house.number, ANNA, progress(2))
    await house.store.remember(house.number, ANNA, progress(3))
    assert (await house.row()).progress == progress(3)
    assert (await house.kinds())[-2:] == ["candidate.entered", "candidate.progressed"]
    await house.store.remember(house.number, ANNA, progress(4))
    assert (await house.row()).progress == progress(4), "it remembered less than was shown"


async def test_what_a_disowned_future_left_is_forgotten(house: House) -> None:
    earlier = house.truth
    await house.seat()
    await house.offer(ANNA, C1, progress(4))
    await house.store.told(house.number, ANNA, 1)
    await house.store.load(replace(earlier, live_epoch=2))
    row = await house.row()
    assert (row.attempt, row.progress, row.told_version) == (AttemptState.NOT_STARTED, None, 0)
    assert await house.held() is None


# ── marks ──────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_marks_are_told_once(house: House) -> None:
    await house.seat()
    for state in (LinkState.SUSPECT, LinkState.SUSPECT, LinkState.OFFLINE, LinkState.OFFLINE, LinkState.ONLINE):
        assert await house.store.mark(house.number, ANNA, C1, state)
    assert (await house.kinds())[1:] == ["candidate.suspect", "candidate.disconnected", "candidate.reconnected"]


async def test_a_doubt_after_the_certainty_is_no_news(house: House) -> None:
    await house.seat()
    await house.store.mark(house.number, ANNA, C1, LinkState.OFFLINE)
    kinds = await house.kinds()
    assert await house.store.mark(house.number, ANNA, C1, LinkState.SUSPECT)
    assert await house.kinds() == kinds
    assert (await house.row()).link.state is LinkState.OFFLINE


async def test_an_empty_seat_is_marked_by_whoever_speaks_for_nobody(house: House) -> None:
    await house.seat()
    await house.store.detach(house.number, ANNA, 1, C1)
    assert not await house.store.mark(house.number, ANNA, C1, LinkState.OFFLINE)
    assert await house.store.mark(house.number, ANNA, None, LinkState.OFFLINE)


async def test_before_the_first_entry_a_mark_counts_only_while_nobody_else_is_there(house: House) -> None:
    await house.store.connect(house.number, ANNA, TAB, C1)
    assert not await house.store.mark(house.number, ANNA, None, LinkState.SUSPECT)
    assert not await house.store.mark(house.number, ANNA, C2, LinkState.SUSPECT)
    assert await house.store.mark(house.number, ANNA, C1, LinkState.SUSPECT)
    await house.store.disconnect(house.number, ANNA, C1)
    assert await house.store.mark(house.number, ANNA, None, LinkState.OFFLINE)
    await house.store.connect(house.number, ANNA, TAB, C2)
    assert (await house.row()).link.state is LinkState.ONLINE


# ── progress ───────────────────────────────────────────────────────────────────────────────────────────────────


async def test_progress_only_goes_forward_and_keeps_its_total(house: House) -> None:
    await house.seat()
    offers = [(1, 32), (3, 32), (2, 32), (3, 32), (5, 40), (6, 32)]
    accepted = []
    for place, (answered, total) in enumerate(offers):
        offer = Progress(answered, total, None, T0 + timedelta(seconds=place))
        accepted.append(await house.offer(ANNA, C1, offer))
    assert accepted == [True, True, False, False, False, True]
    told = [event.changes["progress"].answered for event in (await house.events())[1:]]
    assert told == [1, 3, 6]


async def test_what_is_told_of_accepted_progress_is_what_the_stream_holds(house: House) -> None:
    await house.seat()
    await house.seat(C2, OTHER_TAB, BEN)
    offers = [
        Offer(ANNA, C1, progress(1)),
        Offer(BEN, C1, progress(4)),  # from another's seat
        Offer(ANNA, C1, progress(1)),
        Offer(BEN, C2, progress(2)),
        Offer(ANNA, C1, progress(3)),
        Offer(BEN, C2, progress(1)),
    ]
    accepted = await house.store.progress(house.number, offers)
    assert accepted.is_taken == (True, False, True, True, True, False)
    assert accepted.events == tuple((await house.events())[-3:])
    assert [(one.candidate, one.changes["progress"].answered) for one in accepted.events] == [
        (ANNA, 1), (BEN, 2), (ANNA, 3),
    ]  # fmt: skip
    live = await house.store.snapshot(house.number)
    assert live is not None
    assert (accepted.epoch, accepted.events[-1].seq) == (live.position.epoch, live.position.seq)


async def test_offers_of_which_none_is_news_tell_nothing(house: House) -> None:
    await house.seat()
    assert await house.offer(ANNA, C1, progress(2))
    before = await house.events()
    offers = [Offer(ANNA, C1, progress(2)), Offer(ANNA, C1, progress(1)), Offer(CHLOE, C1, progress(3))]
    accepted = await house.store.progress(house.number, offers)
    assert (accepted.is_taken, accepted.events) == ((True, False, False), ())
    assert await house.events() == before


async def test_one_call_takes_more_offers_than_a_room_ever_makes_at_once(house: House) -> None:
    await house.seat()
    offers = [Offer(ANNA, C1, progress(answered, 5000)) for answered in range(1, 1501)]
    accepted = await house.store.progress(house.number, offers)
    assert all(accepted.is_taken)
    assert [one.seq for one in accepted.events] == [one.seq for one in (await house.events())[-1500:]]


async def test_progress_counts_only_from_the_seat_of_a_running_test(house: House) -> None:
    assert not await house.offer(ANNA, C1, progress(1))
    await house.store.connect(house.number, ANNA, OTHER_TAB, C2)
    await house.seat()
    assert not await house.offer(ANNA, C2, progress(1))
    assert await house.offer(ANNA, C1, progress(1))
    await house.store.attach(house.number, ANNA, TAB, C3, 1)
    assert not await house.offer(ANNA, C1, progress(2))
    assert await house.offer(ANNA, C3, progress(2))
    await house.decide(Event(EventKind.ENDED, ANNA, Changes(attempt=AttemptState.ENDED)))
    assert not await house.offer(ANNA, C3, progress(3))


async def test_many_at_once_keep_their_own_answers(house: House) -> None:
    await house.seat(C1)
    await house.seat(C2, candidate=BEN)
    offers = [
        house.store.progress(house.number, [Offer(who, connection, progress(answered, 200))])
        for answered in range(1, 101)
        for who, connection in ((ANNA, C1), (BEN, C3))
    ]
    accepted = await asyncio.gather(*offers)
    assert [one.is_taken for one in accepted] == [(True,), (False,)] * 100
    own = [event.changes["progress"].answered for one in accepted for event in one.events]
    assert own == list(range(1, 101))


# ── leases ─────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_dead_nodes_clients_leave_and_its_seats_stand_empty_with_their_door_open(house: House) -> None:
    other = house.place.store("n2")
    await house.store.renew_lease()
    await other.renew_lease()
    await house.store.connect(house.number, ANNA, OTHER_TAB, C2)
    await other.connect(house.number, ANNA, TAB, C1)
    await other.connect(house.number, BEN, TAB, C1)
    await house.seat()
    await other.attach(house.number, ANNA, TAB, C3, 1)

    await house.store.sweep(house.number)
    assert (await house.row(BEN)).waiting.clients == 1

    await house.place.lapse("n2")
    await house.store.sweep(house.number)
    assert (await house.row(BEN)).waiting.clients == 0
    assert (await house.row(ANNA)).waiting.clients == 1
    assert set((await house.kinds())[-2:]) == {"candidate.left", "seat.emptied"}
    held = await house.held()
    assert held is not None
    assert (held.connection, held.node, held.client) == (None, None, TAB)
    assert (await house.store.attach(house.number, ANNA, TAB, C3, 1)).door is Door.OPEN


async def test_a_dead_node_that_held_nothing_but_a_seat_is_found(house: House) -> None:
    other = house.place.store("n2")
    await other.renew_lease()
    await house.seat()
    await other.attach(house.number, ANNA, TAB, C2, 1)
    await house.place.lapse("n2")
    assert await house.store.sweep(house.number)
    held = await house.held()
    assert held is not None
    assert held.connection is None


async def test_the_open_door_of_a_seat_that_was_swept_is_closed_by_a_detach(house: House) -> None:
    other = house.place.store("n2")
    await other.renew_lease()
    await house.seat()
    await other.attach(house.number, ANNA, TAB, C2, 1)
    await house.place.lapse("n2")
    await house.store.sweep(house.number)
    assert await house.store.detach(house.number, ANNA, 1, None)
    assert (await house.store.attach(house.number, ANNA, TAB, C3, 1)).door is Door.CLOSED


async def test_a_node_never_sweeps_itself(house: House) -> None:
    await house.store.connect(house.number, ANNA, TAB, C1)
    await house.store.sweep(house.number)
    assert (await house.row()).waiting.clients == 1


async def test_a_room_is_looked_after_while_nodes_that_live_hold_every_seat(house: House) -> None:
    other, asking = house.place.store("n2"), house.place.store("n3")
    for one in (house.store, other, asking):
        await one.renew_lease()
    assert not await asking.is_looked_after_elsewhere(house.number), "no test runs, as far as this store knows"
    await house.seat()
    await house.seat(C2, OTHER_TAB, BEN)
    await other.attach(house.number, BEN, OTHER_TAB, C3, 1)
    assert await asking.is_looked_after_elsewhere(house.number)
    assert not await other.is_looked_after_elsewhere(house.number), "one of the seats is its own"
    await house.place.lapse("n2")
    assert not await asking.is_looked_after_elsewhere(house.number), "a seat of the dead"
    await house.store.sweep(house.number)
    assert not await asking.is_looked_after_elsewhere(house.number), "a seat that stands empty"
    await house.interrupt(BEN)
    assert await asking.is_looked_after_elsewhere(house.number), "who was interrupted has lost all there is to lose"


async def test_the_seat_of_somebody_who_is_done_looks_after_nobody(house: House) -> None:
    other, asking = house.place.store("n2"), house.place.store("n3")
    for one in (house.store, other, asking):
        await one.renew_lease()
    await house.seat()
    await house.seat(C2, OTHER_TAB, BEN)
    await other.attach(house.number, BEN, OTHER_TAB, C3, 1)
    await house.decide(Event(EventKind.FINISHED, ANNA, Changes(attempt=AttemptState.FINISHED)))
    assert await asking.is_looked_after_elsewhere(house.number)
    await house.place.lapse("n2")
    held = await house.held()
    assert held is not None
    assert (held.node or "").startswith("n1"), "a node that lives is still named in the room"
    assert not await asking.is_looked_after_elsewhere(house.number)


async def test_a_seat_that_nobody_told_of_is_looked_after_by_nobody(house: House) -> None:
    await house.store.renew_lease()
    await house.seat()
    await house.place.wipe(house.number)
    await house.store.load(house.truth)
    assert not await house.store.is_looked_after_elsewhere(house.number)


async def test_a_room_that_is_not_loaded_is_looked_after_by_nobody(place: Place, number: SessionNumber) -> None:
    assert not await place.store().is_looked_after_elsewhere(number)
