"""What an installation is asked for is made, explained, accepted as settings, and no secret is where it should not."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from state.embedded.postgres import APP, DATABASE, OWNER
from tests.container_files import ASKED, COMPOSE, ENV_SCRIPT, ONCE, ROOT, SECRETS, SERVICES, asked, is_sent, texts
from web import settings


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
    assert [text for text in every if len(ASKED.findall(text)) != text.count("${")] == []
    assert {hint for text in every for _, hint in ASKED.findall(text)} == {"run sh deploy/make_env.sh first"}


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
    read = settings.read({key: ASKED.sub(lambda one: env[one[1]], str(value)) for key, value in given.items()})
    assert read.database_url == f"postgresql+asyncpg://{role}:{env[secret]}@postgres/{DATABASE}"
    if name != ONCE:
        assert read.redis_url == f"redis://:{env['REDIS_PASSWORD']}@redis:6379/0"
        assert (read.secret_key, read.public_url) == (env["SECRET_KEY"], "https://exams.example.org")


# ── the page ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_page_explains_every_line_of_the_environment(env: Mapping[str, str]) -> None:
    page = (ROOT / "docs" / "containers.md").read_text(encoding="utf-8")
    rows = " ".join(line for line in page.splitlines() if line.startswith("| `"))
    assert set(re.findall(r"`([A-Z][A-Z_]+)`", rows)) == set(env)
