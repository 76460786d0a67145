"""A phone in the hands of its tests: what it keeps, and how to wait until it does."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tests.browser.hall import Device, Hall
from tests.browser.screens import Desk
from tests.story.rooms import Person, Room, eventually

OFFLINE = "net::ERR_INTERNET_DISCONNECTED"
CONTROLLED_SECONDS = 20
WORKER = "navigator.serviceWorker.getRegistration('/invigilate/').then((one) => one?.active?.state === 'activated')"
STORED = """
(async () => {
  const all = { local: { ...localStorage }, session: { ...sessionStorage }, databases: await indexedDB.databases() };
  all.cached = [];
  for (const name of await caches.keys()) {
    const cache = await caches.open(name);
    for (const request of await cache.keys()) {
      const text = await (await cache.match(request)).text();
      all.cached.push({ cache: name, path: new URL(request.url).pathname, text });
    }
  }
  return all;
})()
"""
"""Everything a page can have stored. Databases are named only: there must be none."""


async def stored(device: Device) -> dict[str, Any]:
    """Read everything that the browser keeps for these pages."""
    found: dict[str, Any] = await device.measure(STORED)
    return found


async def names_stored(device: Device, people: Iterable[Person]) -> list[str]:
    """List whose names are kept anywhere, in whatever case."""
    everything = str(await stored(device)).casefold()
    return [person.last_name for person in people if person.last_name.casefold() in everything]


async def keeping_desk(hall: Hall, room: Room, **options: Any) -> Desk:
    """Open a room on a phone, and wait until it could do without network."""
    desk = await Desk(await hall.device("invigilator", **options), room).open()
    await kept(desk)
    return desk


async def kept(desk: Desk) -> None:
    """Wait until the worker stands and the room is written down."""

    async def both() -> bool:
        is_controlled = await desk.device.measure(WORKER)
        return bool(is_controlled) and await names_stored(desk.device, desk.room.people) != []

    await eventually(both, "the worker and the room kept", within=CONTROLLED_SECONDS)
