"""The whole rig: real stores, hubs behind chaos proxies, staff, rooms; one seed, one journal.

    async with Rig.open() as rig:
        room = await rig.room(people=6)
        rig.hubs[0].kill()
        await rig.heal()

What is chosen at random comes from `rig.chance`, so that `VIGIE_FAULTS_SEED` plays the same faults again. (When exactly
a process does something is never the same twice: the seed repeats what was asked of it.)
"""

from __future__ import annotations

import asyncio
import itertools
import os
import random
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from hub.model import CandidateId, SessionNumber
from hub.people import AccountDraft, Center, Role
from hub.policy import Policy
from hub.tokens import new_token, token_digest
from loadtests.ports import free_port
from state.database import Database
from state.directory import PostgresDirectory
from state.ledger import PostgresLedger
from tests.faults import reading
from tests.faults.ground import short_folder
from tests.faults.hubs import Addresses, Hub
from tests.faults.journal import Journal
from tests.faults.postgres import PostgresStore
from tests.faults.reading import Truth
from tests.faults.valkey import LiveServer
from tests.promises import Tally
from tests.story.api import Api
from tests.story.rooms import Person, csv, room_name

DEFAULT_SEED = 20270115
INVIGILATORS = 6
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_people = itertools.count()


def chosen_seed() -> int:
    """Return the seed of this run: the environment's, or always the same."""
    return int(os.environ.get("VIGIE_FAULTS_SEED", DEFAULT_SEED))


@dataclass(frozen=True, slots=True)
class Colleague:
    """A member of staff, signed in. `author` is how decisions name them."""

    account: int
    name: str
    token: str

    @property
    def author(self) -> str:
        return f"account:{self.account}"


@dataclass(frozen=True, slots=True)
class Staff:
    """Whoever works here."""

    admin: Colleague
    invigilators: tuple[Colleague, ...]


@dataclass(frozen=True, slots=True)
class RigRoom:
    """One session. `ids` are the candidates' ids in the order of `people`."""

    number: SessionNumber
    access_code: str
    password: str
    people: tuple[Person, ...]
    ids: tuple[CandidateId, ...]


@dataclass(eq=False)
class Rig:
    """What one run works with. `redis` is the server that hubs were led to first; more are opened on demand.

    `door` is the port of the address that people type: pages that come from there may talk to every hub. Whoever needs
    a browser puts a proxy there (`tests.faults.screen`).
    """

    seed: int
    folder: Path
    postgres: PostgresStore
    redis: LiveServer
    journal: Journal
    settings: Mapping[str, str] = field(default_factory=dict)
    hubs: list[Hub] = field(default_factory=list)
    tally: Tally = field(default_factory=Tally)
    door: int = field(default_factory=free_port)
    staff: Staff = field(init=False)
    chance: random.Random = field(init=False)
    _stack: AsyncExitStack = field(default_factory=AsyncExitStack)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)

    @classmethod
    @asynccontextmanager
    async def open(cls, hubs: int = 2, seed: int | None = None, **settings: str) -> AsyncIterator[Rig]:
        """Start everything, and leave no process and no file behind. `settings` are those of all hubs."""
        seed = chosen_seed() if seed is None else seed
        journal = Journal()
        journal.note("rig", f"seed {seed} (VIGIE_FAULTS_SEED)")
        async with AsyncExitStack() as stack:
            folder = stack.enter_context(short_folder())
            postgres = await stack.enter_async_context(
                PostgresStore.open(folder, lambda what: journal.note("postgres", what))
            )
            rig = cls(seed, folder, postgres, await _live_server(stack, "redis-1", folder, journal), journal, settings)
            rig._stack = stack
            for number in range(1, hubs + 1):
                await rig.hub(f"hub-{number}")
            rig.staff = await rig._hire()
            await asyncio.gather(*(hub.ready() for hub in rig.hubs))
            yield rig

    @property
    def origin(self) -> str:
        """Give the address that people type."""
        return f"http://127.0.0.1:{self.door}"

    def seconds(self, name: str) -> float:
        """Return one of the policy's durations, as the hubs of this rig have it."""
        standard: timedelta = getattr(Policy(), name)
        return float(self.settings.get(f"VIGIE_{name.upper()}_SECONDS", standard.total_seconds()))

    async def hub(self, name: str, **settings: str) -> Hub:
        """Start one more hub (without waiting for it); its own settings come on top of the rig's."""
        addresses = Addresses(self.postgres.socket, self.redis.address, self.postgres.url, self.postgres.owner_url)
        settings = {"VIGIE_ORIGINS": self.origin, **self.settings, **settings}
        opening = Hub.open(name, self.folder, addresses, self.seed, self.journal.note, **settings)
        self.hubs.append(await self._stack.enter_async_context(opening))
        return self.hubs[-1]

    async def live_server(self, name: str) -> LiveServer:
        """Start one more Redis, for a replica or an empty one."""
        return await _live_server(self._stack, name, self.folder, self.journal)

    # ── rooms ──────────────────────────────────────────────────────────────────────────────────────────────

    async def room(self, people: int = 6, invigilators: Sequence[Colleague] | None = None) -> RigRoom:
        """Import a session as a center does, through a living hub; its invigilators have typed the password."""
        chosen = tuple(_person() for _ in range(people))
        async with Api(self.gate(self.chance).http_url) as api:
            checked = await api.import_csv(self.staff.admin.token, csv(chosen, room_name()))
            assert checked["errors"] == [], checked
            confirmed = await api.confirm_import(self.staff.admin.token, checked["id"])
            (made,) = confirmed["sessions"]
            for one in self.staff.invigilators if invigilators is None else invigilators:
                await api.invigilate(one.token, made["number"], made["invigilator_password"])
        async with self.ledger() as ledger:
            roster = await ledger.roster(SessionNumber(made["number"]))
        ids = {(person.last_name, person.first_name): number for number, person in roster.people.items()}
        ordered = tuple(ids[person.last_name, person.first_name] for person in chosen)
        self.journal.note("rig", f"room {made['number']} for {people}")
        return RigRoom(
            SessionNumber(made["number"]), made["access_code"], made["invigilator_password"], chosen, ordered
        )

    async def identify(self, room: RigRoom, place: int) -> str:
        """Get a new token for the candidate at this place of the list."""
        async with Api(self.gate(self.chance).http_url) as api:
            token: str = (await api.identify(room.number, room.people[place].identity))["token"]
        return token

    # ── stores, past every proxy ───────────────────────────────────────────────────────────────────────────

    @asynccontextmanager
    async def database(self) -> AsyncIterator[Database]:
        """Reach the truth directly, with connections that no earlier fault has broken."""
        database = Database(self.postgres.url, pool_size=1)
        try:
            yield database
        finally:
            await database.close()

    async def truth(self, room: RigRoom) -> Truth:
        """Read everything about one session."""
        async with self.database() as database:
            return await reading.read(database, room.number)

    @asynccontextmanager
    async def ledger(self) -> AsyncIterator[PostgresLedger]:
        """Read the truth with the hub's own eyes."""
        async with self.database() as database:
            yield PostgresLedger(database)

    # ── life ───────────────────────────────────────────────────────────────────────────────────────────────

    def gate(self, chance: random.Random) -> Hub:
        """Choose a hub as a balancer does: one that says it is ready, or at least one whose process lives."""
        ready = [hub for hub in self.hubs if hub.is_open]
        return chance.choice(ready or [hub for hub in self.hubs if hub.is_running] or self.hubs)

    async def heal(self) -> None:
        """End every fault, start what is dead, and return when every hub is ready."""
        for hub in self.hubs:
            hub.calm()
            if hub.is_running:
                hub.thaw()
        self.postgres.thaw()
        if self.redis.is_running:
            self.redis.thaw()
        else:
            await self.redis.start()
        for hub in self.hubs:
            if not hub.is_running:
                hub.start()
        await asyncio.gather(*(hub.ready() for hub in self.hubs))
        self.journal.note("rig", "healed")

    def lead_to(self, redis: LiveServer) -> None:
        """Lead every hub to another Redis, which is the rig's own from now on."""
        self.redis = redis
        for hub in self.hubs:
            hub.to_redis.redirect(redis.address)

    def complaints(self) -> list[str]:
        """List what the hubs' logs hold and should not."""
        return [f"{hub.name}: {line}" for hub in self.hubs for line in hub.complaints()]

    async def _hire(self) -> Staff:
        """Make a center with its accounts, signed in without the slow hash of a password."""
        async with self.database() as database:
            directory = PostgresDirectory(database)
            center = await directory.create_center("Lycée des pannes")
            admin = await _hired(directory, "Ada Admin", Role.CENTER_ADMIN, center)
            invigilators = [
                await _hired(directory, f"Inès Invigilator {number}", Role.INVIGILATOR)
                for number in range(1, INVIGILATORS + 1)
            ]
        return Staff(admin, tuple(invigilators))


async def _hired(directory: PostgresDirectory, name: str, role: Role, *centers: Center) -> Colleague:
    email = f"{name.lower().replace(' ', '.')}@example.org"
    draft = AccountDraft(email, name, role, tuple(center.id for center in centers))
    account, token = await directory.create_account(draft), new_token()
    await directory.open_login(account.id, token_digest(token), timedelta(hours=14))
    return Colleague(account.id, name, token)


async def _live_server(stack: AsyncExitStack, name: str, folder: Path, journal: Journal) -> LiveServer:
    return await stack.enter_async_context(LiveServer.open(name, folder, lambda what: journal.note(name, what)))


def _person() -> Person:
    """Name somebody whom nobody else is named like."""
    number = next(_people)
    first, second = divmod(number, len(LETTERS))
    family = "".join(LETTERS[int(digit)] for digit in str(first))
    return Person(f"Candidat {family}", f"Prénom {LETTERS[second]}", f"2008-01-{number % 28 + 1:02d}")
