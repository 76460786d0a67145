"""Accounts: made in the terminal beside the running hub, and signed in once, because that is slow on purpose."""

from __future__ import annotations

import asyncio
import itertools
import os
import re
import subprocess
import sys
from dataclasses import dataclass

from playwright.async_api import Browser, StorageState

from tests.story.hub import ROOT, Hub

_once = itertools.count(1)


@dataclass(frozen=True)
class Login:
    """What somebody types to sign in."""

    email: str
    password: str


def new_email() -> str:
    return f"recrue{next(_once)}@example.org"


async def in_terminal(hub: Hub, *words: str) -> str:
    """Type one command beside the running hub and return what it printed."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith("VIGIE_")}
    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "web.cli", *words],
        cwd=ROOT,
        env={**clean, "VIGIE_VAR": str(hub.var)},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


async def hired(hub: Hub, role: str, name: str, *centers: str) -> Login:
    """Make an account in the terminal."""
    email = new_email()
    places = [word for center in centers for word in ("--center", center)]
    told = await in_terminal(hub, "account", "add", email, "--name", name, "--role", role, *places)
    password = re.search(r"^Password, shown this once: (\S+)$", told, re.MULTILINE)
    assert password is not None, told
    return Login(email, password[1])


async def signed_in(browser: Browser, hub: Hub, login: Login) -> StorageState:
    """Sign in; returns what the browser keeps of it."""
    context = await browser.new_context(base_url=hub.http_url)
    typed = {"email": login.email, "password": login.password}
    answer = await context.request.post("/api/login", data=typed, headers={"Origin": hub.http_url})
    assert answer.ok, await answer.text()
    state = await context.storage_state()
    await context.close()
    # The page keeps this mark beside the cookie that it cannot see.
    state["origins"] = [{"origin": hub.http_url, "localStorage": [{"name": "vigie.signed_in", "value": "1"}]}]
    return state
