"""The demo session: a center, three accounts, a room of 24 from a real import file, twenty of them played."""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from hub.model import SessionNumber
from hub.people import Account, AccountDraft, Center, Role
from hub.preparation import Imported, SessionDetail, SessionFilter, SessionStatus
from web import roster_csv, welcome
from web.house import House
from web.place import Place
from web.running import Guest

CANDIDATES_FILE = Path(__file__).parent / "demo_candidates.csv"
DEMO_FILE = "demo.json"
CENTER = "Centre de démonstration"
TIME_ZONE = "Europe/Paris"
ADMIN = ("admin@vigie.example", "Ariane Castel", Role.CENTER_ADMIN)
INVIGILATOR = ("surveillant@vigie.example", "Samuel Brun", Role.INVIGILATOR)
JURY = ("jury@vigie.example", "Judith Perrin", Role.JURY)
PASSWORD_BYTES = 12
PLAYERS_STOP_SECONDS = 3.0
ROOT = Path(__file__).parent.parent


class DemoFailed(Exception):
    """The demo could not be laid out; the text says why."""


@dataclass(frozen=True, slots=True)
class Login:
    """What somebody types to sign in."""

    email: str
    password: str


@dataclass(frozen=True, slots=True)
class Player:
    """One candidate of the demo; `played` ones are simulated, the others are for people."""

    last_name: str
    first_name: str
    birthdate: str
    played: bool


@dataclass(frozen=True, slots=True)
class Demo:
    """Everything that is printed, and written to demo.json."""

    base_url: str
    admin: Login
    invigilator: Login
    jury: Login
    number: SessionNumber
    password: str
    access_code: str
    candidates: tuple[Player, ...]

    def as_json(self) -> str:
        """Spell the file."""
        written = {
            "base_url": self.base_url,
            "admin": {"email": self.admin.email, "password": self.admin.password},
            "invigilator": {"email": self.invigilator.email, "password": self.invigilator.password},
            "jury": {"email": self.jury.email, "password": self.jury.password},
            "session": {"number": self.number, "password": self.password, "access_code": self.access_code},
            "candidates": [
                {
                    "last_name": one.last_name,
                    "first_name": one.first_name,
                    "birthdate": one.birthdate,
                    "played": one.played,
                }
                for one in self.candidates
            ],
        }
        return json.dumps(written, ensure_ascii=False, indent=2) + "\n"


class DemoGuest(Guest):
    """Lays the demo out, prints it, and plays its candidates in a process of their own."""

    def __init__(self) -> None:
        self._demo: Demo | None = None
        self._players: subprocess.Popen[bytes] | None = None

    async def prepare(self, house: House, place: Place) -> None:
        """Lay the demo out and write its file."""
        self._demo = await lay_out(house, place)
        write_private(house.settings.var / DEMO_FILE, self._demo.as_json())

    async def serving(self, house: House, place: Place, versions: Mapping[str, str]) -> None:
        """Print what a person needs, and let the players in."""
        assert self._demo is not None  # nosec B101 # narrows a type
        welcome.show(self._demo, place, versions)
        if any(one.played for one in self._demo.candidates):
            self._players = start_players(house.settings.var, house.settings.demo_pace)

    async def stop(self) -> None:
        """Send the players home."""
        players, self._players = self._players, None
        if players is None:
            return
        players.terminate()
        try:
            await asyncio.to_thread(players.wait, PLAYERS_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            players.kill()
            await asyncio.to_thread(players.wait)


def start_players(var: Path, pace: float) -> subprocess.Popen[bytes]:
    """Start the simulated candidates; they end with this process, however it ends."""
    logs = var / "logs"
    logs.mkdir(mode=0o700, exist_ok=True)
    program = (sys.executable, "-m", "loadtests.players", str((var / DEMO_FILE).resolve()))
    with (logs / "players.log").open("ab") as log:
        return subprocess.Popen(  # nosec B603 # our own words, no shell
            [*program, "--pace", str(pace), "--parent", str(os.getpid())],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=ROOT,
            start_new_session=True,
        )


async def lay_out(house: House, place: Place) -> Demo:
    """Make, or find again, the center, the accounts and a session in which nobody has started."""
    center = await _center(house)
    known = _known_passwords(house.settings.var / DEMO_FILE)
    admin, admin_login = await _account(house, center, ADMIN, known.get("admin"))
    _, invigilator_login = await _account(house, center, INVIGILATOR, known.get("invigilator"))
    _, jury_login = await _account(house, center, JURY, known.get("jury"))
    planned = roster_csv.parse(CANDIDATES_FILE.read_bytes())
    if planned.problems or len(planned.plan) != 1:
        raise DemoFailed(f"{CANDIDATES_FILE} is not as it should be: {planned.problems[:3]}")
    sitting = planned.plan[0]
    detail = await _fresh_session(house, admin, sitting.site) or await _imported(house, admin, center, planned)
    people = [
        Player(one.last_name, one.first_name, one.birthdate.isoformat(), place_in_file < house.settings.demo_players)
        for place_in_file, one in enumerate(sitting.candidates)
    ]
    password = house.keyring.open(detail.secrets.encrypted_password)
    return Demo(
        place.local_url,
        admin_login,
        invigilator_login,
        jury_login,
        detail.summary.number,
        password,
        detail.secrets.access_code,
        tuple(people),
    )


async def _center(house: House) -> Center:
    found = await house.directory.center_by_name(CENTER)
    return found or await house.directory.create_center(CENTER, TIME_ZONE)


async def _account(
    house: House, center: Center, who: tuple[str, str, Role], known: str | None
) -> tuple[Account, Login]:
    """Find or make an account; the password of the file counts, the database follows."""
    email, name, role = who
    login = Login(email, known or secrets.token_urlsafe(PASSWORD_BYTES))
    found = await house.directory.credentials(email)
    if found is None:
        centers = (center.id,) if role is Role.CENTER_ADMIN else ()
        draft = AccountDraft(email, name, role, centers, await house.passwords.hash(login.password))
        return await house.directory.create_account(draft), login
    if not await house.passwords.is_right(login.password, found.password_hash):
        await house.directory.set_password_hash(found.account.id, await house.passwords.hash(login.password))
    if found.account.is_disabled:
        await house.directory.set_disabled(found.account.id, is_disabled=False)
    return found.account, login


async def _fresh_session(house: House, admin: Account, site: str) -> SessionDetail | None:
    """Find the last demo session, unless somebody has already started in it."""
    page = await house.directory.sessions(admin.id, SessionFilter(q=site, status=SessionStatus.OPEN))
    numbers = [one.number for one in page.sessions if one.site == site]
    detail = await house.directory.session_detail(max(numbers)) if numbers else None
    return detail if detail is not None and detail.summary.started_at is None else None


async def _imported(house: House, admin: Account, center: Center, judged: roster_csv.Judged) -> SessionDetail:
    """Import the file as an admin would, dated now."""
    now = datetime.now(ZoneInfo(center.time_zone))
    plan = (replace(judged.plan[0], date=now.date(), start_time=now.strftime("%H:%M")),)
    problems = await house.directory.judge_plan(center.id, plan)
    import_id = await house.directory.store_import(admin.id, center.id, plan, problems)
    outcome = await house.directory.confirm_import(import_id, admin.id, [house.keyring.new_session_secrets()])
    if not isinstance(outcome, Imported):
        raise DemoFailed(f"the demo's candidates could not be imported: {outcome}")
    detail = await house.directory.session_detail(outcome.sessions[0].number)
    if detail is None:
        raise DemoFailed("the demo session was removed while it was being made")
    return detail


def _known_passwords(path: Path) -> dict[str, str]:
    """Read the passwords of an earlier run; a damaged file counts as none."""
    try:
        written = json.loads(path.read_text())
        return {who: str(written[who]["password"]) for who in ("admin", "invigilator", "jury") if who in written}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner reads, whole or not at all. With stores elsewhere nobody made its folder."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    aside = path.with_name(f"{path.name}.{os.getpid()}")
    with open(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
    aside.replace(path)
