"""How smooth a wall of many rooms is: frame times of a real Chromium while candidates answer in all of them.

    python -m loadtests.wall_frames [--rooms 100] [--candidates 4] [--every 2] [--seconds 30]

Starts a hub of its own on 127.0.0.1, lays out the rooms, plays their candidates, opens the wall and measures three
times in one run: quiet, under change, quiet again. Ends only what it started. Fails when a room was told more than
twice a second.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, CDPSession, Page, WebSocket, async_playwright

from loadtests.bounds import bounded
from loadtests.class_rooms import Api, Lesson, lay_out
from loadtests.orderly import say
from loadtests.own_hub import OwnHub
from loadtests.shares import share

MOST_ROOMS, MOST_CANDIDATES, MOST_SECONDS = 400, 20, 300
MOST_PER_SECOND = 2.0
"""What a wall may be told of one room."""
CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
SHOWN_MS = 60_000
SETTLE_SECONDS = 3.0
COLUMNS = (
    "", "frames/s", "p50 ms", "p95", "p99", "max", "long tasks (longest, ms)", "main thread, CPU ms/s",
    "told/s of a room: mean, most", "kB/s",
)  # fmt: skip
WATCH = """
new Promise((done) => {
  const frames = [], tasks = [];
  const observer = new PerformanceObserver((list) => tasks.push(...list.getEntries().map((one) => one.duration)));
  observer.observe({ type: "longtask" });
  let last = performance.now();
  const end = last + {ms};
  const step = (now) => {
    frames.push(now - last);
    last = now;
    if (now < end) return requestAnimationFrame(step);
    observer.disconnect();
    done({ frames, tasks });
  };
  requestAnimationFrame((now) => { last = now; requestAnimationFrame(step); });
})
"""


@dataclass
class Told:
    """What the wall's socket carried: how often each room was told."""

    rooms: Counter[int] = field(default_factory=Counter)
    size: int = 0

    def hear(self, payload: str | bytes) -> None:
        """Take notice of one frame."""
        self.size += len(payload)
        frame = json.loads(payload)
        self.rooms.update(room["session"] for room in frame.get("rooms", ()))


@dataclass(frozen=True)
class Measured:
    """One measurement."""

    name: str
    seconds: float
    frames: Sequence[float]
    tasks: Sequence[float]
    cpu_seconds: float
    told: Mapping[int, int]
    size: int

    def rates(self) -> list[float]:
        """Return how often each room was told, per second."""
        return [times / self.seconds for times in self.told.values()]


async def measure(page: Page, name: str, seconds: float, told: Told) -> Measured:
    """Watch the page for so long."""
    line = await page.context.new_cdp_session(page)
    await line.send("Performance.enable", {"timeDomain": "threadTicks"})
    told.rooms.clear()
    told.size = 0
    begun, used = time.monotonic(), await cpu_seconds(line)
    expression = WATCH.replace("{ms}", str(int(seconds * 1000)))
    answer = await line.send(
        "Runtime.evaluate", {"expression": expression, "awaitPromise": True, "returnByValue": True}
    )
    lasted, used = time.monotonic() - begun, await cpu_seconds(line) - used
    await line.detach()
    if "exceptionDetails" in answer:
        raise RuntimeError(answer["exceptionDetails"])
    seen: dict[str, Any] = answer["result"]["value"]
    return Measured(name, lasted, seen["frames"], seen["tasks"], used, dict(told.rooms), told.size)


async def cpu_seconds(line: CDPSession) -> float:
    """Return what the page's main thread has used: what others take from the machine is not in it."""
    metrics = (await line.send("Performance.getMetrics"))["metrics"]
    return float(next(one["value"] for one in metrics if one["name"] == "TaskDuration"))


async def open_wall(browser: Browser, base_url: str, account: dict[str, str], rooms: int, told: Told) -> Page:
    """Sign in, open the wall and wait for every card."""
    context = await browser.new_context(base_url=base_url, viewport={"width": 1280, "height": 800}, locale="fr-FR")
    await context.request.post("/api/login", data=account, headers={"Origin": base_url})
    await context.add_init_script("localStorage.setItem('vigie.signed_in', '1')")
    page = await context.new_page()

    def on_socket(socket: WebSocket) -> None:
        if socket.url.endswith("/ws/admin"):
            socket.on("framereceived", told.hear)

    page.on("websocket", on_socket)
    await page.goto("/wall")
    await page.locator(".room-card").nth(rooms - 1).wait_for(timeout=SHOWN_MS)
    return page


async def run(options: argparse.Namespace, hub: OwnHub) -> list[Measured]:
    """Lay out, play and measure."""
    api = Api(hub.base_url)
    admin, invigilator = await api.login(hub.demo["admin"]), await api.login(hub.demo["invigilator"])
    rooms = await lay_out(api, admin, options.rooms, options.candidates)
    lesson = Lesson(hub.base_url, rooms, options.every)
    told = Told()
    try:
        await lesson.begin(api, invigilator)
        async with async_playwright() as playwright:
            sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
            browser = await playwright.chromium.launch(executable_path=chromium(), args=["--disable-gpu", *sandbox])
            people = len(rooms) * options.candidates
            say(f"Chromium {browser.version}, {len(rooms)} rooms, {people} candidates, {machine()}")
            page = await open_wall(browser, hub.base_url, hub.demo["admin"], len(rooms), told)
            measured = []
            for name, is_busy in (("quiet", False), ("change", True), ("quiet again", False)):
                (lesson.goes_on.set if is_busy else lesson.goes_on.clear)()
                await asyncio.sleep(SETTLE_SECONDS)
                measured.append(await measure(page, name, options.seconds, told))
            await browser.close()
    finally:
        await lesson.stop()
        await api.http.aclose()
    say(f"{lesson.sent} answers sent, {lesson.lost} lines lost, {machine()}")
    return measured


def machine() -> str:
    """Say how many processors there are and how many want one: without a free one, frames wait for their turn."""
    return f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}"


def chromium() -> str:
    """Find the browser of this machine."""
    path = next((found for name in CHROMIUMS if (found := shutil.which(name))), None)
    if path is None:
        raise SystemExit("No Chromium on PATH (Debian: apt install chromium).")
    return path


def report(measured: Sequence[Measured], rooms: int) -> bool:
    """Print one table; tell whether no room was told too often."""
    say("")
    say(f"| {' | '.join(COLUMNS)} |")
    say("|---" * len(COLUMNS) + "|")
    for one in measured:
        rates = one.rates()
        cells = [
            one.name,
            f"{len(one.frames) / one.seconds:.1f}",
            *(f"{share(sorted(one.frames), part):.1f}" for part in (0.5, 0.95, 0.99)),
            f"{max(one.frames):.1f}",
            f"{len(one.tasks)} ({max(one.tasks, default=0):.0f})",
            f"{1000 * one.cpu_seconds / one.seconds:.0f}",
            f"{sum(rates) / rooms:.2f}, {max(rates, default=0):.2f}",
            f"{one.size / one.seconds / 1000:.1f}",
        ]
        say(f"| {' | '.join(cells)} |")
    return all(rate <= MOST_PER_SECOND for one in measured for rate in one.rates())


def main() -> int:
    """Read what is asked for, measure, and give the exit code."""
    parser = argparse.ArgumentParser(description="Measure how smooth a wall of many rooms is.")
    parser.add_argument("--rooms", type=bounded(1, MOST_ROOMS), default=100, help="rooms on the wall (%(default)s)")
    parser.add_argument("--candidates", type=bounded(1, MOST_CANDIDATES), default=4, help="in each room (%(default)s)")
    parser.add_argument(
        "--every", type=bounded(0.5, 600), default=2, help="seconds between two answers of one candidate"
    )
    parser.add_argument("--seconds", type=bounded(1, MOST_SECONDS), default=30, help="each measurement (%(default)s)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="vigie-wall-") as folder, OwnHub(Path(folder)) as hub:
        measured = asyncio.run(run(options, hub))
    return 0 if report(measured, options.rooms) else 1


if __name__ == "__main__":
    raise SystemExit(main())
