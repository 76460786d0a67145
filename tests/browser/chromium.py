"""Which browser the tests drive, and how it is started: the Chromium of this machine, never a downloaded one."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import Browser, async_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MISSING = "No Chromium on PATH: the browser tests did not run (Debian: apt install chromium)."
FLAGS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    # Without these the browser calls home at every start, and a closed network fills the log with refusals.
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
LAN_NAME = "exam-room.test"
"""A name that is no localhost: what a phone sees. The browser alone resolves it, to this machine."""
VERSION_SECONDS = 30


def find() -> str | None:
    """Return the browser's path; a stub that cannot say its version is none."""
    for name in NAMES:
        path = shutil.which(name)
        if path is not None and _says_version(path):
            return path
    return None


def _says_version(path: str) -> bool:
    try:
        return subprocess.run([path, "--version"], capture_output=True, timeout=VERSION_SECONDS).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def arguments() -> list[str]:
    """Return the command line; root has no sandbox to stand in."""
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    return [*FLAGS, f"--host-resolver-rules=MAP {LAN_NAME} 127.0.0.1", *sandbox]


@asynccontextmanager
async def started() -> AsyncIterator[Browser]:
    """Start it for a session of tests; without one they are skipped, but on CI they fail."""
    path = find()
    if path is None and os.environ.get("CI"):
        pytest.fail(MISSING, pytrace=False)
    if path is None:
        pytest.skip(MISSING)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=arguments())
        yield browser
        await browser.close()
