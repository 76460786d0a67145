"""The figures as Prometheus reads them: who may, and what they say of HTTP and sockets."""

from __future__ import annotations

import re
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.requests import HTTPConnection

from hub.figures import Spread
from state.figures import RedisFigures
from tests.web.lycee import ORIGIN
from web.access import may_read_figures
from web.app import create_app
from web.house import House
from web.metrics import stores
from web.metrics.process import open_descriptors
from web.metrics.spelling import histogram
from web.settings import ANYWHERE, Settings, SettingsError, read

NAMED = read({"VIGIE_METRICS": "10.1.0.0/16, 192.168.7.4, fd00::/8"}).metrics


def asked_by(peer: str | None, **headers: str) -> HTTPConnection:
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return HTTPConnection({"type": "http", "headers": raw, "client": (peer, 4242) if peer else None})


@pytest.mark.parametrize("peer", ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"])
def test_this_machine_may_read_the_figures(peer: str) -> None:
    assert may_read_figures((), asked_by(peer))


@pytest.mark.parametrize("header", ["x_forwarded_for", "x_real_ip", "forwarded", "via"])
def test_what_a_proxy_on_this_machine_passes_on_is_not_this_machine(header: str) -> None:
    assert not may_read_figures(NAMED, asked_by("127.0.0.1", **{header: "203.0.113.9"}))


@pytest.mark.parametrize(
    ("peer", "may"),
    [
        ("10.1.255.3", True),
        ("192.168.7.4", True),
        ("::ffff:192.168.7.4", True),
        ("fd12::1", True),
        ("10.2.0.1", False),
        ("192.168.7.5", False),
        ("2001:db8::1", False),
        ("unknown", False),
        (None, False),
    ],
)
def test_from_elsewhere_only_named_networks_may(peer: str | None, may: bool) -> None:
    assert may_read_figures(NAMED, asked_by(peer)) is may
    assert not may_read_figures((), asked_by(peer))


@pytest.mark.parametrize("peer", ["203.0.113.9", "2001:db8::1", "127.0.0.1"])
def test_open_means_anybody(peer: str) -> None:
    networks = read({"VIGIE_METRICS": "open"}).metrics
    assert networks == ANYWHERE
    assert may_read_figures(networks, asked_by(peer, x_forwarded_for="203.0.113.9"))


def test_by_default_nobody_is_named_and_a_wrong_name_is_a_mistake() -> None:
    assert Settings().metrics == ()
    with pytest.raises(SettingsError, match=r"VIGIE_METRICS is not valid: open, or addresses"):
        read({"VIGIE_METRICS": "everybody"})


async def test_whoever_may_not_is_refused_like_anywhere_and_told_no_figure(house: House) -> None:
    transport = httpx.ASGITransport(create_app(house), client=("203.0.113.9", 4242))
    async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as stranger:
        answer = await stranger.get("/metrics")
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "forbidden")
    assert "vigie_" not in answer.text


async def test_requests_are_counted_and_timed_by_the_pattern_of_their_route(anybody: httpx.AsyncClient) -> None:
    for number in (4242, 4343):
        await anybody.get(f"/api/sessions/{number}")
    await anybody.get("/nowhere/at/all")
    answer = await anybody.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=")
    samples = {
        (one.name, *one.labels.values()): one.value
        for family in text_string_to_metric_families(answer.text)
        for one in family.samples
        if one.name in ("vigie_http_requests_total", "vigie_http_seconds_count")
    }
    assert samples == {
        ("vigie_http_requests_total", "/api/sessions/{number:number}", "401"): 2,
        ("vigie_http_seconds_count", "/api/sessions/{number:number}"): 2,
        ("vigie_http_requests_total", "none", "404"): 1,
        ("vigie_http_seconds_count", "none"): 1,
    }


def test_a_spread_is_spelled_as_buckets_that_include_those_below() -> None:
    spread = Spread((0.025, 1.0))
    for value in (0.01, 0.02, 0.5, 7.0):
        spread.note(value)
    samples = histogram("n", "m", {("a",): spread}, ("who",)).samples
    assert [(one.name, one.labels.get("le"), one.value) for one in samples] == [
        ("n_bucket", "0.025", 2),
        ("n_bucket", "1.0", 3),
        ("n_bucket", "+Inf", 4),
        ("n_count", None, 4),
        ("n_sum", None, 7.53),
    ]


def test_a_live_store_that_is_away_has_no_memory_and_every_other_figure() -> None:
    families = {one.name: one.samples for one in stores.redis(RedisFigures(), 0, None)}
    assert families["vigie_redis_memory_bytes"] == []
    assert families["vigie_redis_memory_limit_bytes"] == []
    assert all(samples for name, samples in families.items() if not re.search("memory|calls$", name))


def test_an_open_file_is_one_descriptor_more(tmp_path: Path) -> None:
    before = open_descriptors()
    with ExitStack() as files:
        for name in "abc":
            files.enter_context((tmp_path / name).open("w"))
        assert open_descriptors() == before + 3
    assert open_descriptors() == before
