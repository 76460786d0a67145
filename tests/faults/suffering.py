"""One outage on one page, from its first second to the exact truth again, and all that was shown judged. P6, P15."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from playwright.async_api import expect

from tests.faults.behind import decided_behind_their_backs
from tests.faults.ground import patient
from tests.faults.outages import Outage
from tests.faults.screen import Look
from tests.faults.stage import NEITHER, NO_DECISIONS, NO_LIVE, UNANSWERED, Stage, healed
from tests.faults.told import OFFLINE, SLOW, fates, names, silent_lies

CHIP_SECONDS = {SLOW: 3.0, OFFLINE: 8.0}
NOTICED_SECONDS = 1.5
"""A beat each second says how old the data are, and the page looks at its clock each half second."""


def first(looks: list[Look], found: Callable[[Look], bool]) -> float | None:
    """Return when the page first showed something."""
    return next((look.at for look in looks if found(look)), None)


async def suffered(stage: Stage, outage: Outage) -> None:
    """Go through an outage: a tap at once, one when the page has said what is so, one offline; then judge all of it."""
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
        if OFFLINE in outage.chips:
            await expect(stage.screen.desk.chip(OFFLINE)).to_be_visible()
            await stage.tap(3)
    finally:
        deciding.cancel()
        await asyncio.gather(deciding, return_exceptions=True)
        ended = time.time()
        await outage.end(stage)
    took = await healed(stage.screen, outage.healed)
    stage.rig.journal.note("test", f"{outage}: exact after {took:.2f} s")
    looks = await stage.screen.looks(begun)
    judge_words(outage, [look for look in looks if look.at <= ended], begun)
    lies = silent_lies(stage.room, looks, stage.witness.readings)
    assert not lies, f"{outage}: {len(lies)} silent lies:\n" + "\n".join(lies[:10])
    await judge_taps(stage, outage, looks, ended)


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
    for chip in CHIP_SECONDS:
        came = first(looks, lambda look, chip=chip: look.chip == chip)
        if chip not in outage.chips:
            assert came is None, f"{outage}: {chip} after {came - begun:.1f} s"
            continue
        assert came is not None, f"{outage}: never {chip}"
        late = came - begun
        assert late <= CHIP_SECONDS[chip] + patient(NOTICED_SECONDS), f"{outage}: {chip} after {late:.1f} s"


async def judge_taps(stage: Stage, outage: Outage, looks: list[Look], ended: float) -> None:
    """Assert that taps came to what the page said of them, and that nothing was done twice."""
    became = await fates(stage.rig, stage.room, looks)
    at_once, later, last = (became[stage.room.ids[place]] for place in (1, 2, 3))
    waited = names(stage.room)[stage.room.ids[2]]
    for fate in (at_once, later, last):
        assert bool(fate.decided_at) == (fate.shown_at is not None), f"{outage}: {fate} at the end"
    if outage.waits is not None:
        assert not later.decided_at, f"{outage}: a tap on a button that waits was obeyed"
        assert not last.decided_at, f"{outage}: a tap on a button that waits was obeyed"
        why = {look.rows[waited]["waits"] for look in looks if look.chip == OFFLINE and look.at <= ended}
        assert why <= {outage.waits}, f"{outage}: a button waits for {why}"
    elif outage.is_answered:
        assert later.shown_at is not None, f"{outage}: a tap that nothing hindered was not obeyed"
        assert later.shown_at <= ended, f"{outage}: the tap was obeyed only when it was over"
        assert bool(last.decided_at) == (OFFLINE in outage.chips), f"{outage}: decisions pass, and this one did not"
    else:
        assert first(looks, lambda look: UNANSWERED in look.facts(waited)), f"{outage}: nothing said of the tap"
