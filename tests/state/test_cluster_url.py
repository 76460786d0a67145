"""The address of a cluster: seeds, login and options, for each member the same."""

from __future__ import annotations

import pytest

from state.cluster_url import Address, ClusterUrl, is_cluster


def test_seeds_share_login_and_options() -> None:
    url = ClusterUrl.parse("rediss+cluster://vigie:p%40ss@a.example:7000,b.example,[::1]:7002?ssl_ca_certs=/ca.pem")
    assert url.seeds == (Address("a.example", 7000), Address("b.example", 6379), Address("::1", 7002))
    assert url.of(Address("10.0.0.7", 7003)) == "rediss://vigie:p%40ss@10.0.0.7:7003?ssl_ca_certs=/ca.pem"
    assert url.of(Address("::2", 7003)) == "rediss://vigie:p%40ss@[::2]:7003?ssl_ca_certs=/ca.pem"


def test_a_member_stands_for_its_cluster() -> None:
    assert ClusterUrl.of_member("redis://:secret@one:7000/0?x=1") == ClusterUrl.parse(
        "redis+cluster://:secret@one:7000?x=1"
    )


@pytest.mark.parametrize(
    "wrong", ["redis://a", "redis+cluster://", "redis+cluster://a/1", "redis+cluster://a:x,b", "a"]
)
def test_what_is_no_cluster_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match="is expected"):
        ClusterUrl.parse(wrong)


def test_a_cluster_is_told_by_its_scheme() -> None:
    assert [is_cluster(one) for one in ("redis+cluster://a", "rediss+cluster://a", "redis://a", "unix://a")] == [
        True,
        True,
        False,
        False,
    ]
