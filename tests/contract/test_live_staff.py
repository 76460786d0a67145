"""The contract of the live store about those who attend to a room: consoles and claims."""

from __future__ import annotations

from msgspec.structs import replace

from hub.events import EventKind
from hub.live import LiveStore
from hub.model import Author, CandidateId, ConnectionId, SessionNumber
from hub.staffing import Claim, Console, Staffing
from tests.contract.live_house import ANNA, BEN, C1, C2, C3, House, Place

CLAIRE, MARC, ADMIN = Author("account:7"), Author("account:8"), Author("account:9")
NOBODY_LISTED = CandidateId(999)


def console(
    connection: ConnectionId = C1, by: Author = CLAIRE, *, is_invigilator: bool = True, look: CandidateId | None = None
) -> Console:
    return Console(connection, by, is_invigilator, look)


async def staffing(house: House, store: LiveStore | None = None) -> Staffing:
    return await (store or house.store).staffing(house.number)


async def test_a_room_that_is_not_loaded_has_no_staff_and_hears_of_none(place: Place, number: SessionNumber) -> None:
    store = place.store()
    await store.console_open(number, console())
    await store.claim(number, [ANNA], CLAIRE, is_taken=True)
    await store.console_closed(number, C1)
    assert await store.staffing(number) == Staffing()


async def test_a_room_that_was_just_loaded_has_been_unattended_since_then(house: House) -> None:
    told = await staffing(house)
    assert (told.consoles, told.claims) == ((), ())
    assert told.unattended_since is not None
    assert told.read_at is not None
    assert told.unattended_since <= told.read_at


async def test_every_node_knows_of_every_console(house: House) -> None:
    await house.store.console_open(house.number, console())
    other = house.place.store("n2")
    await other.console_open(house.number, console(C2, MARC, look=BEN))
    expected = (console(), console(C2, MARC, look=BEN))
    assert (await staffing(house)).consoles == expected
    assert (await staffing(house, other)).consoles == expected


async def test_news_of_the_staff_is_one_silent_event_each_and_a_repetition_none(house: House) -> None:
    for look in (None, None, ANNA, ANNA):
        await house.store.console_open(house.number, console(look=look))
    await house.store.claim(house.number, [ANNA, BEN], CLAIRE, is_taken=True)
    await house.store.claim(house.number, [ANNA, BEN], CLAIRE, is_taken=True)
    await house.store.console_closed(house.number, C1)
    await house.store.console_closed(house.number, C1)
    events = await house.events()
    assert [event.kind for event in events] == [EventKind.STAFFING_CHANGED] * 4
    assert all(event.candidate is None and not event.changes and event.decision is None for event in events)


async def test_a_room_is_attended_by_invigilators_only(house: House) -> None:
    await house.store.console_open(house.number, console(C1, ADMIN, is_invigilator=False))
    told = await staffing(house)
    assert told.invigilators == 0
    assert told.unattended_since is not None
    await house.store.console_open(house.number, console(C2, CLAIRE))
    await house.store.console_open(house.number, console(C3, CLAIRE))
    told = await staffing(house)
    assert told.invigilators == 1
    assert told.unattended_since is None


async def test_a_room_is_unattended_since_the_last_invigilators_console_was_closed(house: House) -> None:
    await house.store.console_open(house.number, console(C1, CLAIRE))
    await house.store.console_open(house.number, console(C2, CLAIRE))
    await house.store.console_open(house.number, console(C3, ADMIN, is_invigilator=False))
    await house.store.console_closed(house.number, C1)
    told = await staffing(house)
    assert (told.unattended_since, dict(told.left_at)) == (None, {})
    await house.store.console_closed(house.number, C2)
    told = await staffing(house)
    assert told.unattended_since is not None
    assert dict(told.left_at) == {CLAIRE: told.unattended_since}
    await house.store.console_closed(house.number, C3)
    assert (await staffing(house)).unattended_since == told.unattended_since


async def test_who_comes_back_is_away_no_more(house: House) -> None:
    await house.store.console_open(house.number, console())
    await house.store.console_closed(house.number, C1)
    await house.store.console_open(house.number, console(C2))
    told = await staffing(house)
    assert (told.unattended_since, dict(told.left_at)) == (None, {})


async def test_the_latest_word_about_a_candidate_counts_and_only_its_author_takes_it_back(house: House) -> None:
    await house.store.claim(house.number, [ANNA], CLAIRE, is_taken=True)
    first = (await staffing(house)).claims
    assert [(one.candidate, one.by) for one in first] == [(ANNA, CLAIRE)]
    await house.store.claim(house.number, [ANNA], CLAIRE, is_taken=True)
    assert (await staffing(house)).claims == first
    await house.store.claim(house.number, [ANNA], MARC, is_taken=False)
    assert (await staffing(house)).claims == first
    await house.store.claim(house.number, [ANNA], MARC, is_taken=True)
    assert [(one.candidate, one.by) for one in (await staffing(house)).claims] == [(ANNA, MARC)]
    await house.store.claim(house.number, [ANNA], MARC, is_taken=False)
    assert (await staffing(house)).claims == ()


async def test_nobody_goes_to_a_candidate_who_is_not_on_the_list(house: House) -> None:
    await house.store.claim(house.number, [NOBODY_LISTED], CLAIRE, is_taken=True)
    assert (await staffing(house)).claims == ()


async def test_consoles_of_a_dead_node_are_closed_and_those_of_the_living_stay(house: House) -> None:
    other = house.place.store("n2")
    await house.store.renew_lease()
    await other.renew_lease()
    await house.store.console_open(house.number, console(C1, CLAIRE))
    await other.console_open(house.number, console(C2, MARC))
    assert not await house.store.sweep(house.number)
    await house.place.lapse("n2")
    assert await house.store.sweep(house.number)
    told = await staffing(house)
    assert told.consoles == (console(C1, CLAIRE),)
    assert set(told.left_at) == {MARC}


async def test_claims_and_consoles_outlive_a_reload_of_the_room(house: House) -> None:
    await house.store.console_open(house.number, console())
    await house.store.claim(house.number, [ANNA], CLAIRE, is_taken=True)
    before = await staffing(house)
    await house.store.load(replace(house.truth, live_epoch=2))
    after = await staffing(house)
    assert (after.consoles, after.claims) == (before.consoles, before.claims)
    assert [type(one) for one in after.claims] == [Claim]
