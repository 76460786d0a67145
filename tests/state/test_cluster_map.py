"""Of several members' maps one counts: the latest of those that see a whole cluster."""

from __future__ import annotations

import pytest

from state.cluster_map import ClusterMap, latest
from state.cluster_url import Address

ONE, TWO, THREE = (Address("10.0.0.1", port) for port in (1, 2, 3))


def seen(epoch: int, *, is_whole: bool = True) -> ClusterMap:
    return ClusterMap(is_whole, epoch, ((0, 16383, "10.0.0.1", 1, "shard"),))


@pytest.mark.parametrize(
    ("maps", "teller", "counts"),
    [
        ({ONE: seen(3), TWO: seen(7), THREE: seen(6)}, ONE, TWO),
        ({ONE: seen(9, is_whole=False), TWO: seen(7)}, ONE, TWO),
        ({ONE: seen(7), TWO: seen(7), THREE: seen(7)}, THREE, THREE),
        ({ONE: seen(7, is_whole=False), TWO: seen(8, is_whole=False)}, None, TWO),
    ],
    ids=["the latest", "who is cut off is passed over", "who said that it changed", "nobody sees a whole one"],
)
def test_the_map_that_counts(maps: dict[Address, ClusterMap], teller: Address | None, counts: Address) -> None:
    assert latest(maps, teller) == counts
