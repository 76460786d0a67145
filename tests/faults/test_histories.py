"""Redis forgets, is put back to an old file, is promoted, fails back; Postgres is put back to an older state: P2.

Each test is one room that lives through several of these. Afterwards the screens of both hubs equal Postgres within
seconds, under another epoch, and no line was ever given a position of another history: the fold would not be true.
"""

from __future__ import annotations

import asyncio
import time

from tests.faults import agreement
from tests.faults.ground import patient
from tests.faults.play import Play, playing
from tests.faults.rig import Rig
from tests.faults.valkey import LiveServer

MILD = {"time.add": 4, "report.add": 3, "identity.check": 2, "message.send": 2}
"""Decisions that an older state of Postgres may forget without reopening anybody's test."""
PROMISED_SECONDS = 2.0
NOTICED_SECONDS = 1.5
"""The next look at the stores, which comes each second, and what it takes on two shared cores."""
MOVED_SECONDS = 12.0
"""A hub alone with an old Redis first waits for it, then sends its clients to the others."""


async def decided(seconds: float = 0.8) -> None:
    """Let some decisions be made."""
    await asyncio.sleep(seconds)


async def shown_anew(play: Play, before: set[str | None], what: str) -> None:
    """Assert that the screens tell the truth in the promised time from now, in another epoch than before."""
    begun, within = time.monotonic(), patient(PROMISED_SECONDS + NOTICED_SECONDS)
    while {screen.epoch for screen in play.screens} & before:
        assert time.monotonic() - begun < within, f"{what}: {[(one.name, one.epoch) for one in play.screens]}"
        await asyncio.sleep(0.05)
    await play.assert_shown(PROMISED_SECONDS + NOTICED_SECONDS, is_quiet=False)
    play.rig.journal.note("test", f"{what}: true in a new epoch after {time.monotonic() - begun:.2f} s")


def epochs(play: Play) -> set[str | None]:
    """Return the epochs on the screens, but for those of a hub that shows Postgres alone."""
    return {screen.epoch for screen in play.screens if not str(screen.epoch).startswith("pg-")}


async def test_p02_nothing_decided_is_lost_when_redis_forgets_or_remembers_too_little(rig: Rig) -> None:
    async with playing(rig, people=4, authors=2, menu=MILD, pause=0.2) as play:
        await play.seated()
        await decided()
        rig.redis.copy_aside("old")
        await decided()
        before = epochs(play)
        await rig.redis.flush_all()
        await shown_anew(play, before, "FLUSHALL")
        before = epochs(play)
        rig.redis.kill()
        rig.redis.delete_data()
        await decided()
        await rig.redis.start()
        await shown_anew(play, before, "data deleted")
        before = epochs(play)
        rig.redis.stop()
        rig.redis.put_back("old")
        await decided()
        await rig.redis.start()
        await shown_anew(play, before, "an old file")
        await play.assert_well()


async def test_p02_a_promotion_while_the_old_primary_still_serves_shows_one_truth(rig: Rig, second: LiveServer) -> None:
    first = rig.redis
    async with playing(rig, people=4, authors=4, menu=MILD, pause=0.4) as play:
        await play.seated()
        await second.follow(first)
        await decided()
        before = epochs(play)
        await second.promote()
        rig.hubs[1].to_redis.redirect(second.address)
        await decided(2.0)
        for author in play.authors:
            author.menu = {}
        # Whoever still serves the old one says that it is degraded, and shows Postgres every two seconds.
        within = PROMISED_SECONDS + NOTICED_SECONDS
        await agreement.agree(rig, play.room, play.screens, within, is_quiet=False, is_split=True)
        for author in play.authors:
            author.menu = MILD
        await agreement.agree(rig, play.room, play.screens, MOVED_SECONDS, is_quiet=False)
        assert not epochs(play) & before, "nobody stands in the history from before the promotion"
        rig.lead_to(second)
        await decided()
        before = epochs(play)
        # The old one is led to again as it was left, with what only hub-1 had told it.
        rig.lead_to(first)
        await shown_anew(play, before, "failback to the old primary")
        await play.assert_well(is_written=False)


async def test_p02_an_older_postgres_under_a_full_redis_invents_nothing(rig: Rig) -> None:
    async with playing(rig, people=4, authors=2, menu=MILD, pause=0.2) as play:
        await play.seated()
        await decided()
        # The write-behind is over when the copy is made: progress that the copy lacks would look like a step back.
        await play.rest()
        await play.assert_written()
        rig.postgres.copy_aside("older")
        known = {deed.key for deed in play.deeds}
        for author in play.authors:
            await author.do("time.add", play.room.ids[:2], minutes=1, reason="oubliée")
            await author.do("report.add", play.room.ids[2], name="fraud", text="oublié")
        before = epochs(play)
        await rig.postgres.put_back("older")
        await shown_anew(play, before, "an older Postgres")
        for screen in play.screens:
            assert "oublié" not in str(screen.rows), f"{screen.name} shows what no longer happened"
        for author in play.authors:
            author.deeds = [deed for deed in author.deeds if deed.key in known]
            await author.do("time.add", play.room.ids[0], minutes=2, reason="après")
        await play.assert_well(is_written=False)


async def test_p02_redis_restarted_while_postgres_is_away_puts_nobody_out_of_the_test(rig: Rig) -> None:
    async with playing(rig, people=3, authors=1, menu={}, pace=0.6) as play:
        await play.seated()
        for hub in rig.hubs:
            hub.to_database.refuse()
            hub.to_database.cut()
        # Each hub looks once a second: one of these restarts falls between a look and the next frame of a candidate.
        for _ in range(4):
            rig.redis.kill()
            await rig.redis.start()
            await asyncio.sleep(0.7)
        for hub in rig.hubs:
            hub.to_database.admit()
        await rig.heal()
        await play.assert_well(is_written=False)
        for sitter in play.sitters:
            row = play.watchers[0].rows[sitter.candidate]
            assert (row["entry_no"], row["time"]["interruptions"]) == (1, []), "nobody had to come in again"
