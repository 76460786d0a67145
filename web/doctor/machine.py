"""This machine: the data folder, the default servers that are or could be run from it, how many files may be open."""

from __future__ import annotations

import os
import resource
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

from hub.findings import Check, Finding, doubtful, well, wrong
from state.embedded import EmbeddedServersError, Places
from state.embedded.discovery import find_postgres, find_redis
from state.embedded.postgres import major_of
from state.embedded.running import RunningServers
from web.doctor.ground import Ground
from web.doors import KEPT_FREE
from web.keyring import KEY_FILE
from web.settings import ADDRESS_CONNECTIONS, Settings

MIB = 1024 * 1024
LEAST_FREE, FREE = 256 * MIB, 2048 * MIB
"""Below the first a full disk stops decisions within hours; below the second within a season."""
OTHERS_READ_OR_WRITE = stat.S_IRGRP | stat.S_IWGRP | stat.S_IROTH | stat.S_IWOTH
"""To pass through is not to read: where root runs the servers, PostgreSQL's user passes through the folder."""
OTHERS_MAY = stat.S_IRWXG | stat.S_IRWXO
SECRET_FILES = (KEY_FILE, "passwords.json")


# ── the data folder ────────────────────────────────────────────────────────────────────────────────────────────


def look_at_folder(settings: Settings) -> Iterator[Finding]:
    """Judge the data folder; what is not there yet is made at the first start."""
    var = settings.var.resolve()
    yield _usable(var)
    if os.path.isdir(var):
        yield _mode(var)
    yield judged_space(shutil.disk_usage(_nearest(var)).free)


def _nearest(path: Path) -> Path:
    """Return the folder itself, or the first one above it that exists."""
    # A folder that may not be looked into counts as not there: the one above it then tells why.
    return next(one for one in (path, *path.parents) if os.path.exists(one))


def _usable(var: Path) -> Finding:
    at = _nearest(var)
    if not at.is_dir():
        return wrong(Check.FOLDER, f"{at} is no folder", "Name a folder in VIGIE_VAR.")
    if not os.access(at, os.W_OK | os.X_OK, effective_ids=True):
        return wrong(
            Check.FOLDER,
            f"this user may not write to {at}",
            "Run the doctor as the user of the hub; if it is, let this user own the folder (chown).",
        )
    if at != var:
        return doubtful(
            Check.FOLDER,
            f"{var} is not there yet",
            "The first start makes it. If the hub has run already, VIGIE_VAR names another folder than then.",
        )
    return well(Check.FOLDER, str(var))


def _mode(var: Path) -> Finding:
    is_open = var.stat().st_mode & OTHERS_READ_OR_WRITE
    exposed = [name for name in SECRET_FILES if (var / name).exists() and (var / name).stat().st_mode & OTHERS_MAY]
    if exposed:
        return wrong(
            Check.FOLDER_MODE,
            f"others may read {' and '.join(exposed)}",
            f"chmod 600 {' '.join(str(var / name) for name in exposed)}",
        )
    if is_open:
        return doubtful(Check.FOLDER_MODE, "others may look into the data folder", f"chmod 700 {var}")
    return well(Check.FOLDER_MODE, "private")


def judged_space(free: int) -> Finding:
    """Judge how many bytes are free where the data folder is."""
    seen = f"{free // MIB} MiB free"
    fix = "Make room, or move the data folder to a larger disk while the hub is stopped."
    if free < LEAST_FREE:
        return wrong(Check.FOLDER_SPACE, seen, fix)
    return doubtful(Check.FOLDER_SPACE, seen, fix) if free < FREE else well(Check.FOLDER_SPACE, seen)


# ── the default servers ────────────────────────────────────────────────────────────────────────────────────────


def look_at_embedded(ground: Ground, running: RunningServers | None) -> Iterator[Finding]:
    """Judge the default servers of a deployment that uses them, without starting any."""
    used = [
        name
        for name, is_used in (("PostgreSQL", ground.uses_embedded_postgres), ("Valkey", ground.uses_embedded_redis))
        if is_used
    ]
    if not used:
        yield well(Check.EMBEDDED, "not used: both stores are your own")
        return
    named = " and ".join(used)
    if running is None:
        yield doubtful(
            Check.EMBEDDED,
            f"{named}: not running from this data folder, so not looked at",
            "Start `vigie serve`, then look again.",
        )
    else:
        yield well(Check.EMBEDDED, f"{named}: running from this data folder")
    yield _programs(ground)


def _programs(ground: Ground) -> Finding:
    places = Places.of_this_machine()
    found: list[str] = []
    try:
        if ground.uses_embedded_postgres:
            made_by = major_of(ground.settings.var / "postgres")
            found.append(f"PostgreSQL {find_postgres(places, made_by).version}")
        if ground.uses_embedded_redis:
            found.append(find_redis(places).version)
    except EmbeddedServersError as missing:
        seen, _, fix = str(missing).partition("\nTo fix it, ")
        return wrong(Check.EMBEDDED_PROGRAMS, seen, fix[:1].upper() + fix[1:])
    return well(Check.EMBEDDED_PROGRAMS, ", ".join(found))


# ── limits ─────────────────────────────────────────────────────────────────────────────────────────────────────


def look_at_open_files() -> Finding:
    """Judge how many files and sockets a process started from here may hold; the hub takes the hard limit."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard == resource.RLIM_INFINITY or hard - KEPT_FREE >= ADDRESS_CONNECTIONS:
        return well(Check.OPEN_FILES, "no limit" if hard == resource.RLIM_INFINITY else str(hard))
    return doubtful(
        Check.OPEN_FILES,
        f"a process started here may open {hard} files, {KEPT_FREE} of them for itself",
        "Raise the hard limit: LimitNOFILE=65536 in the unit, or `ulimit -Hn`.",
    )
