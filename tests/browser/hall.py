"""The browser's side of an exam: contexts as phones and computers, watched for anything a user must never cause."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, Request, StorageState, expect

from tests.browser.lines import Wire
from tests.story.hub import Hub

PHONE = {"width": 390, "height": 844}
PATIENCE_MS = 10_000
"""How long a page may take to show something on a machine that is busy with other things."""
WITNESS = """
document.addEventListener("securitypolicyviolation", (event) =>
  console.error(`policy violated: ${event.violatedDirective} ${event.blockedURI}`));
"""
REFUSED_CALL = r"Failed to load resource: the server responded with a status of {status}"


@dataclass
class Device:
    """One browser context with one page on it, and its wire."""

    context: BrowserContext
    page: Page
    wire: Wire
    faults: list[str]
    navigations: list[str] = field(default_factory=list)

    async def measure(self, expression: str) -> Any:
        """Evaluate over the devtools line, which the page's policy does not bind."""
        line = await self.context.new_cdp_session(self.page)
        answer = await line.send(
            "Runtime.evaluate", {"expression": expression, "awaitPromise": True, "returnByValue": True}
        )
        await line.detach()
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def forget(self, text: str) -> None:
        """Drop the browser's own notes about a network that the test took away."""
        self.faults[:] = [fault for fault in self.faults if text not in fault]

    def forgive(self, status: int) -> None:
        """Take the browser's own note about one refused call off the list: it must be there."""
        pattern = re.compile(REFUSED_CALL.format(status=status))
        found = [fault for fault in self.faults if pattern.search(fault)]
        assert found, f"no refused call {status} in {self.faults}"
        self.faults.remove(found[0])


class Hall:
    """All devices of one test. `leave` closes them and says what no page may have caused."""

    def __init__(self, browser: Browser, hub: Hub, staff_state: Mapping[str, StorageState], pictures: Path) -> None:
        self.browser, self.hub, self.pictures = browser, hub, pictures
        self._staff_state = staff_state
        self.devices: list[Device] = []

    async def device(self, who: str | None = None, host: str = "127.0.0.1", **options: Any) -> Device:
        """Open a context; `who` ("invigilator", "admin") is signed in already."""
        state = self._staff_state[who] if who else None
        context = await self.browser.new_context(
            base_url=f"http://{host}:{self.hub.port}",
            storage_state=state,
            **{"viewport": PHONE, "locale": "fr-FR", "reduced_motion": "reduce", **options},
        )
        context.set_default_timeout(PATIENCE_MS)
        await context.add_init_script(WITNESS)
        wire = await Wire.through(context)
        device = Device(context, await context.new_page(), wire, [])
        _watch(device, f"{host}:{self.hub.port}")
        self.devices.append(device)
        return device

    async def close(self, device: Device) -> None:
        """Close one browser and check it."""
        self.devices.remove(device)
        await device.context.close()
        assert device.faults == [], device.faults

    async def picture(self, name: str) -> None:
        """Keep what every device shows."""
        for number, device in enumerate(self.devices):
            await device.page.screenshot(path=self.pictures / f"{name}-{number}.png")

    async def leave(self) -> None:
        faults = []
        for device in self.devices:
            await device.context.close()
            faults += device.faults
        assert faults == [], faults


LEFT_EARLY = "WebSocket is closed before the connection is established"
"""What a browser says when somebody leaves a room whose line was still being made: nobody's fault."""


def _watch(device: Device, host: str) -> None:
    def on_console(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and LEFT_EARLY not in message.text:
            device.faults.append(f"{message.type}: {message.text} ({message.location.get('url', '')})")

    def on_request(request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme in ("http", "https") and parts.netloc != host:
            device.faults.append(f"a call to another host: {request.url}")

    device.page.on("console", on_console)
    device.page.on("pageerror", lambda error: device.faults.append(f"exception: {error}"))
    device.page.on("framenavigated", lambda frame: device.navigations.append(frame.url))
    device.context.on("request", on_request)


expect.set_options(timeout=PATIENCE_MS)
