"""The press sets two papers at once beside the loop, from templates that read nothing else."""

from __future__ import annotations

import asyncio
import re
import threading

from msgspec import Struct

from tests.web.lycee import Hiring
from tests.web.papers import Proof, class_of, printed
from tests.web.test_sessions import imported
from web.papers.press import AT_ONCE, TEMPLATES, Press


def test_templates_read_nothing_but_each_other() -> None:
    for path in TEMPLATES.glob("*.typ"):
        source = path.read_text()
        assert set(re.findall(r'#?(?:import|include) +"([^"]*)"', source)) <= {"frame.typ"}
        assert not re.search(r'#?(?:import|include) +"@|\b(?:read|csv|yaml|toml|xml|cbor|plugin|eval)\(', source)


class Turnstile(Press):
    """A press whose workers wait for each other in pairs."""

    def __init__(self) -> None:
        super().__init__()
        self._pair = threading.Barrier(2, timeout=20)
        self._count = threading.Lock()
        self._now, self.most = 0, 0

    def _set(self, template: str, data: str) -> bytes:
        with self._count:
            self._now += 1
            self.most = max(self.most, self._now)
        self._pair.wait()
        with self._count:
            self._now -= 1
        return b""


class Empty(Struct, frozen=True):
    """Nothing to print."""


async def test_two_papers_are_set_at_once_and_never_more() -> None:
    press = Turnstile()
    await asyncio.gather(*(press.pdf("notice", Empty()) for _ in range(3 * AT_ONCE)))
    assert press.most == AT_ONCE


async def test_the_loop_goes_on_while_a_paper_is_set(hire: Hiring, proof: Proof) -> None:
    admin = await hire.admin()
    await printed(admin, await imported(admin, *class_of(120)), "attendance-sheet")
    (paper,) = proof.papers
    work = asyncio.ensure_future(Press().pdf("attendance", paper))
    turns = 0
    while not work.done():
        turns += 1
        await asyncio.sleep(0)
    assert turns > 100
