"""Who watches which room from this node, and which candidate they look at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from channels import wire
from hub.model import ConnectionId, SessionNumber


@dataclass(slots=True)
class Console:
    """One dashboard. `notify` says that the list of colleagues changed."""

    name: str
    connection: ConnectionId
    notify: Callable[[], None]
    look: int | None = None


class Consoles:
    """The dashboards of this node, by room."""

    def __init__(self) -> None:
        self._rooms: dict[SessionNumber, dict[ConnectionId, Console]] = {}

    def add(self, number: SessionNumber, console: Console) -> None:
        """Add a dashboard and tell its colleagues."""
        self._rooms.setdefault(number, {})[console.connection] = console
        self._tell(number)

    def remove(self, number: SessionNumber, connection: ConnectionId) -> None:
        """Remove a dashboard and tell those who stay."""
        room = self._rooms.get(number, {})
        if room.pop(connection, None) is None:
            return
        if not room:
            del self._rooms[number]
        self._tell(number)

    def look(self, number: SessionNumber, console: Console, candidate: int | None) -> None:
        """Note which candidate a colleague looks at."""
        if console.look != candidate:
            console.look = candidate
            self._tell(number)

    def people(self, number: SessionNumber) -> wire.Colleagues:
        """List who is here."""
        room = self._rooms.get(number, {})
        return wire.Colleagues(
            [wire.Colleague(one.name, one.connection, one.look, "invigilator") for one in room.values()], []
        )

    def _tell(self, number: SessionNumber) -> None:
        for console in self._rooms.get(number, {}).values():
            console.notify()
