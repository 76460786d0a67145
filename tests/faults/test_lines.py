"""Lines that break, fall silent or only blink, with the durations of an installation: what the screens show. P12."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from tests.faults.hubs import Hub
from tests.faults.proxy import ChaosProxy, Way
from tests.faults.rig import Rig
from tests.faults.scene import Scene, Tab, about, scene
from tests.story.client import Frame
from tests.story.rooms import accepted

SHOWN_SECONDS = 13.0
"""A real loss is on every screen by then."""
GRACE_SECONDS, BLINK_SECONDS = 15.0, 5.0
INTERRUPTED_SECONDS = GRACE_SECONDS + 2.5
"""A loss is looked at twice a second, and two stores are asked."""
AWAY_SECONDS = 3.0
SPOKEN_SECONDS = 0.5
"""How much earlier the last sign of life may have been than the moment at which the test breaks the line."""
OVER_SECONDS = 16.5
"""A line that was left half-open is cut by then, and its loss would be over."""
RED = ("suspect", "offline")
Break = Callable[[Tab, ChaosProxy], Awaitable[None]]


@asynccontextmanager
async def ways(rig: Rig, count: int) -> AsyncIterator[list[tuple[Hub, ChaosProxy]]]:
    """Open a proxy of its own for each line, so that each may suffer alone; every other one leads to the other hub."""
    found = []
    for number in range(count):
        hub = rig.hubs[number % 2]
        found.append((hub, ChaosProxy(f"line-{number}", hub.front.upstream)))
        await found[-1][1].open()
    try:
        yield found
    finally:
        for _, proxy in found:
            await proxy.close()


def url(proxy: ChaosProxy) -> str:
    return f"ws://127.0.0.1:{proxy.port}"


# ── how a line breaks ──────────────────────────────────────────────────────────────────────────────────────────


async def reset(_tab: Tab, proxy: ChaosProxy) -> None:
    """Break it with a reset, as a machine does that was restarted."""
    proxy.cut()


async def half_opened(_tab: Tab, proxy: ChaosProxy) -> None:
    """Swallow both directions, as a pulled cable does: neither side is told."""
    proxy.drop()


async def deafened(_tab: Tab, proxy: ChaosProxy) -> None:
    """Swallow what the hub says, and only that."""
    proxy.drop(Way.DOWN)


async def muted(_tab: Tab, proxy: ChaosProxy) -> None:
    """Swallow what the client says, and only that."""
    proxy.drop(Way.UP)


async def silenced(tab: Tab, _proxy: ChaosProxy) -> None:
    """Let the client hear and say nothing more, as a frozen machine does."""
    tab.silence()


async def closed(tab: Tab, _proxy: ChaosProxy) -> None:
    """Leave politely, and not come back."""
    await tab.close()


# ── a real loss ────────────────────────────────────────────────────────────────────────────────────────────────


async def lost(stage: Scene, tab: Tab, proxy: ChaosProxy, breaks: Break) -> None:
    """Lose somebody in the test: shown soon, and interrupted only when the grace is over."""
    what = f"{breaks.__name__} {stage.name(tab.place)}"
    # What it says is a sign of life: from here on the hub counts.
    await stage.goes_on(tab, 1)
    at = time.monotonic()
    await breaks(tab, proxy)
    await stage.shown(tab.place, lambda row: row["link"]["state"] in RED, what, SHOWN_SECONDS)
    shown = time.monotonic() - at
    assert shown > BLINK_SECONDS - SPOKEN_SECONDS, f"{what}: shown after {shown:.1f} s, that might have been a blink"
    await stage.shown(tab.place, lambda row: row["interrupted_at"], what, INTERRUPTED_SECONDS - shown)
    gone = time.monotonic() - at
    assert gone > GRACE_SECONDS - SPOKEN_SECONDS, f"{what}: interrupted after {gone:.1f} s"
    stage.rig.journal.note("test", f"{what}: shown after {shown:.1f} s, interrupted after {gone:.1f} s")
    await stage.shown(tab.place, lambda row: row["link"]["state"] == "offline", what)
    back = await stage.tab(tab.place, tab.hub, tab.token)
    assert not back.is_seated, "an interruption takes the right to return away"


async def lost_outside(stage: Scene, tab: Tab, proxy: ChaosProxy, breaks: Break) -> None:
    """Lose somebody who waits for the start: shown as soon, and nothing is taken away."""
    what = f"{breaks.__name__} {stage.name(tab.place)} before the start"
    accepted(await stage.command(stage.boards[0], "presence.confirm", tab.place, late_reason="en retard"))
    await breaks(tab, proxy)
    await stage.shown(tab.place, lambda row: row["link"]["state"] in RED, what, SHOWN_SECONDS)
    await stage.shown(tab.place, lambda row: row["waiting"]["clients"] == 0, what)
    assert not (await stage.true_row(tab.place))["interrupted_at"]


# ── a blink ────────────────────────────────────────────────────────────────────────────────────────────────────


def elsewhere(rig: Rig, hub: Hub) -> Hub:
    return next(one for one in rig.hubs[:2] if one is not hub)


async def back_after(stage: Scene, tab: Tab, seconds: float) -> Tab:
    """Come back on the other hub: still in the test."""
    await asyncio.sleep(seconds)
    back = await stage.tab(tab.place, elsewhere(stage.rig, tab.hub), tab.token)
    assert back.is_seated, f"{stage.name(tab.place)} was away for {seconds} s only: {back.state}"
    return back


async def blinked(stage: Scene, tab: Tab, proxy: ChaosProxy, breaks: Break) -> None:
    """Break a line and come back soon, on the other hub; then again."""
    await stage.goes_on(tab, 1)
    await breaks(tab, proxy)
    tab = await back_after(stage, tab, AWAY_SECONDS)
    await stage.goes_on(tab, 2)
    for answered in (3, 4):
        tab.abort()
        tab = await back_after(stage, tab, AWAY_SECONDS)
        await stage.goes_on(tab, answered)


async def held_up(stage: Scene, tab: Tab, proxy: ChaosProxy) -> None:
    """Hold everything up for a moment and let it go on: the same line, nothing lost."""
    await stage.goes_on(tab, 1)
    for answered in (2, 3):
        proxy.freeze()
        await asyncio.sleep(AWAY_SECONDS + 1.0)
        proxy.thaw()
        await stage.goes_on(tab, answered)


def is_red(row: Frame) -> bool:
    return row["link"]["state"] in RED or bool(row["interrupted_at"])


async def never_shown(stage: Scene, place: int, until: float) -> None:
    """Assert that no board ever showed this candidate's line as broken, nor anything else of it."""
    before = [len(board.events) for board in stage.boards]
    while time.monotonic() < until:
        for board in stage.boards:
            assert not is_red(board.rows[stage.id(place)]), f"{stage.name(place)}: {board.rows[stage.id(place)]}"
        await asyncio.sleep(0.1)
    for board, since in zip(stage.boards, before, strict=True):
        told = set(about(board, stage.id(place), since))
        assert told == {"candidate.progressed"}, f"{stage.name(place)}: a blink was told as {told}"


@pytest.fixture
async def awake_rig(rig: Rig) -> Rig:
    """The rig with hubs that have never stood still: one that has is generous with the losses of its next seconds."""
    for hub in rig.hubs:
        hub.kill()
    await rig.heal()
    return rig


async def test_p12_a_real_loss_is_shown_and_a_blink_never_is(awake_rig: Rig) -> None:
    rig = awake_rig
    usual = {"grace": GRACE_SECONDS, "blink": BLINK_SECONDS, "silence": 9.0, "hub_grace": 120.0}
    assert {name: rig.seconds(name) for name in usual} == usual, "an installation's own durations"
    losses, blinks = (reset, half_opened, silenced, closed), (reset, half_opened, silenced, closed)
    one_way = (deafened, muted)
    async with scene(rig, people=13) as stage, ways(rig, 13) as way:
        tabs = await asyncio.gather(
            *(stage.seated(place, hub, url=url(proxy)) for place, (hub, proxy) in enumerate(way[:9])),
            *(stage.tab(place, way[place][0], url=url(way[place][1])) for place in (9, 10)),
            *(stage.seated(place, way[place][0], url=url(way[place][1])) for place in (11, 12)),
        )
        proxies, until = [proxy for _, proxy in way], time.monotonic() + OVER_SECONDS
        await asyncio.gather(
            *(lost(stage, tabs[place], proxies[place], breaks) for place, breaks in enumerate(losses)),
            *(lost(stage, tabs[place], proxies[place], breaks) for place, breaks in enumerate(one_way, 11)),
            *(blinked(stage, tabs[place], proxies[place], breaks) for place, breaks in enumerate(blinks, 4)),
            held_up(stage, tabs[8], proxies[8]),
            *(lost_outside(stage, tabs[9 + number], proxies[9 + number], losses[number]) for number in (0, 1)),
            *(never_shown(stage, place, until) for place in range(4, 9)),
        )
        for place in range(4, 9):
            row = await stage.true_row(place)
            assert (row["entry_no"], row["time"]["interruptions"]) == (1, []), row
        await stage.kept()
    assert not rig.complaints(), rig.complaints()[:5]
