"""Somebody who lets everything go wrong, at random moments, several things at once.

Two faults that concern the same part of the rig never stand at once; all others may.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tests.faults import kinds
from tests.faults.kinds import Kind
from tests.faults.rig import Rig

PAUSE_SECONDS = (0.2, 1.2)
MOST_AT_ONCE = 3
DB, LIVE = "postgres", "redis"


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong, whose parts it needs for itself, and for how long it stands, in seconds."""

    kind: Kind
    parts: frozenset[str]
    seconds: tuple[float, float] = (0.2, 2.5)

    @property
    def name(self) -> str:
        return self.kind.__name__.replace("_", " ")


HUB_1, HUB_2 = frozenset({"hub-1"}), frozenset({"hub-2"})
HUBS = HUB_1 | HUB_2


def _of_each_hub(kind: Callable[[int], Kind], seconds: tuple[float, float] = (0.2, 2.5)) -> list[Fault]:
    return [Fault(kind(number), one, seconds) for number, one in enumerate((HUB_1, HUB_2))]


FAULTS: Sequence[Fault] = (
    Fault(kinds.postgres_is_killed, frozenset({DB}), (0.8, 1.5)),
    Fault(kinds.postgres_quits_at_once, frozenset({DB}), (0.8, 1.5)),
    Fault(kinds.postgres_is_frozen, frozenset({DB})),
    Fault(kinds.every_connection_is_ended, frozenset({DB}), (0.0, 0.3)),
    Fault(kinds.somebody_locks_every_room, frozenset({DB})),
    Fault(kinds.somebody_reads_for_long, frozenset({"reader"}), (1.0, 5.0)),
    Fault(kinds.the_database_has_no_address, frozenset({DB})),
    Fault(kinds.redis_is_killed, frozenset({LIVE})),
    Fault(kinds.redis_is_frozen, frozenset({LIVE})),
    Fault(kinds.redis_forgets, frozenset({LIVE}), (0.0, 0.3)),
    Fault(kinds.redis_takes_no_writes, frozenset({LIVE})),
    Fault(kinds.bells_are_mistreated, frozenset({"bells"}), (1.0, 5.0)),
    *_of_each_hub(kinds.a_hub_is_stopped, seconds=(0.3, 7.0)),
    *_of_each_hub(kinds.a_hub_is_killed),
    *_of_each_hub(kinds.a_hub_loses_the_database),
    *_of_each_hub(kinds.a_hub_is_far_from_the_database),
    *_of_each_hub(kinds.a_hub_loses_redis),
    *_of_each_hub(kinds.an_answer_to_a_commit_is_lost),
    *_of_each_hub(kinds.a_hub_is_stopped_after_a_commit),
    *_of_each_hub(kinds.clients_of_a_hub_are_cut),
    Fault(kinds.both_hubs_are_killed, HUBS),
    Fault(kinds.both_stores_are_restarted, frozenset({DB, LIVE}), (0.5, 1.5)),
    Fault(kinds.the_power_is_cut, HUBS | {DB, LIVE}, (0.2, 1.0)),
)


# ── the nemesis ────────────────────────────────────────────────────────────────────────────────────────────────


async def stand(rig: Rig, fault: Fault, seconds: float) -> None:
    """Let one fault begin, stand for so long, and heal."""
    rig.tally.add("faults")
    rig.journal.note("nemesis", f"{fault.name}, for {seconds:.1f} s")
    async with fault.kind(rig):
        await asyncio.sleep(seconds)
    rig.journal.note("nemesis", f"no more: {fault.name}")


async def haunt(rig: Rig, seconds: float, faults: Sequence[Fault] = FAULTS, most: int = MOST_AT_ONCE) -> None:
    """Draw one fault after the other for so long; up to so many overlap. What has begun is healed before it returns."""
    until = time.monotonic() + seconds
    standing: dict[asyncio.Task[None], Fault] = {}
    async with asyncio.TaskGroup() as group:
        while time.monotonic() < until:
            standing = {task: fault for task, fault in standing.items() if not task.done()}
            taken = {part for fault in standing.values() for part in fault.parts}
            free = [fault for fault in faults if not fault.parts & taken]
            if free and len(standing) < most:
                fault = rig.chance.choice(free)
                standing[group.create_task(stand(rig, fault, rig.chance.uniform(*fault.seconds)))] = fault
            await asyncio.sleep(rig.chance.uniform(*PAUSE_SECONDS))
