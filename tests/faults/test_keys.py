"""The same key is one decision, however often and wherever it is sent: P8."""

from __future__ import annotations

import asyncio

from tests.faults.author import MENU, Author, Deed
from tests.faults.play import playing
from tests.faults.proxy import Way
from tests.faults.rig import Rig

OFTEN = 5


async def same_answer(author: Author, deed: Deed) -> None:
    """Send a deed once more, to any hub, and assert that the answer is the one its author got."""
    assert deed.reply is not None
    again = await author.again(deed, author.rig.chance.choice(author.rig.hubs))
    assert again is not None, f"{deed}: no answer"
    told = {name: deed.reply.get(name) for name in ("results", "decision_seq")}
    assert {name: again.get(name) for name in told} == told, f"{deed}: {again} instead of {told}"


async def test_p08_the_same_key_gives_the_same_answer_on_another_hub_and_after_a_restart(rig: Rig) -> None:
    async with playing(rig, people=4, authors=3, pause=0.15) as play:
        await play.seated()
        await asyncio.sleep(2.5)
        await play.rest()
        accepted = [(author, deed) for author in play.authors for deed in author.deeds if deed.is_acknowledged]
        assert len(accepted) > 10, "something was acknowledged"
        for author, deed in accepted:
            for _ in range(rig.chance.randint(1, OFTEN) if rig.chance.random() < 0.3 else 0):
                await same_answer(author, deed)
        rig.hubs[0].kill()
        await rig.redis.flush_all()
        rig.hubs[0].start()
        await rig.heal()
        for author, deed in rig.chance.sample(accepted, min(15, len(accepted))):
            await same_answer(author, deed)
        await play.assert_well(is_written=False)


async def test_p08_the_same_key_by_a_colleague_is_another_command(rig: Rig) -> None:
    async with playing(rig, people=2, authors=2, sitters=0, menu={}) as play:
        first, second = play.authors
        deed = await first.do("time.add", play.room.ids[0], minutes=5, reason="coupure")
        theirs = Deed(second.who.author, deed.session, deed.type, deed.candidates, deed.fields, deed.key, deed.asked_at)
        theirs.reply = await second.again(theirs, rig.hubs[1])
        second.deeds.append(theirs)
        assert theirs.is_acknowledged
        assert theirs.reply["decision_seq"] > deed.reply["decision_seq"]
        await play.assert_well(is_written=False)
        assert first.rows[play.room.ids[0]]["time"]["minutes_added"] == 10


async def test_p08_an_answer_lost_on_the_way_from_the_commit_is_found_again(rig: Rig) -> None:
    async with playing(rig, people=4, authors=5, pause=0.1, menu={**MENU, "attempt.end": 0}) as play:
        await play.seated()
        for _ in range(20):
            await asyncio.sleep(rig.chance.uniform(0.05, 0.25))
            line = rig.chance.choice(rig.hubs).to_database
            # What was asked arrives, what is answered does not: perhaps it was a commit.
            line.freeze(Way.DOWN)
            await asyncio.sleep(rig.chance.uniform(0.0, 0.05))
            line.cut()
            line.thaw()
        await rig.heal()
        await play.assert_well(is_written=False)
        assert any(len(deed.sent_to) > 1 for deed in play.deeds), "something was sent again"
