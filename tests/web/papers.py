"""Papers as they are read again, and a session that has something to print."""

from __future__ import annotations

import io
import itertools
from datetime import timedelta
from typing import Any

import pypdf
from msgspec import Struct

from hub.commands import AskHelp, Command, Enter, Finish, Interrupt
from hub.model import HUB, Author, CandidateId, Cause, HelpKind, SessionNumber, client_author
from hub.refusals import Refusal
from hub.service import Order
from tests.contract.ledgers import minted
from tests.web.lycee import Hiring, Staff, line
from tests.web.test_sessions import entered, imported, key
from web.house import House
from web.papers.en import ENGLISH
from web.papers.fr import FRENCH
from web.papers.press import Press

PAPERS = ("attendance-sheet", "kit", "notice", "incidents")
LANGUAGES = (FRENCH, ENGLISH)
_tokens = itertools.count(1)


class Proof(Press):
    """A press that keeps what it was given to print."""

    def __init__(self) -> None:
        super().__init__()
        self.papers: list[Struct] = []

    async def pdf(self, template: str, paper: Struct) -> bytes:
        self.papers.append(paper)
        return await super().pdf(template, paper)


# ── reading a paper ────────────────────────────────────────────────────────────────────────────────────────────


async def printed(staff: Staff, opened: dict[str, object], paper: str, **query: str) -> pypdf.PdfReader:
    answer = await staff.http.get(f"/api/sessions/{opened['number']}/{paper}.pdf", params=query)
    assert answer.status_code == 200, answer.text
    return pypdf.PdfReader(io.BytesIO(answer.content))


def page_texts(paper: pypdf.PdfReader) -> list[str]:
    """The words of each page; where lines and cells end is the printer's business."""
    return [" ".join(page.extract_text().split()) for page in paper.pages]


def words(paper: pypdf.PdfReader) -> str:
    return " ".join(page_texts(paper))


def without_spaces(text: str) -> str:
    return "".join(text.split())


def tags(paper: pypdf.PdfReader) -> list[str]:
    """Every tag of the structure, in reading order."""
    found: list[str] = []

    def walk(node: object) -> None:
        node = node.get_object() if isinstance(node, pypdf.generic.IndirectObject) else node
        if isinstance(node, pypdf.generic.ArrayObject):
            for one in node:
                walk(one)
        elif isinstance(node, pypdf.generic.DictionaryObject):
            if "/S" in node:
                found.append(str(node["/S"]))
            if "/K" in node:
                walk(node["/K"])

    walk(paper.trailer["/Root"]["/StructTreeRoot"])
    return found


# ── a room that lived ──────────────────────────────────────────────────────────────────────────────────────────


def class_of(count: int) -> list[str]:
    """Lines of an import, in no order."""
    return [
        line(last_name=f"Élève{place:03}", first_name="Zoé", birthdate=f"{1 + place % 28:02}/03/2008")
        for place in reversed(range(count))
    ]


async def ids(staff: Staff, opened: dict[str, object]) -> dict[str, int]:
    listed = await staff.http.get(f"/api/sessions/{opened['number']}/candidates")
    return {one["last_name"]: one["id"] for one in listed.json()["candidates"]}


async def told(staff: Staff, opened: dict[str, object], kind: str, candidate: int, **more: object) -> None:
    body = {"type": kind, "key": key(), "candidates": [candidate], **more}
    answer = await staff.http.post(f"/api/sessions/{opened['number']}/commands", json=body)
    assert answer.status_code == 200, answer.text
    assert [one["ok"] for one in answer.json()["results"]] == [True]


class Playing:
    """One candidate's client at the hub's door."""

    def __init__(self, house: House, number: object, candidate: int) -> None:
        self.house, self.number = house, SessionNumber(int(str(number)))
        self.candidate = CandidateId(candidate)

    async def come(self) -> None:
        self.client = await minted(self.house.directory, self.candidate, b"paper %d" % next(_tokens))

    async def does(self, command: Command, author: Author | None = None) -> None:
        order = Order(self.number, author or client_author(self.client), command, (self.candidate,), key(), "digest")
        answer = await self.house.decisions.submit(order)
        assert not isinstance(answer, Refusal), answer
        assert answer.is_accepted, answer

    async def enters(self) -> None:
        await self.does(Enter(self.client, is_code_right=True, total=32))

    async def is_lost(self) -> None:
        room = await self.house.ledger.room(self.number)
        entry = room.candidates[self.candidate].entry_no
        lost = Interrupt(entry, room.live_epoch, timedelta(seconds=20), Cause.CANDIDATE)
        await self.does(lost, HUB)

    async def help(self) -> int:
        room = await self.house.ledger.room(self.number)
        request = room.candidates[self.candidate].open_help
        assert request is not None
        return request.id


async def lived(house: House, hire: Hiring, admin: Staff) -> tuple[dict[str, object], Staff]:
    """A session of two after the test: Ann had everything happen to her, Bob did not come."""
    opened = await imported(
        admin,
        line(last_name="Zola", first_name="Ann", extra="33", observations="La clim est en panne."),
        line(last_name="Ábel", first_name="Bob", observations="La clim est en panne."),
    )
    staff = await entered(hire, opened)
    people = await ids(staff, opened)
    ann, bob = people["Zola"], people["Ábel"]
    await told(staff, opened, "presence.absent", bob)
    await told(staff, opened, "presence.confirm", ann)
    play = Playing(house, opened["number"], ann)
    await play.come()
    await play.enters()
    await play.does(AskHelp(play.client, HelpKind.QUESTION, 12, "L’image reste blanche"))
    await told(staff, opened, "help.take", ann, help=await play.help())
    resolved = {"help": await play.help(), "outcome": "accept", "word": "page rechargée"}
    await told(staff, opened, "help.resolve", ann, **resolved)
    await told(staff, opened, "report.add", ann, name="question.image_not_displayed", question=12)
    await told(staff, opened, "report.add", ann, name="fraud", text="Téléphone *allumé* #sur la table")
    await play.is_lost()
    await told(staff, opened, "resume.authorize", ann)
    await play.enters()
    await told(staff, opened, "time.add", ann, minutes=7, reason="Coupure de courant")
    await play.does(Finish(play.client, answered=30, total=32))
    await told(staff, opened, "end_screen.see", ann)
    return opened, staff


async def finalize(owner_db: Any, number: object) -> None:
    await owner_db.execute(
        "UPDATE exam_sessions SET finalized_at = clock_timestamp(), decision_seq = decision_seq + 1 WHERE number = $1",
        number,
    )
