"""The container files, read without a container: the services, their checks, the proxy and the database."""

from __future__ import annotations

import http.server
import ipaddress
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from channels.node import Pace
from state.embedded.postgres import APP, DATABASE, OWNER
from tests.container_files import COMPOSE, HUBS, ONCE, ROOT, SERVICES, last_stage
from web.bodies import answer
from web.server import GRACEFUL_SECONDS

_SECONDS = re.compile(r"(\d+)s")


# ── the services ───────────────────────────────────────────────────────────────────────────────────────────────


def test_the_two_hubs_are_the_same() -> None:
    assert SERVICES["hub-1"] == SERVICES["hub-2"]


def test_every_service_is_asked_how_it_is_but_the_one_that_ends() -> None:
    assert {name for name, one in SERVICES.items() if one["healthcheck"].get("test")} == set(SERVICES) - {ONCE}
    assert (SERVICES[ONCE]["restart"], SERVICES[ONCE]["command"]) == ("no", ["vigie", "migrate"])
    for hub in HUBS:
        assert SERVICES[hub]["depends_on"][ONCE] == {"condition": "service_completed_successfully"}
    assert SERVICES[ONCE]["depends_on"]["postgres"] == {"condition": "service_healthy"}


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_has_as_few_rights_as_it_can(name: str) -> None:
    service = SERVICES[name]
    user = service.get("user") or dict(last_stage())["USER"]
    assert user.split(":")[0] not in ("0", "root")
    assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service.get("cap_add", []) == (["NET_BIND_SERVICE"] if name == "proxy" else [])
    assert 0 < service["pids_limit"] <= 512


@pytest.mark.parametrize("name", SERVICES)
def test_what_can_be_written_in_memory_runs_nothing_and_has_an_end(name: str) -> None:
    assert SERVICES[name]["tmpfs"]
    for place in SERVICES[name]["tmpfs"]:
        options = place.partition(":")[2].split(",")
        assert {"noexec", "nosuid", "nodev"} <= set(options), place
        assert any(re.fullmatch(r"size=\d+m", option) for option in options), place


def test_only_the_proxy_can_be_reached_and_the_stores_are_where_it_is_not() -> None:
    assert [name for name, one in SERVICES.items() if "ports" in one] == ["proxy"]
    assert COMPOSE["networks"]["back"] == {"internal": True}
    networks = {name: set(one["networks"]) for name, one in SERVICES.items()}
    assert networks["proxy"] == {"front"}
    assert networks["postgres"] == networks["redis"] == networks[ONCE] == {"back"}
    assert networks["hub-1"] == {"front", "back"}


def test_the_hubs_believe_the_proxys_address_which_nobody_else_can_get() -> None:
    (network,) = COMPOSE["networks"]["front"]["ipam"]["config"]
    proxy = ipaddress.ip_address(SERVICES["proxy"]["networks"]["front"]["ipv4_address"])
    assert str(proxy) == SERVICES["hub-1"]["environment"]["VIGIE_PROXIES"]
    assert proxy in ipaddress.ip_network(network["subnet"])
    assert proxy not in ipaddress.ip_network(network["ip_range"])
    assert ipaddress.ip_network(network["ip_range"]).subnet_of(ipaddress.ip_network(network["subnet"]))


def test_whoever_joins_the_hubs_network_may_read_the_figures_and_neither_proxy_nor_gateway_is_among_them() -> None:
    environment = SERVICES["hub-1"]["environment"]
    (pool,) = COMPOSE["networks"]["front"]["ipam"]["config"]
    readers = ipaddress.ip_network(environment["VIGIE_METRICS"])
    assert readers == ipaddress.ip_network(pool["ip_range"])
    assert ipaddress.ip_address(environment["VIGIE_PROXIES"]) not in readers
    # Where people's addresses are hidden behind the gateway's, everybody would be a reader.
    assert next(ipaddress.ip_network(pool["subnet"]).hosts()) not in readers


def test_every_volume_is_declared_and_every_folder_is_there() -> None:
    mounted = [volume.split(":") for one in SERVICES.values() for volume in one.get("volumes", [])]
    folders = [(source, rest) for source, *rest in mounted if source.startswith("./")]
    assert {source for source, *_ in mounted if not source.startswith("./")} == set(COMPOSE["volumes"])
    assert folders
    for source, (_, *mode) in folders:
        assert (ROOT / source).is_dir(), source
        assert mode == ["ro"], source
    assert (ROOT / "deploy" / "proxy" / "Caddyfile").is_file()


def test_a_hub_is_given_the_time_to_say_goodbye() -> None:
    given = _SECONDS.fullmatch(SERVICES["hub-1"]["stop_grace_period"])
    assert given is not None
    assert int(given[1]) > Pace().drain + 2 * GRACEFUL_SECONDS


def test_redis_keeps_what_it_is_told_and_evicts_nothing() -> None:
    command = SERVICES["redis"]["command"][-1]
    for option in ("--appendonly yes", "--appendfsync everysec", "--maxmemory-policy noeviction", "requirepass $$"):
        assert option in command


def test_only_one_service_builds_the_image_and_the_others_never_fetch_it() -> None:
    ours = {name: one for name, one in SERVICES.items() if one["image"] == "vigie:local"}
    assert set(ours) == {*HUBS, ONCE}
    assert [name for name, one in SERVICES.items() if "build" in one] == [ONCE]
    assert {one["pull_policy"] for one in ours.values()} == {"never"}


# ── the health checks, run ─────────────────────────────────────────────────────────────────────────────────────


def image_check() -> str:
    return dict(last_stage())["HEALTHCHECK"].rsplit('"', 2)[1]


def hub_check() -> str:
    kind, python, option, program = SERVICES["hub-1"]["healthcheck"]["test"]
    assert (kind, python, option) == ("CMD", "python", "-c")
    return str(program)


@contextmanager
def answering(status: int) -> Iterator[tuple[int, list[str]]]:
    """Serve one status for everything; yield the port and the paths that were asked for."""
    paths: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            paths.append(self.path)
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        serving.start()
        try:
            yield server.server_port, paths
        finally:
            server.shutdown()
            serving.join()


def run_check(program: str, port: int) -> int:
    assert program.count("8000") == 1
    moved = program.replace("8000", str(port))
    return subprocess.run([sys.executable, "-c", moved], stderr=subprocess.DEVNULL, timeout=10).returncode


@pytest.mark.parametrize(("program", "path"), [(image_check(), "/healthz"), (hub_check(), "/readyz")])
def test_a_hubs_check_asks_its_question_and_hears_no(program: str, path: str) -> None:
    assert f'"{path}"' in (ROOT / "web" / "health.py").read_text(encoding="utf-8")
    with answering(200) as (port, paths):
        assert run_check(program, port) == 0
        assert paths == [path]
    with answering(503) as (port, _):
        assert run_check(program, port) == 1
    assert run_check(program, port) == 1, "nobody listens there now"


# ── the proxy and the database ─────────────────────────────────────────────────────────────────────────────────


def test_the_proxy_sends_to_the_hubs_and_to_the_ports_compose_maps() -> None:
    text = (ROOT / "deploy" / "proxy" / "Caddyfile").read_text(encoding="utf-8")
    port = re.search(r"VIGIE_PORT=(\d+)", dict(last_stage())["ENV"])
    assert port is not None
    assert re.findall(r"^\tto (.*)$", text, re.MULTILINE) == [" ".join(f"{hub}:{port[1]}" for hub in HUBS)]
    inner = dict(re.findall(r"^\t(https?)_port (\d+)$", text, re.MULTILINE))
    assert SERVICES["proxy"]["ports"] == [f"80:{inner['http']}", f"443:{inner['https']}"]
    assert re.findall(r"^\t\thealth_uri (.*)$", text, re.MULTILINE) == ["/readyz"]
    body = answer({"ready": True, "missing": [], "overloaded": False}).body
    [healthy] = re.findall(r"^\t\thealth_body `(.*)`$", text, re.MULTILINE)
    assert re.search(healthy.encode(), body)
    assert not re.search(healthy.encode(), body.replace(b"false", b"true"))
    assert set(re.findall(r"\{\$(\w+)", text)) == set(SERVICES["proxy"]["environment"])
    asked_for = re.search(r"127\.0\.0\.1:(\d+)/", " ".join(SERVICES["proxy"]["healthcheck"]["test"]))
    assert asked_for is not None
    assert f":{asked_for[1]} {{\n\tbind 127.0.0.1" in text


def test_the_database_has_the_roles_of_the_embedded_one() -> None:
    roles = (ROOT / "deploy" / "database" / "roles.sql").read_text(encoding="utf-8")
    assert set(re.findall(r"CREATE ROLE (\w+) LOGIN NOSUPERUSER NOCREATEROLE", roles)) == {OWNER, APP}
    assert f"CREATE DATABASE {DATABASE} OWNER {OWNER} TEMPLATE template0;" in roles
    assert f"REVOKE ALL ON DATABASE {DATABASE} FROM PUBLIC;" in roles
    assert f"GRANT CONNECT ON DATABASE {DATABASE} TO {APP};" in roles
    given = dict(re.findall(r"^\\getenv (\w+) (\w+)$", roles, re.MULTILINE))
    assert set(given.values()) <= set(SERVICES["postgres"]["environment"])
    assert set(re.findall(r":'(\w+)'", roles)) == set(given)
