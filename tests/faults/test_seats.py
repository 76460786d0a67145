"""One seat, two computers, two tabs, two hubs, a frozen one: who holds the test, and who is told to go. P5."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import pytest

from tests.faults.rig import Rig
from tests.faults.scene import Scene, Tab, about, scene
from tests.story.client import new_key
from tests.story.rooms import accepted, ok, refused

REPLACED, RESYNC = 4010, 4201
RED = ("candidate.suspect", "candidate.disconnected", "candidate.interrupted")
FROZEN_SECONDS = 8.0
"""Longer than a hub's lease in the live store: the others take the frozen one for dead."""
SETTLED_SECONDS = 2.5
"""After a thaw: two rounds of verification and one of leases."""
QUICK_DUELS, LONG_DUELS = 3, 60


# ── an authorization works once ────────────────────────────────────────────────────────────────────────────────


async def duel(stage: Scene, holder: Tab, round_: int) -> Tab:
    """Let two other computers enter at the same instant, one on each hub; return the one that won."""
    rig, place = stage.rig, holder.place
    left, right = await asyncio.gather(*(stage.tab(place, hub) for hub in rig.hubs[:2]))
    refused(await left.enter(stage.room.access_code), "resume_not_authorized")
    board = stage.boards[(place + round_) % 2]
    accepted(await stage.command(board, "resume.authorize", place))
    await asyncio.gather(*(one.told("authorized", authorization="resume") for one in (left, right)))
    replies = await asyncio.gather(*(_entering(stage, one) for one in (left, right)))
    assert sorted(reply["ok"] for reply in replies) == [False, True], replies
    winner, loser = (left, right) if replies[0]["ok"] else (right, left)
    refused(replies[0] if not replies[0]["ok"] else replies[1], "resume_not_authorized")
    await winner.told("the test", in_test=True, authorization=None)
    assert await holder.closing() == REPLACED, "the computer that lost the seat is told why"
    refused(await loser.ask("finish"), "resume_not_authorized")
    assert loser.is_standing, "a waiting one disturbs nobody and is not sent away"
    assert not loser.is_seated
    await loser.close()
    return winner


async def _entering(stage: Scene, tab: Tab) -> dict[str, object]:
    await asyncio.sleep(stage.rig.chance.uniform(0, 0.005))
    return await tab.enter(stage.room.access_code)


async def duels(rig: Rig, people: int, rounds: int) -> None:
    async with scene(rig, people) as stage:
        holders = await asyncio.gather(*(stage.seated(place, rig.hubs[place % 2]) for place in range(people)))
        for round_ in range(rounds):
            holders = await asyncio.gather(*(duel(stage, one, round_) for one in holders))
        rig.tally.add("duels", people * rounds)
        for place, holder in enumerate(holders):
            await stage.goes_on(holder, 5)
            await stage.shown(place, lambda row: row["entry_no"] == rounds + 1, "one entry per authorization")
        audit = (await stage.kept()).audit
        for place in range(people):
            kinds = [one.kind for one in audit if one.candidate == stage.id(place)]
            assert kinds.count("candidate.resumed") == rounds, kinds
            assert "candidate.interrupted" not in kinds, "another computer's entry is no interruption"


# ── one client, two lines ──────────────────────────────────────────────────────────────────────────────────────


async def duplicated(stage: Scene, place: int) -> None:
    """Open the same tab again on the other hub, again and again; the newest stays and nobody sees a thing."""
    rig = stage.rig
    newest = await stage.seated(place, rig.hubs[place % 2])
    await stage.goes_on(newest, 1)
    before = [len(board.events) for board in stage.boards]
    for round_ in range(3):
        older, newest = newest, await stage.tab(place, rig.hubs[(place + round_ + 1) % 2], newest.token)
        assert newest.is_seated, "the same tab needs no authorization"
        assert await older.closing() == REPLACED
        await stage.goes_on(newest, 2 + round_)
    newest = await _both_at_once(stage, newest)
    await stage.goes_on(newest, 10)
    for board, since in zip(stage.boards, before, strict=True):
        assert set(about(board, stage.id(place), since)) == {"candidate.progressed"}, "nobody sees a duplicated tab"
    await stage.shown(place, lambda row: row["entry_no"] == 1 and row["waiting"]["clients"] == 0, "one client")


async def _both_at_once(stage: Scene, older: Tab) -> Tab:
    """Open one tab on both hubs in the same instant: exactly one of the two stays, and holds the seat."""
    both = await asyncio.gather(*(stage.tab(older.place, hub, older.token) for hub in stage.rig.hubs[:2]))
    assert await older.closing() == REPLACED
    await asyncio.wait({one._reader for one in both}, timeout=4.0, return_when=asyncio.FIRST_COMPLETED)
    standing = [one for one in both if one.is_standing]
    assert len(standing) == 1, [(one.hub.name, one.close_code, one.state) for one in both]
    assert {one.close_code for one in both if not one.is_standing} == {REPLACED}
    await standing[0].told("the test", in_test=True)
    return standing[0]


async def reloaded(stage: Scene, place: int) -> None:
    """Close the tab, politely or not, and open it again on the other hub at once: no authorization, no event."""
    rig = stage.rig
    tab = await stage.seated(place, rig.hubs[place % 2])
    before = [len(board.events) for board in stage.boards]
    for round_ in range(4):
        if round_ % 2:
            tab.abort()
        else:
            await tab.close()
        tab = await stage.tab(place, rig.hubs[(place + round_ + 1) % 2], tab.token)
        assert tab.is_seated, "a reload is the same client"
        await stage.goes_on(tab, 1 + round_)
    for board, since in zip(stage.boards, before, strict=True):
        assert set(about(board, stage.id(place), since)) == {"candidate.progressed"}
    await stage.shown(place, lambda row: row["entry_no"] == 1, "still the first entry")


async def coveted(stage: Scene, place: int) -> None:
    """Let another client try everything to get the seat, also while its holder is away for a moment: nothing helps."""
    rig, key = stage.rig, new_key()
    holder = await stage.seated(place, rig.hubs[0])
    thief = await stage.tab(place, rig.hubs[1])
    assert not thief.is_seated
    refused(await thief.enter(stage.room.access_code, key=key), "resume_not_authorized")
    await thief.progress(99, 100)
    holder.abort()
    refused(await thief.enter(stage.room.access_code, key=key), "resume_not_authorized")
    refused(await thief.ask("finish", answered=100, total=100), "resume_not_authorized")
    again = await stage.tab(place, rig.hubs[1], thief.token)
    assert not again.is_seated
    back = await stage.tab(place, rig.hubs[1], holder.token)
    assert back.is_seated
    await stage.goes_on(back, 7)
    row = await stage.true_row(place)
    assert (row["entry_no"], row["attempt"]) == (1, "running")


async def test_p05_an_authorization_works_once_and_nobody_takes_over_silently(rig: Rig) -> None:
    async def shared() -> None:
        async with scene(rig, people=9) as stage:
            await asyncio.gather(
                *(duplicated(stage, place) for place in (0, 1, 2, 3)),
                *(reloaded(stage, place) for place in (4, 5, 6)),
                *(coveted(stage, place) for place in (7, 8)),
            )
            await stage.kept()

    await asyncio.gather(duels(rig, people=6, rounds=QUICK_DUELS), shared())
    assert not rig.complaints(), rig.complaints()[:5]


@pytest.mark.long_faults
@pytest.mark.timeout(900)
async def test_p05_two_computers_at_once_a_thousand_times(rig: Rig) -> None:
    await duels(rig, people=18, rounds=LONG_DUELS)


# ── a hub that slept ───────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Sleeper:
    """One candidate of the hub that froze: the lines left there, and the one that counts after the thaw."""

    how: str
    newer: Tab
    left: tuple[Tab, ...] = ()
    codes: tuple[int, ...] = (REPLACED,)


async def came_back(stage: Scene, old: Tab, delay: float, *, is_closing: bool, stale: Tab | None = None) -> Sleeper:
    """Come back on the hub that is awake; `stale` said hello to the sleeping one before, and nobody has read it yet."""
    await asyncio.sleep(delay)
    left = [one for one in (old, stale) if one is not None]
    if stale is not None:
        await stale.say({"type": "hello", "token": stale.token})
    if is_closing:
        for one in left:
            one.abort()
    was_seated = old.is_seated
    newer = await stage.tab(old.place, stage.rig.hubs[1], old.token)
    assert newer.is_seated == was_seated, newer.state
    how = f"back after {delay} s, {'closing' if is_closing else 'leaving'} {len(left)} lines"
    # A hello that waited too long may also be told to come again.
    return Sleeper(how, newer, () if is_closing else tuple(left), (REPLACED,) if stale is None else (REPLACED, RESYNC))


async def taken_over(stage: Scene, old: Tab, token: str) -> Sleeper:
    """Enter from another computer with an authorization while the holder's hub sleeps."""
    other = await stage.tab(old.place, stage.rig.hubs[1], token)
    refused(await other.enter(stage.room.access_code), "resume_not_authorized")
    accepted(await stage.command(stage.boards[1], "resume.authorize", old.place))
    await other.told("authorized", authorization="resume")
    ok(await other.enter(stage.room.access_code))
    await other.told("the test", in_test=True)
    return Sleeper("another computer", other, (old,))


async def stayed(old: Tab) -> Sleeper:
    """Notice nothing: the sleep was shorter than a client's patience."""
    return Sleeper("stayed", old)


async def slept(stage: Scene) -> list[Sleeper]:
    """Freeze the first hub for longer than its lease, and let its candidates do what they do meanwhile."""
    first = stage.rig.hubs[0]
    seated = list(await asyncio.gather(*(stage.seated(place, first) for place in range(9))))
    outside = list(await asyncio.gather(*(stage.tab(place, first) for place in (9, 10, 11))))
    stale = [await stage.tab(one.place, first, one.token, is_greeting=False) for one in seated[2:6]]
    token = await stage.rig.identify(stage.room, 6)
    first.freeze()
    begun = asyncio.get_running_loop().time()
    found = await asyncio.gather(
        came_back(stage, seated[0], 1.0, is_closing=True),
        came_back(stage, seated[1], 1.0, is_closing=False),
        came_back(stage, seated[2], 1.0, is_closing=True, stale=stale[0]),
        came_back(stage, seated[3], 1.0, is_closing=False, stale=stale[1]),
        came_back(stage, seated[4], 6.5, is_closing=True, stale=stale[2]),
        came_back(stage, seated[5], 6.5, is_closing=False, stale=stale[3]),
        taken_over(stage, seated[6], token),
        came_back(stage, seated[7], 6.5, is_closing=False),
        stayed(seated[8]),
        came_back(stage, outside[0], 1.0, is_closing=False),
        came_back(stage, outside[1], 6.5, is_closing=False),
        stayed(outside[2]),
    )
    await asyncio.sleep(begun + FROZEN_SECONDS - asyncio.get_running_loop().time())
    first.thaw()
    return found


async def test_p05_a_hub_that_wakes_takes_nobodys_seat(rig: Rig) -> None:
    async with scene(rig, people=12) as stage:
        sleepers = await slept(stage)
        await asyncio.sleep(SETTLED_SECONDS)
        wrong = []
        for one in sleepers:
            if not one.newer.is_standing:
                wrong.append(f"{stage.name(one.newer.place)} ({one.how}): closed with {one.newer.close_code}")
            wrong += [
                f"{stage.name(old.place)} ({one.how}): the older line has {old.close_code}"
                for old in one.left if old.close_code not in one.codes
            ]  # fmt: skip
        assert not wrong, "\n".join(wrong)
        await asyncio.gather(*(stage.goes_on(one.newer, 50) for one in sleepers if one.newer.place < 9))
        for board in stage.boards:
            reds = [one["type"] for one in board.events if one["type"] in RED]
            assert not reds, reds
        for place in range(12):
            await stage.shown(place, lambda row: row["link"]["state"] == "online", "online")
            await stage.shown(place, lambda row, n=place > 8: row["waiting"]["clients"] == n, "one client")
        await stage.kept()
    assert not rig.complaints(), rig.complaints()[:5]
