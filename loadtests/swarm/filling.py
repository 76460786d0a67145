"""A hall that fills: more rooms, more dashboards, everybody in the test, for what is measured afterwards."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from loadtests.class_rooms import Api
from loadtests.nodes import Nodes
from loadtests.swarm import scenes
from loadtests.swarm.hall import Hall
from loadtests.swarm.people import Address
from loadtests.swarm.scenes import Stage
from loadtests.swarm.tally import Tally


@dataclass(frozen=True, slots=True)
class Filling:
    """A stage, and who lays it out."""

    stage: Stage
    api: Api
    admin: str
    invigilator: str

    @classmethod
    @asynccontextmanager
    async def of(cls, nodes: Nodes, *, is_together: bool = False) -> AsyncIterator[Filling]:
        """Begin with an empty hall on these nodes; everybody leaves at the end."""
        hall, api = Hall(Address(*nodes.ports), Tally(), is_together=is_together), Api(nodes.base_url)
        try:
            admin = await api.login(nodes.demo["admin"])
            yield cls(Stage(hall, nodes), api, admin, await api.login(nodes.demo["invigilator"]))
        finally:
            hall.leave()
            await api.http.aclose()

    async def up_to(self, rooms: int, candidates: int, dashboards: int) -> None:
        """Add what is missing up to so many rooms, new ones with so many candidates, all with so many dashboards."""
        stage, hall = self.stage, self.stage.hall
        before = len(hall.rooms)
        await hall.lay_out(self.api, self.admin, rooms - before, candidates)
        await hall.identify(self.api)
        await hall.attend(self.api, self.invigilator, dashboards)
        if rooms > before:
            await scenes.join(stage)
            await scenes.start(stage)
