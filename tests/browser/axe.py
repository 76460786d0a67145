"""The accessibility rules that a machine can judge, run on what a page shows, in both colour schemes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal

from tests.browser.hall import Device

Scheme = Literal["light", "dark"]
AXE = Path(__file__).resolve().parents[2] / "web" / "ui" / "node_modules" / "axe-core" / "axe.min.js"
OPTIONS = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    # Off by default: the first is experimental, the second is new with WCAG 2.2.
    "rules": {"label-content-name-mismatch": {"enabled": True}, "target-size": {"enabled": True}},
    "resultTypes": ["violations"],
}
JUDGE = """
axe.run(document, {options}).then((found) => found.passes.length < {least} ? ["axe judged nothing"]
  : found.violations.flatMap((rule) => rule.nodes.map((node) => {
    const why = node.any.concat(node.all, node.none).map((check) => check.message).join("; ");
    return `${rule.id}: ${node.target.join(" ")} ${node.html.slice(0, 160)} ${why}`;
  })))
"""
STYLES_SETTLED = "Promise.all(document.getAnimations().map((one) => one.finished.catch(() => null))).then(() => null)"


class Inspector:
    """Collects what axe finds on every screen a test shows it, so that one run names all of it."""

    def __init__(self) -> None:
        self.found: list[str] = []

    async def look(self, device: Device, screen: str) -> None:
        """Judge what the page shows now, light and dark."""
        if not await device.measure("'axe' in window"):
            await device.measure(AXE.read_text(encoding="utf-8") + "; null")
        # The dark scheme changes colours and nothing else.
        await self._judge(device, "dark", f"{screen}, dark", {"runOnly": ["color-contrast"]}, least=1)
        await self._judge(device, "light", screen, OPTIONS, least=10)

    async def _judge(self, device: Device, scheme: Scheme, screen: str, options: object, least: int) -> None:
        await device.page.emulate_media(color_scheme=scheme)
        await device.measure(STYLES_SETTLED)
        run = JUDGE.replace("{options}", json.dumps(options)).replace("{least}", str(least))
        self.found += [f"{screen}: {line}" for line in await device.measure(run)]
