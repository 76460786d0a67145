"""The doctor before a real deployment: own stores, a hub process, a proxy with TLS; each fault is really there."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from click.testing import CliRunner

from hub.findings import Check, Finding, Grade
from loadtests.ports import free_port
from state.embedded import EmbeddedServers
from tests.web.relay import NONE, PROXY, Certificate, Faults, make_certificate, proxy
from web.cli import main
from web.doctor import ground, machine, outside, rounds
from web.doctor.outside import look_at_public
from web.doctor.serving import look_at_hub
from web.doctor.settings import look_at_settings
from web.house import House
from web.keyring import Keyring, secret_key
from web.settings import read

ROOT = Path(__file__).resolve().parents[2]
KEY = "k3yQ0fz7Lw1xVb9TnR4uEo8sJd2aHc6mG5iP"
START_SECONDS = 60
NOBODY = 65534


def wrongs(findings: Iterable[Finding]) -> Mapping[Check, Grade]:
    return {one.check: one.grade for one in findings if one.grade is not Grade.OK}


# ── settings ───────────────────────────────────────────────────────────────────────────────────────────────────────

SAFE = {
    "VIGIE_PUBLIC_URL": "https://exams.example.org",
    "VIGIE_PROXIES": "127.0.0.1",
    "VIGIE_SECRET_KEY": KEY,
    "VIGIE_REDIS_URL": "rediss://:word@redis.example.org:6379/0",
}


def test_settings_that_go_together_are_well() -> None:
    assert wrongs(look_at_settings(read(SAFE))) == {}


@pytest.mark.parametrize(
    ("name", "value", "check", "grade"),
    [
        ("PUBLIC_URL", "http://exams.example.org", Check.PUBLIC_URL, Grade.PROBLEM),
        ("ORIGINS", "http://portal.example.org", Check.ORIGINS, Grade.WARNING),
        ("PROXIES", "", Check.PROXIES, Grade.PROBLEM),
        ("PROXIES", "10.0.0.7, 0.0.0.0/0", Check.PROXIES, Grade.PROBLEM),
        ("METRICS", "open", Check.METRICS, Grade.WARNING),
        ("CLOCK_OFFSET_SECONDS", "-60", Check.CLOCK_OFFSET, Grade.PROBLEM),
        ("SECRET_KEY", "abc" * 12, Check.SECRET_KEY, Grade.PROBLEM),
        ("REDIS_URL", "redis://redis.example.org:6379/0", Check.REDIS_LINE, Grade.WARNING),
        ("REDIS_URL", "redis+cluster://:word@one.example.org,two.example.org", Check.REDIS_LINE, Grade.WARNING),
    ],
)
def test_a_setting_that_endangers_people_is_one_finding_with_a_fix(
    name: str, value: str, check: Check, grade: Grade
) -> None:
    found = list(look_at_settings(read(SAFE | {f"VIGIE_{name}": value})))
    assert wrongs(found) == {check: grade}
    assert [one.fix for one in found if one.fix] != []


@pytest.mark.parametrize("url", ["unix:///run/redis.sock", "redis://127.0.0.1:6379", "redis+cluster://localhost:7000"])
def test_a_live_store_on_this_machine_needs_no_tls(url: str) -> None:
    assert wrongs(look_at_settings(read(SAFE | {"VIGIE_REDIS_URL": url}))) == {}


def test_wrong_settings_are_told_all_together_without_their_values_and_hide_nothing() -> None:
    wrong = {"VIGIE_PORT": "s3cret-port", "VIGIE_DATABASE_URL": "s3cret-url", "VIGIE_PUBLIK_URL": "https://x.example"}
    found = ground.read(SAFE | wrong)
    assert [one.grade for one in found.findings] == [Grade.PROBLEM, Grade.PROBLEM, Grade.WARNING]
    said = " ".join(one.seen + one.fix for one in found.findings)
    assert all(name in said for name in wrong)
    assert "s3cret" not in said
    assert found.settings.public_url == SAFE["VIGIE_PUBLIC_URL"]
    assert (found.uses_embedded_postgres, found.uses_embedded_redis) == (False, False)


def test_a_wrong_database_is_one_finding_whatever_its_owner() -> None:
    wrong = {"VIGIE_DATABASE_URL": "mysql://x/y", "VIGIE_DATABASE_OWNER_URL": "postgresql://vigie_owner@db/vigie"}
    assert len(ground.read(wrong).findings) == 1


def test_a_short_key_in_the_data_folder_is_a_problem_and_none_is_made_where_there_is_none(tmp_path: Path) -> None:
    settings = read({"VIGIE_VAR": str(tmp_path)})
    assert wrongs(look_at_settings(settings)) == {Check.SECRET_KEY: Grade.WARNING}
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "secret_key").write_text("short\n")
    assert wrongs(look_at_settings(settings)) == {Check.SECRET_KEY: Grade.PROBLEM}


def test_only_the_key_it_was_sealed_with_opens_a_session_password_and_none_is_made_to_try(tmp_path: Path) -> None:
    sealed = Keyring(KEY).seal("a password")
    chosen = read({"VIGIE_VAR": str(tmp_path), "VIGIE_SECRET_KEY": KEY})
    assert rounds.opener(chosen)(sealed)
    assert not rounds.opener(replace(chosen, secret_key=KEY[::-1]))(sealed)
    kept = replace(chosen, secret_key=None)
    assert not rounds.opener(kept)(sealed)
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "secret_key").write_text(f"{KEY}\n")
    assert rounds.opener(kept)(sealed)


# ── the machine ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def var(tmp_path: Path) -> Path:
    folder = tmp_path / "var"
    folder.mkdir(mode=0o700)
    return folder


def folder_wrongs(var: Path) -> Mapping[Check, Grade]:
    found = wrongs(machine.look_at_folder(read({"VIGIE_VAR": str(var)})))
    # How full the disk of this machine is, is not the test's matter.
    return {check: grade for check, grade in found.items() if check is not Check.FOLDER_SPACE}


def test_a_private_folder_is_well_and_one_to_come_a_warning(var: Path) -> None:
    assert folder_wrongs(var) == {}
    assert folder_wrongs(var / "to" / "come") == {Check.FOLDER: Grade.WARNING}
    assert not (var / "to").exists()


def test_a_folder_that_others_may_read_is_a_warning_and_secrets_in_it_a_problem(var: Path) -> None:
    var.chmod(0o755)
    assert folder_wrongs(var) == {Check.FOLDER_MODE: Grade.WARNING}
    var.chmod(0o711)
    assert folder_wrongs(var) == {}
    (var / "passwords.json").touch(mode=0o644)
    assert folder_wrongs(var) == {Check.FOLDER_MODE: Grade.PROBLEM}


def test_a_file_is_no_data_folder(var: Path) -> None:
    (var / "file").touch()
    assert folder_wrongs(var / "file") == {Check.FOLDER: Grade.PROBLEM}


def test_a_folder_that_this_user_may_not_write_to_is_a_problem(var: Path) -> None:
    var.chmod(0o500)
    with somebody_else():
        found = folder_wrongs(var)
    assert found == {Check.FOLDER: Grade.PROBLEM}


@contextmanager
def somebody_else() -> Iterator[None]:
    """Let this process be nobody for a moment, since root may write everywhere; anybody else stays who they are."""
    is_root = os.geteuid() == 0
    if is_root:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        if is_root:
            os.seteuid(0)


@pytest.mark.parametrize(("mib", "grade"), [(100, Grade.PROBLEM), (1000, Grade.WARNING), (5000, Grade.OK)])
def test_a_disk_that_fills_is_a_warning_and_a_full_one_a_problem(mib: int, grade: Grade) -> None:
    assert machine.judged_space(mib * machine.MIB).grade is grade


def test_default_servers_that_do_not_run_are_a_warning_and_nothing_is_started(var: Path) -> None:
    found = list(machine.look_at_embedded(ground.read({"VIGIE_VAR": str(var)}), None))
    assert wrongs(found) == {Check.EMBEDDED: Grade.WARNING}
    assert "PostgreSQL" in found[1].seen
    assert list(var.iterdir()) == []


def test_data_of_a_version_that_is_not_here_are_a_problem(var: Path) -> None:
    (var / "postgres").mkdir()
    (var / "postgres" / "PG_VERSION").write_text("12\n")
    found = list(machine.look_at_embedded(ground.read({"VIGIE_VAR": str(var)}), None))
    assert wrongs(found) == {Check.EMBEDDED: Grade.WARNING, Check.EMBEDDED_PROGRAMS: Grade.PROBLEM}
    assert "No PostgreSQL 12" in found[1].seen


# ── a deployment ───────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Deployment:
    """A hub that runs on its own stores, and the port of the proxy that people reach it by."""

    environment: Mapping[str, str]
    hub_port: int
    public_port: int
    certificate: Certificate
    secrets: Collection[str]

    @property
    def url(self) -> str:
        return f"https://localhost:{self.public_port}"

    def doctor(self, *words: str, limit: str = "", **settings: str) -> subprocess.CompletedProcess[str]:
        """Run the command as an administrator would, perhaps under a limit of open files."""
        command = [sys.executable, "-m", "web.cli", "doctor", *words]
        if limit:
            command = ["sh", "-c", f'ulimit -n {limit}; exec "$@"', "sh", *command]
        return subprocess.run(
            command,
            cwd=ROOT,
            env={**clean(), **self.environment, "SSL_CERT_FILE": str(self.certificate.root), **settings},
            capture_output=True,
            text=True,
            timeout=90,
        )

    async def doctor_aside(self, *words: str, limit: str = "", **settings: str) -> subprocess.CompletedProcess[str]:
        """Run it while this loop goes on to carry the proxy."""
        return await asyncio.to_thread(lambda: self.doctor(*words, limit=limit, **settings))


def clean() -> Mapping[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("VIGIE_")}


@pytest_asyncio.fixture(scope="module")
async def deployment(
    servers: EmbeddedServers, house: House, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Deployment]:
    folder = tmp_path_factory.mktemp("deployment")
    (folder / "var").mkdir(mode=0o700)
    hub_port, public_port = free_port(), free_port()
    key = secret_key(house.settings.secret_key, servers.data_dir)
    passwords = json.loads((servers.data_dir / "passwords.json").read_text())
    environment = {
        "VIGIE_VAR": str(folder / "var"),
        "VIGIE_PORT": str(hub_port),
        "VIGIE_DATABASE_URL": servers.database_url,
        "VIGIE_REDIS_URL": servers.redis_url,
        "VIGIE_SECRET_KEY": key,
        "VIGIE_PUBLIC_URL": f"https://localhost:{public_port}",
        "VIGIE_PROXIES": PROXY,
    }
    with (folder / "log").open("wb") as log:
        hub = subprocess.Popen(
            [sys.executable, "-m", "web.cli", "serve"],
            cwd=ROOT,
            env={**clean(), **environment},
            stdout=log,
            stderr=log,
        )
    try:
        await ready(f"http://127.0.0.1:{hub_port}")
        yield Deployment(environment, hub_port, public_port, make_certificate(folder), (key, *passwords.values()))
    finally:
        hub.kill()
        hub.wait()


async def ready(url: str) -> None:
    async with httpx.AsyncClient(base_url=url, trust_env=False) as http, asyncio.timeout(START_SECONDS):
        while True:
            try:
                if (await http.get("/readyz")).status_code == 200:
                    return
            except httpx.HTTPError:
                pass
            await asyncio.sleep(0.1)


@pytest.fixture
def trusted(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(deployment.certificate.root))


async def public(deployment: Deployment, faults: Faults = NONE) -> list[Finding]:
    async with proxy(deployment.public_port, deployment.hub_port, deployment.certificate, faults):
        return list(await look_at_public(deployment.url, read(deployment.environment)))


async def test_the_command_finds_a_deployment_well_in_words_and_for_machines(deployment: Deployment) -> None:
    async with proxy(deployment.public_port, deployment.hub_port, deployment.certificate):
        said, told = await asyncio.gather(deployment.doctor_aside(), deployment.doctor_aside("--json"))
    assert (said.returncode, told.returncode) == (0, 0), said.stdout + said.stderr
    findings = [json.loads(line) for line in told.stdout.splitlines()]
    assert {one["code"] for one in findings} == {*Check} - {Check.EMBEDDED_PROGRAMS}
    assert {one["code"] for one in findings if one["grade"] == "problem"} == set()
    assert "0 problems" in said.stdout.splitlines()[-1]
    assert all(one["code"] in said.stdout for one in findings)
    everything = said.stdout + said.stderr + told.stdout + told.stderr
    assert not any(secret in everything for secret in deployment.secrets)


async def test_what_is_wrong_anywhere_is_code_1_and_the_rest_is_still_looked_at(deployment: Deployment) -> None:
    told = deployment.doctor(
        "--json", limit="1024", VIGIE_REDIS_URL="redis://127.0.0.1:1", VIGIE_PORT="no", SSL_CERT_FILE=""
    )
    assert told.returncode == 1, told.stderr
    grades = {one["code"]: one["grade"] for one in map(json.loads, told.stdout.splitlines())}
    assert grades["redis.reachable"] == grades["settings.valid"] == "problem"
    assert grades["machine.open_files"] == "warning"
    assert grades["postgres.guards"] == "ok"


def test_an_address_that_is_none_is_code_2() -> None:
    assert CliRunner().invoke(main, ["doctor", "--url", "exams.example.org/path"]).exit_code == 2


async def test_the_default_servers_of_a_running_hub_are_looked_at(servers: EmbeddedServers) -> None:
    found = await rounds.look({"VIGIE_VAR": str(servers.data_dir), "VIGIE_PORT": str(free_port())}, None)
    grades = {one.check: one.grade for one in found}
    assert {grades[one] for one in Check if one.startswith(("embedded.", "postgres.", "redis."))} == {Grade.OK}
    assert Check.PUBLIC not in grades


async def test_default_servers_that_do_not_run_hide_nothing_else_and_leave_no_trace(var: Path) -> None:
    found = await rounds.look({"VIGIE_VAR": str(var), "VIGIE_PORT": str(free_port())}, None)
    looked_at = {one.check for one in found}
    assert {Check.EMBEDDED, Check.EMBEDDED_PROGRAMS, Check.FOLDER_MODE, Check.HUB, Check.OPEN_FILES} <= looked_at
    assert not looked_at & {Check.POSTGRES, Check.REDIS}
    assert all(one.grade is not Grade.PROBLEM for one in found if one.check is not Check.FOLDER_SPACE)
    assert list(var.iterdir()) == []


# ── the hub ────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_hub_that_misses_a_store_is_not_ready_and_says_which(
    deployment: Deployment, servers: EmbeddedServers
) -> None:
    settings = read(deployment.environment)
    assert (await look_at_hub(settings))[0].grade is Grade.OK
    os.kill(servers.pids["redis"], signal.SIGSTOP)
    try:
        found, is_there = await look_at_hub(settings)
    finally:
        os.kill(servers.pids["redis"], signal.SIGCONT)
    assert (found.grade, is_there) == (Grade.PROBLEM, True)
    assert "the live store" in found.seen
    await ready(f"http://127.0.0.1:{deployment.hub_port}")


async def test_where_nobody_listens_a_hub_is_only_missed() -> None:
    found, is_there = await look_at_hub(read({"VIGIE_PORT": str(free_port())}))
    assert (found.grade, is_there) == (Grade.WARNING, False)


# ── the public address ─────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.usefixtures("trusted")
async def test_a_proxy_that_is_set_up_well_is_well(deployment: Deployment) -> None:
    found = await public(deployment)
    assert wrongs(found) == {}
    assert {one.check for one in found} == {check for check in Check if check.startswith("public.")}


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize(
    ("faults", "check", "word"),
    [
        (Faults(is_silent=True), Check.PUBLIC_ADDRESSES, "the proxy itself"),
        (Faults(is_gullible=True), Check.PUBLIC_ADDRESSES, "pretend"),
        (Faults(is_deaf_to_upgrades=True), Check.PUBLIC_SOCKET, "no socket opens"),
        (Faults(drops_subprotocol=True), Check.PUBLIC_SOCKET, "subprotocol"),
    ],
)
async def test_what_a_proxy_does_wrong_is_one_problem(
    deployment: Deployment, faults: Faults, check: Check, word: str
) -> None:
    found = await public(deployment, faults)
    assert wrongs(found) == {check: Grade.PROBLEM}
    assert any(word in one.seen for one in found)


@pytest.mark.usefixtures("trusted")
async def test_a_name_that_the_hub_does_not_know_opens_no_socket(deployment: Deployment) -> None:
    async with proxy(deployment.public_port, deployment.hub_port, deployment.certificate):
        found = await look_at_public(f"https://127.0.0.1:{deployment.public_port}", read(deployment.environment))
    assert wrongs(found) == {Check.PUBLIC_SOCKET: Grade.PROBLEM}


@pytest.mark.parametrize(
    ("name", "days", "word"),
    [("localhost", -1, "expired"), ("other.example.org", 90, "ostname"), (None, 90, "issuer")],
)
async def test_a_certificate_that_browsers_refuse_is_a_problem_and_hides_nothing(
    deployment: Deployment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str | None, days: int, word: str
) -> None:
    certificate = make_certificate(tmp_path, name or "localhost", days)
    if name is not None:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate.root))
    async with proxy(deployment.public_port, deployment.hub_port, certificate):
        found = await look_at_public(deployment.url, read(deployment.environment))
    assert wrongs(found) == {Check.PUBLIC_CERTIFICATE: Grade.PROBLEM}
    assert any(word in one.seen for one in found)


async def test_a_certificate_that_ends_soon_is_a_warning(
    deployment: Deployment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = make_certificate(tmp_path, days=outside.CERTIFICATE_DAYS - 1)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.root))
    async with proxy(deployment.public_port, deployment.hub_port, certificate):
        found = await look_at_public(deployment.url, read(deployment.environment))
    assert wrongs(found) == {Check.PUBLIC_CERTIFICATE: Grade.WARNING}


async def test_where_no_hub_is_behind_the_proxy_or_nobody_answers_it_is_said(deployment: Deployment) -> None:
    settings = read(deployment.environment)
    (silent,) = await look_at_public(deployment.url, settings)
    assert (silent.check, silent.grade) == (Check.PUBLIC, Grade.PROBLEM)
    async with proxy(deployment.public_port, free_port(), deployment.certificate):
        (cut,) = await look_at_public(deployment.url, settings)
    assert (cut.check, cut.grade) == (Check.PUBLIC, Grade.PROBLEM)


def test_from_the_proxys_own_machine_nothing_can_be_told_of_addresses() -> None:
    assert outside.judged_address("127.0.0.1", "127.0.0.1", ("127.0.0.1",)).grade is Grade.WARNING
