"""What an invigilator sees while something is broken: true words in time, no silent lie, no tap that lies. P6, P15."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest
from playwright.async_api import Browser, Locator, expect

from tests.browser import chromium
from tests.faults.behind import decided_behind_their_backs
from tests.faults.ground import patient
from tests.faults.proxy import ChaosProxy, Way
from tests.faults.pushes import PushFaults
from tests.faults.rig import Rig, RigRoom
from tests.faults.screen import Look, Screen
from tests.faults.sitter import Sitter
from tests.faults.told import LIVE, OFFLINE, SLOW, fates, names, silent_lies, untrue_rows
from tests.faults.witness import Witness, witnessed
from tests.story.api import Api
from tests.story.client import new_key

NO_LIVE = "le suivi en direct est interrompu, les décisions passent."
NO_DECISIONS = "le suivi continue, aucune décision ne peut être enregistrée."
NEITHER = "Serveur en panne : ni suivi, ni décision. Les candidats continuent"
NO_LINE = "Ce téléphone a perdu sa liaison."
WAITS_FOR_LINE = "En attente de la liaison"
WAITS_FOR_HUB = "Le serveur ne peut rien enregistrer pour l’instant"
UNANSWERED = "Envoyé, sans réponse"
ADMITTED_SECONDS = 4.0
"""By then the page says what is missing: a look each second, which waits for a store for a second, twice."""
LINE_SECONDS = 6.0
"""A line that says nothing is given up after five."""
HEALED_SECONDS = 2.5
BACK_SECONDS = 12.0
"""A try that a mute line swallowed is given up after five seconds, the next one comes after four at most."""
CHIP_SECONDS = {SLOW: 3.0, OFFLINE: 8.0}
NOTICED_SECONDS = 1.0
"""The page looks at its clock each half second."""
POLL_SECONDS = 0.1
LONG = 9.5
"""Seconds of an outage after which every chip must have come."""


@dataclass(frozen=True, slots=True)
class Stage:
    """One room under way: its page on a phone, who sits there, and whoever reads the truth."""

    rig: Rig
    door: ChaosProxy
    screen: Screen
    witness: Witness

    @property
    def room(self) -> RigRoom:
        return self.screen.room

    def step(self, place: int) -> Locator:
        """Find the button of one row, whatever it says."""
        return self.screen.desk.row(self.room.people[place]).locator("button.step")

    async def tap(self, place: int) -> None:
        """Tap the row's button. One that waits is no button to the tool, but a finger does not know that."""
        await self.step(place).click(force=True)


Deed = Callable[[Stage], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Outage:
    """A fault, its words, and what a tap meets: `waits` is why the button waits, None where a tap is obeyed."""

    name: str
    begin: Deed
    end: Deed
    seconds: float
    says: str | None
    waits: str | None = None
    chips: tuple[str, ...] = ()
    within: float = ADMITTED_SECONDS
    healed: float = HEALED_SECONDS
    is_answered: bool = True

    def __str__(self) -> str:
        return self.name


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with chromium.started() as browser:
        yield browser


@pytest.fixture(scope="session")
async def whole_door(whole_rig: Rig) -> AsyncIterator[ChaosProxy]:
    """What stands where a balancer would, at the address that people type."""
    door = ChaosProxy("door", ("127.0.0.1", 0), port=whole_rig.door)
    await door.open()
    yield door
    await door.close()


@pytest.fixture
async def door(rig: Rig, whole_door: ChaosProxy) -> AsyncIterator[ChaosProxy]:
    """The door, whole, leading to the first hub."""
    whole_door.redirect(("127.0.0.1", rig.hubs[0].front.port))
    yield whole_door
    whole_door.calm()


@asynccontextmanager
async def staged(browser: Browser, rig: Rig, door: ChaosProxy, people: int = 4) -> AsyncIterator[Stage]:
    """Open a room on a phone; the first of its people is in the test, at the other hub."""
    room = await rig.room(people)
    async with (
        Screen.open(browser, rig, room) as screen,
        Sitter(rig, room, 0, rig.hubs[1], pace=0.7),
        witnessed(rig, room, ()) as witness,
    ):
        await screen.page.goto(f"/invigilate/{room.number}")
        await expect(screen.desk.chip(LIVE)).to_be_visible()
        await confirmed(rig, room, 0)
        await expect(screen.desk.row(room.people[0])).to_contain_text("En cours")
        yield Stage(rig, door, screen, witness)


async def confirmed(rig: Rig, room: RigRoom, place: int) -> None:
    """Confirm somebody's presence where no fault is in the way."""
    body = {"type": "presence.confirm", "ref": 1, "key": new_key(), "candidates": [room.ids[place]]}
    async with Api(rig.hubs[1].own_url) as api:
        await api.call("POST", f"/sessions/{room.number}/commands", rig.staff.invigilators[1].token, json=body)


# ── faults ─────────────────────────────────────────────────────────────────────────────────────────────────────


async def freeze_redis(stage: Stage) -> None:
    stage.rig.redis.freeze()


async def thaw_redis(stage: Stage) -> None:
    stage.rig.redis.thaw()


async def kill_redis(stage: Stage) -> None:
    stage.rig.redis.kill()


async def start_redis(stage: Stage) -> None:
    await stage.rig.redis.start()


async def refuse_writes(stage: Stage) -> None:
    await stage.rig.redis.ask("CONFIG", "SET", "min-replicas-to-write", 1)


async def accept_writes(stage: Stage) -> None:
    await stage.rig.redis.ask("CONFIG", "SET", "min-replicas-to-write", 0)


async def empty_redis(stage: Stage) -> None:
    await stage.rig.redis.flush_all()


async def freeze_postgres(stage: Stage) -> None:
    stage.rig.postgres.freeze()


async def thaw_postgres(stage: Stage) -> None:
    stage.rig.postgres.thaw()


async def lose_postgres(stage: Stage) -> None:
    """Kill the server, and let nobody reach the one that its supervisor starts in its place."""
    for hub in stage.rig.hubs:
        hub.to_database.refuse()
    stage.rig.postgres.kill()


async def find_postgres(stage: Stage) -> None:
    for hub in stage.rig.hubs:
        hub.to_database.admit()


async def freeze_both(stage: Stage) -> None:
    stage.rig.redis.freeze()
    stage.rig.postgres.freeze()


async def thaw_both(stage: Stage) -> None:
    stage.rig.redis.thaw()
    stage.rig.postgres.thaw()


async def freeze_hub(stage: Stage) -> None:
    stage.rig.hubs[0].freeze()


async def thaw_hub(stage: Stage) -> None:
    stage.rig.hubs[0].thaw()


async def kill_hub(stage: Stage) -> None:
    """Kill the page's hub; whoever comes after that is led to the other one, as a balancer does."""
    stage.rig.hubs[0].kill()
    stage.door.redirect(("127.0.0.1", stage.rig.hubs[1].front.port), is_cutting=False)


async def deafen(stage: Stage) -> None:
    """Drop every ring on its way to the page's hub."""
    stage.rig.hubs[0].to_redis.mistreat_pushes(PushFaults(drop=1.0))


async def hear(stage: Stage) -> None:
    stage.rig.hubs[0].calm()


async def go_offline(stage: Stage) -> None:
    await stage.screen.context.set_offline(True)


async def go_online(stage: Stage) -> None:
    await stage.screen.context.set_offline(False)


async def swallow_news(stage: Stage) -> None:
    stage.door.drop(Way.DOWN)


async def swallow_words(stage: Stage) -> None:
    stage.door.drop(Way.UP)


async def swallow_all(stage: Stage) -> None:
    stage.door.drop()


async def carry(stage: Stage) -> None:
    stage.door.calm()


async def nothing(stage: Stage) -> None:
    """Leave the end of a fault to those who are there: the page has long gone on."""


ALL_CHIPS = (SLOW, OFFLINE)
LINE = {"says": NO_LINE, "waits": WAITS_FOR_LINE, "within": LINE_SECONDS}
QUICK = (
    Outage("redis frozen", freeze_redis, thaw_redis, LONG, NO_LIVE, chips=ALL_CHIPS),
    Outage("redis emptied", empty_redis, nothing, 2.0, None),
    Outage("postgres frozen", freeze_postgres, thaw_postgres, LONG, NO_DECISIONS, WAITS_FOR_HUB, ALL_CHIPS),
    Outage("both stores frozen", freeze_both, thaw_both, 5.0, NEITHER, WAITS_FOR_HUB, (SLOW,)),
    Outage("hub frozen", freeze_hub, thaw_hub, LONG, chips=ALL_CHIPS, **LINE),
    Outage("hub killed", kill_hub, nothing, 2.0, NO_LINE),
    Outage("phone offline", go_offline, go_online, LONG, chips=ALL_CHIPS, **LINE),
)
LONGER = (
    Outage("redis read-only", refuse_writes, accept_writes, LONG, NO_LIVE, chips=ALL_CHIPS),
    Outage("redis gone", kill_redis, start_redis, LONG, NO_LIVE, chips=ALL_CHIPS),
    Outage("postgres gone", lose_postgres, find_postgres, LONG, NO_DECISIONS, WAITS_FOR_HUB, ALL_CHIPS),
    Outage("both stores frozen for long", freeze_both, thaw_both, LONG, NEITHER, WAITS_FOR_HUB, ALL_CHIPS),
    Outage("no bell", deafen, hear, LONG, None),
    Outage("no news", swallow_news, carry, LONG, chips=ALL_CHIPS, healed=BACK_SECONDS, **LINE),
    Outage("half-open", swallow_all, carry, LONG, chips=ALL_CHIPS, healed=BACK_SECONDS, **LINE),
    Outage("no words heard", swallow_words, carry, LONG, None, is_answered=False, healed=BACK_SECONDS),
)


# ── what must hold ─────────────────────────────────────────────────────────────────────────────────────────────


def first(looks: list[Look], found: Callable[[Look], bool]) -> float | None:
    """Return when the page first showed something."""
    return next((look.at for look in looks if found(look)), None)


async def suffered(stage: Stage, outage: Outage) -> None:
    """Go through one outage with a tap at once and another when the page has said what is so; then judge all of it."""
    begun = time.time()
    deciding = asyncio.create_task(decided_behind_their_backs(stage.rig, stage.room))
    try:
        await outage.begin(stage)
        await stage.tap(1)
        await asyncio.sleep(min(outage.within, outage.seconds - 1))
        await stage.tap(2)
        if outage.waits is not None:
            await expect(stage.step(2)).to_have_attribute("title", outage.waits)
        await asyncio.sleep(max(0.0, begun + outage.seconds - time.time()))
        if outage.waits is not None and OFFLINE in outage.chips:
            await expect(stage.step(2)).to_have_attribute("title", outage.waits)
    finally:
        deciding.cancel()
        await asyncio.gather(deciding, return_exceptions=True)
        ended = time.time()
        await outage.end(stage)
    took = await healed(stage, outage.healed)
    stage.rig.journal.note("test", f"{outage}: exact after {took:.2f} s")
    looks = await stage.screen.looks(begun)
    judge_words(outage, [look for look in looks if look.at <= ended], begun)
    lies = silent_lies(stage.room, looks, stage.witness.readings)
    assert not lies, f"{outage}: {len(lies)} silent lies:\n" + "\n".join(lies[:10])
    await judge_taps(stage, outage, looks, ended)


async def healed(stage: Stage, within: float) -> float:
    """Wait until everything the page shows is exact and it says so; return how long that took."""
    begun = time.monotonic()
    while wrong := await untrue_rows(stage.screen):
        assert time.monotonic() - begun < patient(within), f"not exact within {within} s:\n" + "\n".join(wrong)
        await asyncio.sleep(POLL_SECONDS)
    return time.monotonic() - begun


def judge_words(outage: Outage, looks: list[Look], begun: float) -> None:
    """Assert that the page said what is so in time, in the right words only, under the right chips."""
    says = outage.says
    if says is None:
        assert not any(look.troubles for look in looks), {look.said for look in looks}
    else:
        said = first(looks, lambda look: says in look.said)
        assert said is not None, f"{outage}: {[look.said for look in looks]}"
        assert said - begun <= patient(outage.within), f"{outage}: said after {said - begun:.1f} s"
        others = {NO_LIVE, NO_DECISIONS, NEITHER} - {says}
        settled = [look for look in looks if look.at >= said]
        assert not [look.said for look in settled if any(one in look.said for one in others)], outage.name
    for chip in ALL_CHIPS:
        came = first(looks, lambda look, chip=chip: look.chip == chip)
        if chip not in outage.chips:
            assert came is None, f"{outage}: {chip} after {came - begun:.1f} s"
            continue
        assert came is not None, f"{outage}: never {chip}"
        late = came - begun
        assert late <= CHIP_SECONDS[chip] + NOTICED_SECONDS, f"{outage}: {chip} after {late:.1f} s"


async def judge_taps(stage: Stage, outage: Outage, looks: list[Look], ended: float) -> None:
    """Assert that taps came to what the page said of them, and that nothing was done twice."""
    became = await fates(stage.rig, stage.room, looks)
    at_once, later = became[stage.room.ids[1]], became[stage.room.ids[2]]
    waited = names(stage.room)[stage.room.ids[2]]
    for fate in (at_once, later):
        assert bool(fate.decided_at) == (fate.shown_at is not None), f"{outage}: {fate} at the end"
    if outage.waits is not None:
        assert not later.decided_at, f"{outage}: a tap on a button that waits was obeyed"
    elif outage.is_answered:
        assert later.shown_at is not None, f"{outage}: a tap that nothing hindered was not obeyed"
        assert later.shown_at <= ended, f"{outage}: the tap was obeyed only when it was over"
    else:
        assert first(looks, lambda look: UNANSWERED in look.facts(waited)), f"{outage}: nothing said of the tap"


@pytest.mark.parametrize("outage", QUICK, ids=str)
async def test_p06_p15_the_page_says_what_is_so_and_is_exact_again(
    browser: Browser, rig: Rig, door: ChaosProxy, outage: Outage
) -> None:
    async with staged(browser, rig, door) as stage:
        await suffered(stage, outage)


@pytest.mark.long_faults
@pytest.mark.parametrize("outage", LONGER, ids=str)
async def test_p06_p15_the_page_says_what_is_so_in_every_other_outage(
    browser: Browser, rig: Rig, door: ChaosProxy, outage: Outage
) -> None:
    async with staged(browser, rig, door) as stage:
        await suffered(stage, outage)
