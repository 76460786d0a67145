"""The container files, read without a container: what they name exists, what they ask for is made, and no secret."""

from __future__ import annotations

import http.server
import ipaddress
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from channels.node import Pace
from state.embedded.postgres import APP, DATABASE, OWNER
from web import settings
from web.bodies import answer
from web.server import GRACEFUL_SECONDS

ROOT = Path(__file__).resolve().parents[1]
ENV_SCRIPT = ROOT / "deploy" / "make_env.sh"
HUBS = ("hub-1", "hub-2")
ONCE = "migrate"
SECRETS = frozenset({"POSTGRES_PASSWORD", "OWNER_PASSWORD", "APP_PASSWORD", "REDIS_PASSWORD", "SECRET_KEY"})

_ASKED = re.compile(r"\$\{(\w+):\?([^}]*)\}")
_SECONDS = re.compile(r"(\d+)s")


# ── reading ────────────────────────────────────────────────────────────────────────────────────────────────────


class Yaml:
    """Reads the part of YAML that docker-compose.yml uses, and fails on the rest instead of guessing."""

    _ITEM = re.compile(r""""([^"\\]*)"|'([^']*)'|([^\s,"'\[\]{}&*|>][^,"'\[\]{}]*)""")

    def __init__(self, text: str) -> None:
        lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
        self._rows = [(len(line) - len(line.lstrip()), line.strip()) for line in lines]
        self._at = 0
        self._anchors: dict[str, Any] = {}

    def read(self) -> Any:
        found = self._node(0)
        assert self._at == len(self._rows), f"not read: {self._rows[self._at]}"
        return found

    def _indent(self) -> int:
        return self._rows[self._at][0] if self._at < len(self._rows) else -1

    def _node(self, indent: int) -> Any:
        return self._list(indent) if self._rows[self._at][1].startswith("- ") else self._mapping(indent)

    def _mapping(self, indent: int) -> dict[str, Any]:
        own: dict[str, Any] = {}
        merged: dict[str, Any] = {}
        while self._indent() == indent:
            key, colon, rest = self._rows[self._at][1].partition(":")
            assert colon, self._rows[self._at]
            assert key not in own, f"twice: {key}"
            self._at += 1
            value = self._value(rest.strip(), indent)
            merged, own = ({**merged, **value}, own) if key == "<<" else (merged, {**own, key: value})
        return {**merged, **own}

    def _list(self, indent: int) -> list[Any]:
        items = []
        while self._indent() == indent:
            text = self._rows[self._at][1].removeprefix("- ")
            if re.match(r"\w+: ", text):
                self._rows[self._at] = (indent + 2, text)
                items.append(self._mapping(indent + 2))
            else:
                self._at += 1
                items.append(self._value(text, indent))
        return items

    def _value(self, text: str, indent: int) -> Any:
        if text.startswith("&"):
            name, _, rest = text[1:].partition(" ")
            self._anchors[name] = self._value(rest, indent)
            return self._anchors[name]
        if text.startswith("*"):
            return self._anchors[text[1:]]
        if text == "|":
            return "".join(self._deeper(indent))
        if not text:
            return self._node(self._indent()) if self._indent() > indent else None
        if text.startswith("["):
            assert text.endswith("]"), text
            return [self._scalar(item) for item in self._ITEM.finditer(text[1:-1])]
        found = self._ITEM.fullmatch(text)
        # A plain scalar may hold what a list's item may not: it ends with its line.
        return self._scalar(found) if found else self._plain(text)

    def _deeper(self, indent: int) -> Iterator[str]:
        while self._indent() > indent:
            yield self._rows[self._at][1] + "\n"
            self._at += 1

    def _scalar(self, item: re.Match[str]) -> Any:
        double, single, plain = item.groups()
        return self._plain(plain.strip()) if plain is not None else double if double is not None else single

    def _plain(self, text: str) -> Any:
        assert not re.search(r": |\s#", text.partition("${")[0]), text
        assert text[0] not in "\"'[{&*|>!%@`", text
        return True if text == "true" else int(text) if text.isdigit() else text


def compose() -> dict[str, Any]:
    found: dict[str, Any] = Yaml((ROOT / "docker-compose.yml").read_text(encoding="utf-8")).read()
    return found


COMPOSE = compose()
SERVICES: Mapping[str, dict[str, Any]] = COMPOSE["services"]


def instructions() -> list[tuple[str, str]]:
    """Return the Dockerfile's instructions, each with its words on one line."""
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    kept = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    lines = [line for line in re.sub(r"\\\n\s*", "", kept).splitlines() if line]
    return [(word, rest) for word, _, rest in (line.partition(" ") for line in lines)]


def last_stage() -> list[tuple[str, str]]:
    found = instructions()
    return found[max(place for place, (word, _) in enumerate(found) if word == "FROM") :]


def texts(value: Any) -> Iterator[str]:
    """Yield every text in a part of the compose file."""
    if isinstance(value, dict):
        for one in value.values():
            yield from texts(one)
    elif isinstance(value, list):
        for one in value:
            yield from texts(one)
    else:
        yield str(value)


def asked(value: Any) -> set[str]:
    return {name for text in texts(value) for name, _ in _ASKED.findall(text)}


@pytest.fixture(scope="module")
def env(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    """Return what the script writes, in a folder of its own."""
    folder = tmp_path_factory.mktemp("installation")
    assert make_env(folder, "Exams.example.org").returncode == 0
    return env_in(folder)


def make_env(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    (folder / "deploy").mkdir(exist_ok=True)
    script = shutil.copy(ENV_SCRIPT, folder / "deploy")
    return subprocess.run(["sh", script, *words], capture_output=True, text=True, timeout=10)


def env_in(folder: Path) -> dict[str, str]:
    lines = (folder / ".env").read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if not line.startswith("#"))


# ── the environment script ─────────────────────────────────────────────────────────────────────────────────────


def test_the_script_makes_every_variable_that_is_asked_for_and_no_other(env: Mapping[str, str]) -> None:
    assert asked(COMPOSE) == set(env)
    assert all(env.values())


def test_every_variable_that_is_missing_stops_compose_with_what_to_do() -> None:
    every = [text for text in texts(COMPOSE) if "${" in text]
    assert every
    assert [text for text in every if len(_ASKED.findall(text)) != text.count("${")] == []
    assert {hint for text in every for _, hint in _ASKED.findall(text)} == {"run sh deploy/make_env.sh first"}


def test_secrets_are_long_need_no_quoting_and_are_never_the_same_twice(env: Mapping[str, str], tmp_path: Path) -> None:
    make_env(tmp_path, "localhost")
    both = [one[name] for one in (env, env_in(tmp_path)) for name in SECRETS]
    assert all(re.fullmatch(r"[0-9a-f]{64}", secret) for secret in both)
    assert len(set(both)) == 2 * len(SECRETS)


def test_the_file_is_for_its_owner_alone_and_is_never_written_over(tmp_path: Path) -> None:
    make_env(tmp_path, "localhost")
    assert (tmp_path / ".env").stat().st_mode & 0o777 == 0o600
    before = (tmp_path / ".env").read_bytes()
    again = make_env(tmp_path, "localhost")
    assert (again.returncode, "was not changed" in again.stderr) == (1, True)
    assert (tmp_path / ".env").read_bytes() == before


@pytest.mark.parametrize("words", [(), ("",), ("https://x",), ("a b",), ("$(id)",), ("x/y",), ("x\ny",)])
def test_what_is_no_name_is_refused(words: tuple[str, ...], tmp_path: Path) -> None:
    refused = make_env(tmp_path, *words)
    assert (refused.returncode, refused.stderr.startswith("usage:")) == (2, True)
    assert not (tmp_path / ".env").exists()


def test_git_and_the_build_never_see_the_file() -> None:
    assert ".env" in (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert not any(is_sent(Path(name)) for name in (".env", "var/secret_key", ".git/config", "deploy/proxy/Caddyfile"))


# ── secrets and settings ───────────────────────────────────────────────────────────────────────────────────────


def test_no_secret_stands_in_a_committed_file() -> None:
    for name, service in SERVICES.items():
        for key, value in service.get("environment", {}).items():
            is_secret = re.search(r"PASSWORD|KEY", key) or re.search(r"//[^/]*:[^/]*@", str(value))
            assert not is_secret or asked(value) & SECRETS, f"{name}: {key}"
    roles = (ROOT / "deploy" / "database" / "roles.sql").read_text(encoding="utf-8")
    assert roles.count("PASSWORD :'") == roles.count("LOGIN") == 2


def test_each_service_knows_the_secrets_it_needs_and_no_other() -> None:
    known = {name: asked(service) & SECRETS for name, service in SERVICES.items()}
    hub = {"APP_PASSWORD", "REDIS_PASSWORD", "SECRET_KEY"}
    assert known == {
        "hub-1": hub,
        "hub-2": hub,
        "migrate": {"OWNER_PASSWORD"},
        "postgres": {"POSTGRES_PASSWORD", "OWNER_PASSWORD", "APP_PASSWORD"},
        "redis": {"REDIS_PASSWORD"},
        "proxy": set(),
    }


def test_no_secret_is_an_argument_that_the_list_of_processes_would_show() -> None:
    for service in SERVICES.values():
        assert asked(service.get("command")) == asked(service.get("healthcheck")) == set()


class Asked(dict[str, str]):
    """An environment that remembers what it was asked for."""

    def get(self, name: str, default: str | None = None) -> str | None:  # type: ignore[override]
        self.setdefault(name, "")
        return default


def test_every_vigie_variable_is_a_setting() -> None:
    known = Asked()
    settings.read(known)
    files = [ROOT / name for name in ("docker-compose.yml", "Dockerfile", "deploy/proxy/Caddyfile", ENV_SCRIPT)]
    used = {name for path in files for name in re.findall(r"VIGIE_[A-Z_]*", path.read_text(encoding="utf-8"))}
    assert {"VIGIE_DATABASE_URL", "VIGIE_SECRET_KEY", "VIGIE_HOST"} <= used
    assert used <= set(known)


@pytest.mark.parametrize(("name", "role", "secret"), [("hub-1", APP, "APP_PASSWORD"), (ONCE, OWNER, "OWNER_PASSWORD")])
def test_the_settings_are_accepted(name: str, role: str, secret: str, env: Mapping[str, str]) -> None:
    given = SERVICES[name]["environment"]
    read = settings.read({key: _ASKED.sub(lambda one: env[one[1]], str(value)) for key, value in given.items()})
    assert read.database_url == f"postgresql+asyncpg://{role}:{env[secret]}@postgres/{DATABASE}"
    if name != ONCE:
        assert read.redis_url == f"redis://:{env['REDIS_PASSWORD']}@redis:6379/0"
        assert (read.secret_key, read.public_url) == (env["SECRET_KEY"], "https://exams.example.org")


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


# ── the image ──────────────────────────────────────────────────────────────────────────────────────────────────


def ignore_rules() -> list[tuple[bool, re.Pattern[str]]]:
    """Return .dockerignore as (is it let in again, pattern)."""
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    return [
        (line.startswith("!"), as_pattern(line.removeprefix("!")))
        for line in lines
        if line and not line.startswith("#")
    ]


def as_pattern(text: str) -> re.Pattern[str]:
    spelled = {"**/": "(?:.*/)?", "*": "[^/]*"}
    return re.compile("".join(spelled.get(part, re.escape(part)) for part in re.split(r"(\*\*/|\*)", text)))


def is_sent(path: Path) -> bool:
    """Tell whether the build gets a file: the last rule that names it or a folder above it decides."""
    names = [str(one) for one in (path, *path.parents) if str(one) != "."]
    verdict = True
    for is_back, pattern in ignore_rules():
        if any(pattern.fullmatch(name) for name in names):
            verdict = is_back
    return verdict


def files_under(path: Path) -> Iterator[Path]:
    for one in [path] if path.is_file() else sorted(path.rglob("*")):
        if one.is_file() and not {"node_modules", "dist", "__pycache__"} & set(one.parts):
            yield one.relative_to(ROOT)


def copied() -> Iterator[str]:
    for word, rest in instructions():
        if word == "COPY" and not rest.startswith("--from="):
            yield from rest.split()[:-1]


@pytest.mark.parametrize("source", sorted(set(copied())))
def test_everything_copied_into_the_image_exists_and_reaches_the_build(source: str) -> None:
    files = [path for path in files_under(ROOT / source) if path.name != ".build.lock"]
    assert files
    assert [str(path) for path in files if not is_sent(path)] == []


def test_every_package_is_in_the_image_and_what_was_built_here_is_not() -> None:
    listed = re.search(r"^include = \[(.*)\]", (ROOT / "pyproject.toml").read_text(encoding="utf-8"), re.MULTILINE)
    assert listed is not None
    assert {name.strip(' "*') for name in listed[1].split(",")} <= set(copied())
    for name in ("web/ui/dist/home.html", "web/ui/node_modules/x/y.js", "hub/__pycache__/x.pyc", "tests/builders.py"):
        assert not is_sent(Path(name)), name


def test_a_stage_copies_only_from_stages_before_it() -> None:
    names: list[str] = []
    for word, rest in instructions():
        if word == "FROM":
            names += re.findall(r"AS (\w+)", rest)
        if found := re.match(r"--from=(\w+)", rest):
            assert found[1] in names


def test_the_image_installs_by_hash_and_runs_as_nobody() -> None:
    runs = [rest for word, rest in instructions() if word == "RUN"]
    installs = [rest for rest in runs if re.search(r"\bpip\b", rest)]
    assert installs
    assert all("--require-hashes" in one or "--no-index" in one for one in installs)
    final = dict(last_stage())
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", final["USER"])
    assert (final["STOPSIGNAL"], final["CMD"]) == ("SIGTERM", '["vigie", "serve"]')
    assert "RUN" not in final


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


# ── the page ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_page_explains_every_line_of_the_environment(env: Mapping[str, str]) -> None:
    page = (ROOT / "docs" / "containers.md").read_text(encoding="utf-8")
    rows = " ".join(line for line in page.splitlines() if line.startswith("| `"))
    assert set(re.findall(r"`([A-Z][A-Z_]+)`", rows)) == set(env)
