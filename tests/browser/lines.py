"""The wire between a page and the hub, which a test may cut or silence."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable

from playwright.async_api import BrowserContext, WebSocketRoute

CUT = 3001
"""A page may close with 1000 or 3000 and more only; the hub asks for no reason."""


WELCOME = '"type":"welcome"'


class Wire:
    """Every socket of one context goes through here. `set_offline` alone freezes a socket and never closes it."""

    def __init__(self, context: BrowserContext) -> None:
        self._context = context
        self.edit: Callable[[str], str] = lambda frame: frame
        self._open: list[tuple[WebSocketRoute, WebSocketRoute]] = []
        self._is_cut = False
        self._is_silent = False
        self._is_stalled = False
        self._late_seconds = 0.0
        self.greetings = 0
        self._dead: set[WebSocketRoute] = set()

    @classmethod
    async def through(cls, context: BrowserContext) -> Wire:
        wire = cls(context)
        await context.route_web_socket("**/ws/**", wire._connect)
        return wire

    async def cut(self) -> None:
        """Pull the cable: both ends see the line close, no new one opens, and the browser knows it is offline."""
        self._is_cut = True
        # In this order: an offline browser keeps even the closing handshake to itself.
        await self.close_all()
        await self._context.set_offline(True)

    async def close_all(self) -> None:
        """Close what is open, once; the page may come back at once."""
        for page, hub in self._open:
            # A beat answered in between would be said into a line that is closing already.
            self._dead.add(page)
            await hub.close(code=CUT)
            await page.close(code=CUT)
        self._open.clear()

    async def dismiss(self, code: int) -> None:
        """Close what is open with one of the hub's own codes; the page hears it first, so it says nothing more."""
        for page, hub in self._open:
            await page.close(code=code)
            await hub.close(code=CUT)
        self._open.clear()

    async def mend(self) -> None:
        """Put the cable back."""
        self._is_cut = False
        await self._context.set_offline(False)

    def silence(self) -> None:
        """Drop every frame, both ways, and leave the lines open: neither end hears that anything is wrong."""
        self._is_silent = True

    def speak(self) -> None:
        """Let new lines speak: one that lost a frame is dead, as with a real network nothing is missing in between."""
        self._is_silent = False

    def stall(self) -> None:
        """Let the hub greet whoever comes and say nothing more: it answers the door, and then has no data."""
        self._is_stalled, self.greetings = True, 0

    def recover(self) -> None:
        """Let a hub that stalled speak again, on new lines: as after silence, nothing is missing in between."""
        self._is_stalled = False

    def delay(self, seconds: float) -> None:
        """Bring what the hub says so much later, in its order: a line with a long queue somewhere."""
        self._late_seconds = seconds

    async def _connect(self, page: WebSocketRoute) -> None:
        if self._is_cut:
            # Closed at its first word: a line closed before it stands would be opened again by the tool.
            page.on_message(lambda _frame: page.close(code=CUT))
            return
        hub = page.connect_to_server()

        def carry(frame: str | bytes, to: WebSocketRoute) -> None:
            if self._is_silent:
                self._dead.add(page)
            if self._is_stalled and to is page:
                if WELCOME not in frame:
                    self._dead.add(page)
                elif page not in self._dead:
                    self.greetings += 1
            if page not in self._dead:
                to.send(self.edit(frame) if isinstance(frame, str) else frame)

        async def hang_up(code: int | None, reason: str | None) -> None:
            if page not in self._dead:
                await page.close(code=code, reason=reason)

        page.on_message(lambda frame: carry(frame, hub))
        due_at = 0.0

        def carry_later(frame: str | bytes) -> None:
            nonlocal due_at
            loop = asyncio.get_running_loop()
            due_at = max(due_at + 1e-6, loop.time() + self._late_seconds)
            loop.call_at(due_at, carry, frame, page)

        hub.on_message(carry_later)
        hub.on_close(hang_up)
        self._open.append((page, hub))


def outcome_unknown(frame: str) -> str:
    """Turn the hub's yes into what it says when the answer of its store was lost."""
    said = re.fullmatch(r'\{"type":"reply","ref":(\d+),"ok":true.*', frame)
    if said is None:
        return frame
    return f'{{"type":"reply","ref":{said[1]},"ok":false,"error":{{"code":"outcome_unknown"}}}}'
