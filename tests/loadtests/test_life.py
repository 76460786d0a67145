"""The life of a soak on a real hub: every deed is done, nothing is wrong, and each sample has every figure."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from loadtests.nodes import Nodes
from loadtests.processes import Cores
from loadtests.soak import life as lives
from loadtests.soak.__main__ import wrong
from loadtests.soak.flat import LIMITS
from loadtests.soak.life import Life
from loadtests.soak.samples import Samples
from loadtests.swarm import scenes
from loadtests.swarm.filling import Filling
from loadtests.swarm.judging import judge_hall

QUICK = {"line broken": 0.5, "call for help": 0.3, "dashboard broken": 0.7, "left and let back in": 0.1}


@asynccontextmanager
async def filled(folder: Path) -> AsyncIterator[Filling]:
    allowed = os.sched_getaffinity(0)
    try:
        async with Nodes.open(folder, Cores(), 1) as nodes, Filling.of(nodes) as filling:
            await filling.up_to(2, 5, 2)
            yield filling
    finally:
        os.sched_setaffinity(0, allowed)


async def test_every_deed_is_done_and_the_judge_sees_a_line_that_nobody_broke(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lives, "EVERY_SECONDS", QUICK)
    async with filled(tmp_path) as filling:
        stage = filling.stage
        life = Life(stage, per_second=5.0)
        async with Samples.of(stage.nodes) as samples:
            before = await samples.take()
            await life.go_on(3.0)
            after = await samples.take()
        await scenes.settled(stage.hall)
        assert await judge_hall(stage.hall) == 0
        assert all(one.heard.replays for one in stage.hall.dashboards)
        assert wrong(stage, life) == []
        assert set(life.done) == {"answer", *QUICK}
        assert life.done["answer"] == 15
        assert set(before) == set(after) == set(LIMITS)
        assert all(value > 0 for value in (*before.values(), *after.values()))
        one = stage.hall.candidates[0]
        assert one.line is not None
        one.state = None
        one.line.abort()
        await scenes.until(lambda: one.state is not None, "back", 30)
        assert wrong(stage, life) == ["1 lines lost that nobody broke"]
