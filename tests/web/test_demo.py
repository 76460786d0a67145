"""The demo where the stores are named: nobody has made the data folder yet."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from tests.web.lycee import ORIGIN
from web.demo import DEMO_FILE, DemoGuest
from web.house import House
from web.place import Place


async def test_the_demo_makes_its_folder_for_its_owner_alone(house: House, tmp_path: Path) -> None:
    folder = tmp_path / "not" / "yet"
    elsewhere = replace(house, settings=replace(house.settings, var=folder))
    await DemoGuest().prepare(elsewhere, Place(ORIGIN, ORIGIN, frozenset({ORIGIN})))
    assert json.loads((folder / DEMO_FILE).read_text())["base_url"] == ORIGIN
    assert (folder.stat().st_mode & 0o077, (folder / DEMO_FILE).stat().st_mode & 0o077) == (0, 0)
