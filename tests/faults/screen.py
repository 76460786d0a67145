"""A real page in a real browser on the rig: what it shows, noted at every change, held against what was true then.

The page comes through a door of its own, a proxy in the place of a balancer: a fault of the phone's own line hits that
door, and nothing else.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from playwright.async_api import Browser, BrowserContext, Page

from tests.browser.hall import PHONE
from tests.browser.screens import Desk
from tests.faults.rig import Colleague, Rig, RigRoom
from web.access import LOGIN_COOKIE

SIGNED_IN = "localStorage.setItem('vigie.signed_in', '1')"
"""The pages keep this mark beside the cookie that they cannot see."""
NOTE = """
window.looks = [];
(() => {
  const text = (node) => (node?.innerText ?? "").trim();
  const all = (query, root = document) => [...root.querySelectorAll(query)];
  const look = () => {
    const now = {
      chip: text(document.querySelector("header .chip-line")),
      troubles: all("header .trouble").map(text),
      rows: Object.fromEntries(all(".rows > .row").map((row) => {
        const step = row.querySelector("button.step");
        return [text(row.querySelector("h3")), {
          facts: all(".facts > li", row).map(text),
          step: text(step),
          waits: step?.title ?? "",
        }];
      })),
    };
    const last = window.looks.at(-1);
    const at = Date.now() / 1000;
    if (last && JSON.stringify(last.what) === JSON.stringify(now)) last.until = at;
    else window.looks.push({ at, until: at, what: now });
  };
  setInterval(look, 100);
})();
"""
"""Notes what a person at the page sees: one entry for as long as nothing changes."""


@dataclass(frozen=True, slots=True)
class Look:
    """What the page showed between two instants (wall clock)."""

    at: float
    until: float
    chip: str
    troubles: list[str]
    rows: Mapping[str, Mapping[str, Any]]

    @property
    def said(self) -> str:
        """Return everything that stands under the bar, with plain spaces."""
        return " ".join(self.troubles).replace("\xa0", " ")

    def facts(self, name: str) -> list[str]:
        """Return what stands in one row; nothing when it is not there."""
        return list(self.rows.get(name, {}).get("facts", ()))


class Screen:
    """One page of one room, as its invigilator holds it."""

    def __init__(self, rig: Rig, room: RigRoom, context: BrowserContext, page: Page) -> None:
        self.rig, self.room, self.context, self.page = rig, room, context, page
        self.desk = Desk(self, room)  # type: ignore[arg-type]

    @classmethod
    @asynccontextmanager
    async def open(
        cls, browser: Browser, rig: Rig, room: RigRoom, who: Colleague | None = None, **options: Any
    ) -> AsyncIterator[Screen]:
        """Open a browser of its own, signed in; where it goes is up to the test."""
        context = await browser.new_context(
            base_url=rig.origin, **{"viewport": PHONE, "locale": "fr-FR", "reduced_motion": "reduce", **options}
        )
        token = (who or rig.staff.invigilators[0]).token
        await context.add_cookies([{"name": LOGIN_COOKIE, "value": token, "url": rig.origin, "sameSite": "Strict"}])
        await context.add_init_script(f"{SIGNED_IN};{NOTE}")
        try:
            yield cls(rig, room, context, await context.new_page())
        finally:
            await context.close()

    async def measure(self, expression: str) -> Any:
        """Evaluate over the devtools line, which the page's policy does not bind."""
        line = await self.context.new_cdp_session(self.page)
        answer = await line.send("Runtime.evaluate", {"expression": expression, "returnByValue": True})
        await line.detach()
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    async def looks(self, since: float = 0.0) -> list[Look]:
        """List what the page has shown since an instant of the wall clock."""
        noted = [Look(one["at"], one["until"], **one["what"]) for one in await self.measure("window.looks")]
        return [one for one in noted if one.until >= since]

    async def now(self) -> Look:
        """Return what the page shows."""
        return (await self.looks())[-1]
