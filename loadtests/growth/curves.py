"""Which sizes are played: each curve lets one thing grow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from loadtests.swarm.scenes import EXAM_PACE_SECONDS


@dataclass(frozen=True, slots=True)
class Point:
    """One size. `per_second` answers come from all candidates together; none means as an exam has it.

    The people of a room go round the nodes, unless `is_together`: then each room is on one of them.
    """

    rooms: int
    candidates: int = 25
    dashboards: int = 2
    nodes: int = 1
    is_together: bool = False
    per_second: float | None = None

    @property
    def people(self) -> int:
        """Count the candidates of all rooms."""
        return self.rooms * self.candidates

    @property
    def rate(self) -> float:
        """Tell how many answers come in a second."""
        return self.people / EXAM_PACE_SECONDS if self.per_second is None else self.per_second


@dataclass(frozen=True, slots=True)
class Curve:
    """Sizes in their order, each under its label. `is_one_hub`: one hall grows from point to point."""

    title: str
    x_title: str
    points: Mapping[str, Point]
    is_one_hub: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """How thorough to be: at exam pace answers are rare, and a round is longer."""

    rest_seconds: float = 3.0
    idle_seconds: float = 10.0
    rounds: int = 3
    round_seconds: float = 6.0
    pace_seconds: float = 15.0


QUICK_PLAN = Plan(rest_seconds=0.5, idle_seconds=2.0, rounds=1, round_seconds=2.0)


def curves(*, is_quick: bool = False) -> dict[str, Curve]:
    """Give all curves; the quick ones only show that everything works."""
    sizes = QUICK if is_quick else FULL
    return {
        "connections": Curve(
            "What a connection costs as they become more",
            "candidates at exam pace, in rooms of 25 with 2 dashboards",
            {f"{rooms * 25:,}": Point(rooms, per_second=sizes.pace) for rooms in sizes.rooms},
            is_one_hub=True,
        ),
        "rooms": Curve(
            f"The same {sizes.people:,} candidates in more and more rooms",
            f"rooms with 2 dashboards each, {sizes.rate:g} answers a second in all",
            {
                str(rooms): Point(rooms, sizes.people // rooms, per_second=sizes.rate) for rooms in sizes.divisions
            },
        ),
        "nodes": _of_nodes(sizes, "the people of each room all over them"),
        "together": _of_nodes(sizes, "the people of each room on one of them", is_together=True),
        "dashboards": Curve(
            "The same hall with more and more dashboards in each room",
            f"dashboards of each of {sizes.watched} rooms of 25, {sizes.watched_rate:g} answers a second in all",
            {
                str(each): Point(sizes.watched, dashboards=each, per_second=sizes.watched_rate)
                for each in sizes.dashboards
            },
            is_one_hub=True,
        ),
    }  # fmt: skip


def _of_nodes(sizes: Sizes, where: str, *, is_together: bool = False) -> Curve:
    """Give each node as much as the first has: where there is less to do, fewer answers share a wake-up."""
    points = {
        str(nodes): Point(
            sizes.hall * nodes, nodes=nodes, per_second=sizes.node_rate * nodes, is_together=is_together
        )
        for nodes in sizes.nodes
    }  # fmt: skip
    x_title = f"nodes; for each {sizes.hall} rooms of 25 with 2 dashboards and {sizes.node_rate:g} answers a second"
    return Curve(f"More and more nodes, each with its own share, {where}", x_title, points)


@dataclass(frozen=True, slots=True)
class Sizes:
    """The numbers of all curves."""

    rooms: Sequence[int]
    pace: float | None
    divisions: Sequence[int]
    nodes: Sequence[int]
    dashboards: Sequence[int]
    people: int
    rate: float
    hall: int
    node_rate: float
    watched: int
    watched_rate: float


FULL = Sizes(
    rooms=(40, 100, 200, 400), pace=None, divisions=(10, 50, 100, 200, 400, 800), nodes=(1, 2, 4),
    dashboards=(1, 2, 5, 10, 20), people=3200, rate=300.0, hall=16, node_rate=75.0, watched=40, watched_rate=100.0,
)  # fmt: skip
QUICK = Sizes(
    rooms=(2, 4), pace=10.0, divisions=(2, 4, 8), nodes=(1, 2), dashboards=(1, 4),
    people=96, rate=40.0, hall=2, node_rate=20.0, watched=4, watched_rate=40.0,
)  # fmt: skip
