"""A room on real stores, played over HTTP and through the hub, up to the moment at which it is finalized."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import httpx

from hub import commands as ask
from hub.commands import Command
from hub.model import CandidateId, ClientId, SessionNumber, account_author, client_author
from hub.people import Role
from hub.ports import Answer
from hub.service import Order
from hub.tokens import new_token, token_digest
from tests.contract.ledgers import minted
from tests.web.lycee import Hiring, Staff, file, line
from web.house import House

_keys = itertools.count(1)
NAMES = (("Łukasz", "Zoé"), ("Nguyễn", "Anh"), ("D'Arc-Élan", "Jeanne"), ("Ben Saïd", "Léa"), ("Œuvrard", "Maël"))


@dataclass
class Room:
    """One session with its people; `ids` in the order of NAMES."""

    house: House
    admin: Staff
    number: SessionNumber
    ids: tuple[CandidateId, ...]
    clients: dict[CandidateId, ClientId]

    @property
    def path(self) -> str:
        return f"/api/sessions/{self.number}"

    async def order(self, by: str, command: Command, *candidates: CandidateId) -> Answer:
        """Let somebody decide, by the hub itself; everything must be accepted."""
        key = f"closing-{next(_keys):08}"
        answer = await self.house.decisions.submit(Order(self.number, by, command, candidates, key))  # type: ignore[arg-type]
        assert isinstance(answer, Answer), answer
        return answer

    async def starts(self, *places: int) -> None:
        """Let these come in and answer a little."""
        ids = [self.ids[place] for place in places]
        await self.command("room.take_over")
        await self.order(account_author(self.admin.account.id), ask.ConfirmPresence("en retard"), *ids)
        for one in ids:
            client = await minted(self.house.directory, one, token_digest(new_token()))
            self.clients[one] = client
            await self.order(client_author(client), ask.Enter(client, is_code_right=True, total=32), one)

    async def finishes(self, *places: int) -> None:
        """Let these come to their end."""
        for one in (self.ids[place] for place in places):
            client = self.clients[one]
            await self.order(client_author(client), ask.Finish(client, 32, 32), one)

    async def command(self, type_: str, *places: int, **fields: object) -> dict[str, object]:
        """Give a command over HTTP, as the pages do."""
        body = {"type": type_, "key": f"closing-{next(_keys):08}", **fields}
        if places:
            body["candidates"] = [self.ids[place] for place in places]
        answer = await self.admin.http.post(f"{self.path}/commands", json=body)
        assert answer.status_code == 200, answer.text
        told: dict[str, object] = answer.json()
        return told

    async def shown(self) -> dict[str, object]:
        """Read where the finalization stands."""
        answer = await self.admin.http.get(f"{self.path}/finalization")
        assert answer.status_code == 200, answer.text
        shown: dict[str, object] = answer.json()
        return shown

    async def saves(self, version: int, **reasons: str) -> httpx.Response:
        """Save the draft with these reasons, by place: `p1="technical"`."""
        said = {str(self.ids[int(place[1:])]): reason for place, reason in reasons.items()}
        body = {"version": version, "abort_reasons": said, "incident": False, "comment": ""}
        return await self.admin.http.put(f"{self.path}/finalization", json=body)

    async def confirms(self, version: int) -> httpx.Response:
        return await self.admin.http.post(f"{self.path}/finalization/confirm", json={"version": version})

    async def finalized(self) -> dict[str, object]:
        """Bring it to its end, with a technical reason for everybody who needs one; return the receipt."""
        rows = (await self.house.ledger.room(self.number)).candidates
        places = [place for place, one in enumerate(self.ids) if rows[one].attempt in ("running", "ended", "closed")]
        draft = (await self.shown())["draft"]
        assert isinstance(draft, dict)
        saved = await self.saves(draft["version"], **{f"p{place}": "technical" for place in places})
        assert saved.status_code == 200, saved.text
        done = await self.confirms(saved.json()["draft"]["version"])
        assert done.status_code == 200, done.text
        receipt: dict[str, object] = done.json()["receipt"]
        return receipt


async def a_room(hire: Hiring, people: int = 5) -> Room:
    """Import a session with so many people, for an admin of its center."""
    admin = await hire.staff(Role.CENTER_ADMIN, await hire.center())
    lines = [line(last_name=last, first_name=first) for last, first in NAMES[:people]]
    lines += [line(last_name=f"Candidat {chr(65 + number)}") for number in range(people - len(lines))]
    headers = {"Content-Type": "text/csv"}
    checked = (await admin.http.post("/api/imports", content=file(*lines), headers=headers)).json()
    assert checked["errors"] == []
    made = (await admin.http.post(f"/api/imports/{checked['id']}/confirm")).json()["sessions"][0]
    number = SessionNumber(made["number"])
    people_of = (await hire.house.ledger.roster(number)).people
    ids = {person.last_name: one for one, person in people_of.items()}
    ordered = [ids[text.split(";")[7]] for text in lines]
    return Room(hire.house, admin, number, tuple(ordered), {})
