"""The figures of the two stores as this process meets them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from prometheus_client.core import Metric

from state.figures import Memory, PostgresFigures, RedisFigures
from web.metrics.spelling import by_word, counter, gauge, histogram


@dataclass(frozen=True, slots=True)
class Pool:
    """Some connections to the ledger, and what is counted of them."""

    size: int
    figures: PostgresFigures


def redis(of: RedisFigures, waiting: int, memory: Memory | None) -> Iterator[Metric]:
    """Tell how the live store and its bell answer."""
    yield counter("vigie_redis_calls", "Calls by script or command", by_word(of.calls), ("script",))
    yield histogram(
        "vigie_redis_round_trip_seconds",
        "From a write to the answer of its last call; one write at a time",
        of.round_trip,
    )
    yield gauge("vigie_redis_calls_waiting", "Calls without an answer", waiting)
    yield counter("vigie_redis_connections", "Connections opened, by line", by_word(of.connected), ("line",))
    yield counter("vigie_redis_failures", "What went wrong with lines and calls", by_word(of.failed), ("reason",))
    yield counter("vigie_bell_rings", "Rings heard of rooms that are followed", of.rings)
    yield counter("vigie_bell_subscriptions", "Subscriptions the server agreed to, again after each line", of.confirmed)
    yield counter("vigie_bell_silent", "Lines of the bell dropped because they were silent", of.silent)
    used: dict[tuple[()], float] = {} if memory is None else {(): memory.used}
    most: dict[tuple[()], float] = {} if memory is None or memory.most is None else {(): memory.most}
    yield gauge("vigie_redis_memory_bytes", "Memory the server says it uses; absent while it is away", used)
    yield gauge("vigie_redis_memory_limit_bytes", "Memory it may use; absent without a limit", most)


def postgres(work: PostgresFigures, pools: Mapping[str, Pool]) -> Iterator[Metric]:
    """Tell how the ledger answers: to decisions and everything people do, and to what a node looks at each second."""
    one = ("pool",)
    asking = {(name,): pool.figures.asking for name, pool in pools.items()}
    sizes = {(name,): pool.size for name, pool in pools.items()}
    used = {name: min(count, sizes[name]) for name, count in asking.items()}
    waiting = {name: count - used[name] for name, count in asking.items()}
    yield gauge("vigie_postgres_pool_size", "Connections there may be, by pool", sizes, one)
    yield gauge("vigie_postgres_pool_used", "Connections in use", used, one)
    yield gauge("vigie_postgres_pool_waiting", "Callers that wait for a connection", waiting, one)
    yield histogram(
        "vigie_postgres_transaction_seconds",
        "A decision's transaction, with the wait for a connection and for the session's lock",
        work.transaction,
    )
    errors: Counter[str] = Counter()
    for pool in pools.values():
        errors.update(pool.figures.errors)
    yield counter("vigie_postgres_errors", "What went wrong, by kind", by_word(errors), ("kind",))
