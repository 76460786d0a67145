"""The units of systemd, read without it: their commands exist, their paths agree, each is as guarded as the other."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import click
import pytest

from channels.node import Pace
from hub.findings import Grade
from state.embedded.child import STOP_SECONDS
from web import settings
from web.cli import MISUSED, main
from web.doctor.settings import look_at_settings
from web.server import GRACEFUL_SECONDS

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "deploy" / "systemd"
HUB, *JOBS = SERVICES = ("vigie", "vigie-purge", "vigie-backup")
PAGE = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
GUARDS = re.compile(
    r"^(NoNew|Protect|Private|Restrict|Capability|Ambient|Lock|MemoryDeny|SystemCall|UMask).*", re.MULTILINE
)
MOST_EXPOSED = 20
"""Of a hundred, where nothing is guarded."""


def text_of(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")


def said(name: str, key: str) -> list[str]:
    """Return every value of a key in a unit."""
    return re.findall(rf"^{key}=(.*)$", text_of(name), re.MULTILINE)


def words_of(service: str) -> list[str]:
    (command,) = said(f"{service}.service", "ExecStart")
    return shlex.split(command)


def environment() -> dict[str, str]:
    lines = [line for line in text_of("vigie.env").splitlines() if line and not line.startswith("# ")]
    return dict(line.removeprefix("#").split("=", 1) for line in lines)


@pytest.mark.parametrize("service", SERVICES)
def test_a_unit_calls_a_command_that_exists_with_options_it_has(service: str) -> None:
    program, name, *rest = words_of(service)
    assert program == words_of(HUB)[0]
    if name == "backup" and name not in main.commands:
        pytest.skip("there is no such command yet")
    command = main.commands[name]
    known = {option for one in command.params if isinstance(one, click.Option) for option in one.opts}
    assert {word for word in rest if word.startswith("-")} <= known


@pytest.mark.parametrize("service", SERVICES)
def test_a_unit_works_as_the_same_user_in_the_same_folder_with_the_same_settings(service: str) -> None:
    unit = f"{service}.service"
    assert (said(unit, "User"), said(unit, "Group")) == (["vigie"], ["vigie"])
    (state,) = said(unit, "StateDirectory")
    assert environment()["VIGIE_VAR"] == f"/var/lib/{state}" == said(unit, "WorkingDirectory")[0]
    files = said(unit, "EnvironmentFile")
    assert files[0] == "/etc/vigie/vigie.env"
    # Only the jobs may know the owner of the tables.
    assert files[1:] == ([] if service == HUB else ["-/etc/vigie/owner.env"])


def test_the_page_lays_out_every_place_that_the_units_name() -> None:
    program = Path(words_of(HUB)[0])
    places = {"/etc/vigie/vigie.env", "/etc/vigie/owner.env", environment()["VIGIE_VAR"], *words_of("vigie-backup")[2:]}
    assert [place for place in (*places, str(program), str(program.parents[2])) if place not in PAGE] == []
    assert said("vigie-backup.service", "ReadWritePaths") == words_of("vigie-backup")[2:]
    assert {path.name for path in FOLDER.iterdir()} <= set(re.findall(r"vigie[\w.-]*", PAGE)) | {
        "vigie-purge.service",
        "vigie-backup.service",
    }


@pytest.mark.parametrize("service", JOBS)
def test_a_job_has_a_timer_that_makes_up_for_a_night_it_missed(service: str) -> None:
    assert said(f"{service}.timer", "Persistent") == ["true"]
    assert said(f"{service}.timer", "OnCalendar")
    assert said(f"{service}.service", "Type") == ["oneshot"]


def test_what_is_purged_was_backed_up_the_same_night() -> None:
    assert said("vigie-backup.timer", "OnCalendar") < said("vigie-purge.timer", "OnCalendar")


@pytest.mark.parametrize("service", SERVICES)
def test_every_unit_is_guarded_as_the_hub_is(service: str) -> None:
    lines = [one.group() for one in GUARDS.finditer(text_of(f"{service}.service"))]
    assert lines == [one.group() for one in GUARDS.finditer(text_of(f"{HUB}.service"))]
    assert "NoNewPrivileges=yes" in lines
    # It would take from PostgreSQL what another process of the same user ends with.
    assert said(f"{service}.service", "RemoveIPC") == []


def test_a_stop_has_time_for_the_goodbye_and_for_the_default_servers_and_reaches_them_through_the_hub() -> None:
    (seconds,) = said("vigie.service", "TimeoutStopSec")
    assert int(seconds) > Pace().drain + GRACEFUL_SECONDS + 2 * STOP_SECONDS
    assert said("vigie.service", "KillMode") == ["mixed"]


def test_a_hub_that_fails_is_started_again_unless_its_settings_are_wrong() -> None:
    assert said("vigie.service", "Restart") == ["on-failure"]
    assert said("vigie.service", "StartLimitIntervalSec") == ["0"]
    assert said("vigie.service", "RestartPreventExitStatus") == [str(MISUSED)]


def test_the_settings_that_come_with_the_units_are_valid_and_safe() -> None:
    written = environment()
    assert set(written) <= settings.names()
    chosen = settings.read({name: value for name, value in written.items() if value} | {"VIGIE_VAR": "/nowhere"})
    assert [one.check for one in look_at_settings(chosen) if one.grade is Grade.PROBLEM] == []


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_systemd_itself_can_read_the_units_and_finds_them_guarded(tmp_path: Path) -> None:
    for path in FOLDER.iterdir():
        # Their user and their program are not on this machine.
        text = path.read_text(encoding="utf-8").replace(words_of(HUB)[0], "/bin/true")
        (tmp_path / path.name).write_text(re.sub(r"^(User|Group)=.*$", r"\1=root", text, flags=re.MULTILINE))
    units = [str(tmp_path / path.name) for path in FOLDER.iterdir() if path.suffix in (".service", ".timer")]
    verified = analyze("verify", "--man=no", *units)
    assert (verified.returncode, [line for line in verified.stderr.splitlines() if str(tmp_path) in line]) == (0, [])
    services = [str(FOLDER / f"{service}.service") for service in SERVICES]
    judged = analyze("security", "--offline=true", f"--threshold={MOST_EXPOSED}", *services)
    assert judged.returncode == 0, judged.stdout[-500:]


def analyze(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["systemd-analyze", *words], capture_output=True, text=True, timeout=60)
