"""Which hub is played against: the one that `make run` started here, and no other machine unless it is asked for."""

from __future__ import annotations

import ipaddress
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx

ROOT = Path(__file__).resolve().parent.parent
DEMO_FILE = "demo.json"
READY_SECONDS = 5.0
START = "Start one with `make run` in another terminal, then come back."


class NoTarget(Exception):
    """There is no hub to play against; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Target:
    """A running hub, and the two accounts of its demo."""

    base_url: str
    admin: Mapping[str, str]
    invigilator: Mapping[str, str]


def find(url: str | None = None, *, may_be_elsewhere: bool = False) -> Target:
    """Find the hub by what its demo wrote. Raises NoTarget."""
    path = Path(os.environ.get("VIGIE_VAR") or ROOT / "var") / DEMO_FILE
    try:
        demo = json.loads(path.read_text())
    except FileNotFoundError:
        raise NoTarget(f"No hub has run here: there is no {path}. {START}") from None
    base_url = (url or os.environ.get("VIGIE_PUBLIC_URL") or demo["base_url"]).rstrip("/")
    if not may_be_elsewhere and not _is_here(base_url):
        raise NoTarget(f"{base_url} is not this machine. To put load on it all the same, add --elsewhere.")
    return Target(base_url, demo["admin"], demo["invigilator"])


def _is_here(base_url: str) -> bool:
    host = urlsplit(base_url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def look(target: Target) -> None:
    """Look whether the hub answers. Raises NoTarget."""
    base_url = target.base_url
    try:
        answer = httpx.get(f"{base_url}/readyz", timeout=READY_SECONDS, trust_env=False)
    except httpx.HTTPError as error:
        raise NoTarget(f"No hub answers at {base_url} ({type(error).__name__}). {START}") from None
    if answer.status_code != 200:
        raise NoTarget(f"The hub at {base_url} is not ready: {answer.text[:200]}")
