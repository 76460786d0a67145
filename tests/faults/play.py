"""A room being played on the rig: who watches, who acts, who sits there, and what must hold once they rest.

async with playing(rig, people=6, authors=3) as play:
    ...faults...
    await rig.heal()
    await play.assert_well()
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from tests.faults import agreement, truth
from tests.faults.author import MENU, RESEND_SECONDS, Author, Deed
from tests.faults.player import Player
from tests.faults.reading import Truth
from tests.faults.rig import Rig, RigRoom
from tests.faults.sitter import OwnDeed, Sitter
from tests.faults.watcher import Watcher

LONGEST_SECONDS = 1.5
"""A test has no patience for the twenty seconds that a real client may wait between two tries."""


@dataclass(frozen=True, slots=True)
class Play:
    """One room and everybody in it."""

    rig: Rig
    room: RigRoom
    watchers: tuple[Watcher, ...]
    authors: tuple[Author, ...]
    sitters: tuple[Sitter, ...]

    @property
    def screens(self) -> tuple[Watcher, ...]:
        """List every dashboard, those of the authors included."""
        return (*self.watchers, *self.authors)

    @property
    def players(self) -> tuple[Player, ...]:  # type: ignore[type-arg]
        return (*self.screens, *self.sitters)

    @property
    def deeds(self) -> list[Deed]:
        return [deed for author in self.authors for deed in author.deeds]

    @property
    def own_deeds(self) -> list[OwnDeed]:
        return [deed for sitter in self.sitters for deed in sitter.deeds]

    async def seated(self, within: float = 15.0) -> None:
        """Let the first author confirm everybody who sits here, and wait until all of them are in the test."""
        await asyncio.gather(*(one.wait(lambda one=one: one.state, "the first state", within) for one in self.sitters))
        ids = [one.candidate for one in self.sitters]
        deed = await self.authors[0].do("presence.confirm", ids, late_reason="métro en panne")
        assert deed.is_acknowledged, deed
        await asyncio.gather(*(one.wait(lambda one=one: one.is_seated, "the test", within) for one in self.sitters))

    async def rest(self) -> None:
        """Let everybody stop acting, and wait until what was asked has come to an end."""
        for author in self.authors:
            author.rest()
        for sitter in self.sitters:
            sitter.pace = 0
        await asyncio.gather(
            *(one.wait(lambda one=one: one.is_at_rest, "the last answer", RESEND_SECONDS + 8) for one in self.authors)
        )

    async def assert_shown(self, within: float = agreement.WITHIN_SECONDS, *, is_quiet: bool = True) -> float:
        """Assert that all screens, and a fresh snapshot of each hub, show the truth; return how long it took."""
        took = await agreement.agree(self.rig, self.room, self.screens, within, is_quiet=is_quiet)
        if is_quiet:
            await agreement.fresh_equals(self.rig, self.room, self.screens)
        return took

    async def assert_kept(self) -> Truth:
        """Assert that nothing acknowledged is lost, and that the audit explains the rows."""
        return await truth.assert_nothing_lost(self.rig, self.room, self.deeds, self.own_deeds)

    async def assert_well(self, within: float = agreement.WITHIN_SECONDS, *, is_written: bool = True) -> None:
        """Rest, then assert all of it: screens true, nothing lost, progress written, no rule broken on any line.

        Everything is looked at before it fails: one broken promise often explains another. The write-behind of progress
        takes five seconds, for which not every test needs to wait.
        """
        await self.rest()
        self.count()
        wrong = []
        written = [self.assert_written] if is_written else []
        always = (self.assert_kept, self.assert_no_false_red, self.assert_no_fault)
        for check in (lambda: self.assert_shown(within), *written, *always):
            try:
                await check()
            except AssertionError as broken:
                wrong.append(str(broken))
        assert not wrong, "\n\n".join(wrong)

    def count(self) -> None:
        """Tell the tally what was asked for, and what was said to it."""
        tally, deeds = self.rig.tally, self.deeds
        tally.add("decisions asked", len(deeds))
        tally.add("acknowledged", sum(deed.is_acknowledged for deed in deeds))
        tally.add("refused", sum(not deed.is_open and not deed.is_acknowledged for deed in deeds))
        tally.add("unknown", sum(deed.is_open for deed in deeds))
        tally.add("asked again", sum(len(deed.sent_to) > 1 for deed in deeds))
        for one in self.sitters:
            tally.took("candidate away", one.longest_absence())

    async def assert_written(self) -> None:
        """Assert that the progress on the screens is in Postgres once the write-behind had its time."""
        await agreement.flushed(self.rig, self.room, self.watchers)

    async def assert_no_false_red(self) -> None:
        """Assert that no screen showed somebody as lost who had not been away for as long as a blink."""
        reds = [
            red for one in self.screens for red in agreement.false_reds(one, self.sitters, self.rig.seconds("blink"))
        ]
        assert not reds, "\n".join(reds)

    async def assert_no_fault(self) -> None:
        """Assert that nobody heard what the protocol forbids, and that no hub complains."""
        agreement.assert_no_fault(*self.players)
        assert not self.rig.complaints(), "\n".join(self.rig.complaints()[:5])


@asynccontextmanager
async def playing(
    rig: Rig,
    people: int = 6,
    watchers: int = 2,
    authors: int = 2,
    sitters: int | Sequence[int] | None = None,
    *,
    menu: Mapping[str, int] = MENU,
    pause: float = 0.4,
    pace: float = 1.0,
    stutter: float = 0.0,
    longest: float = LONGEST_SECONDS,
) -> AsyncIterator[Play]:
    """Fill a new room; players are spread over the hubs. `sitters`: how many, or which places (None: all)."""
    room, staff = await rig.room(people), rig.staff
    homes = [rig.hubs[number % len(rig.hubs)] for number in range(max(people, watchers, authors))]
    names = [f"watcher-{number + 1}@{room.number}" for number in range(watchers)]
    places = sitters if isinstance(sitters, Sequence) else range(people if sitters is None else sitters)
    play = Play(
        rig,
        room,
        tuple(Watcher(rig, room, staff.admin, home, name, longest) for home, name in zip(homes, names, strict=False)),
        tuple(
            Author(rig, room, who, home, longest=longest, menu=menu, pause=pause)
            for home, who in zip(homes, staff.invigilators[:authors], strict=False)
        ),
        tuple(Sitter(rig, room, place, homes[place], pace=pace, stutter=stutter, longest=longest) for place in places),
    )
    async with AsyncExitStack() as stack:
        for player in play.players:
            await stack.enter_async_context(player)
        await asyncio.gather(*(one.wait(lambda one=one: one.rows, "the first data", 15) for one in play.screens))
        yield play
