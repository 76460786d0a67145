"""The four papers of a session: what stands on them, for whom they are printed, and that anybody can read them."""

from __future__ import annotations

import asyncio
import io
import itertools
import json
import re
import threading
from collections.abc import Iterator
from datetime import UTC, timedelta
from typing import Any

import httpx
import msgspec
import pypdf
import pytest
import structlog
from msgspec import Struct

from hub.commands import AskHelp, Command, Enter, Finish, Interrupt
from hub.model import HUB, Author, CandidateId, Cause, HelpKind, SessionNumber, client_author
from hub.people import Role
from hub.refusals import Refusal
from hub.service import Order
from tests.contract.ledgers import minted
from tests.web.lycee import ORIGIN, SESSION, Hiring, Staff, code, line
from tests.web.test_sessions import entered, imported, key
from web.house import House
from web.papers.en import ENGLISH
from web.papers.fr import FRENCH
from web.papers.press import AT_ONCE, TEMPLATES, Press
from web.papers.texts import Texts
from web.qr import address_code

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


@pytest.fixture
def proof(house: House) -> Iterator[Proof]:
    usual, house.press = house.press, Proof()
    yield house.press
    house.press = usual


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


# ── the attendance sheet ───────────────────────────────────────────────────────────────────────────────────────


async def test_the_sheet_lists_everybody_in_order_before_anything_happened(hire: Hiring) -> None:
    admin = await hire.admin()
    opened = await imported(
        admin,
        line(last_name="Zola", first_name="Ann", extra="33"),
        line(last_name="Œdipe", first_name="Noé"),
        line(last_name="de La Tour", first_name="Eve"),
        line(last_name="Ábel", first_name="Bob", birthdate="09/11/2007"),
    )
    said = words(await printed(admin, opened, "attendance-sheet"))
    assert re.findall("Ábel Bob|de La Tour Eve|Œdipe Noé|Zola Ann", said) == [
        "Ábel Bob",
        "de La Tour Eve",
        "Œdipe Noé",
        "Zola Ann",
    ]
    for fact in (
        f"Session {opened['number']}",
        "Lycée Jean Moulin",
        "dimanche 1er décembre 2126",
        "09:30 (heure locale, Europe/Paris)",
        "1 h 45",
        "A. Durand",
        "09/11/2007",
        "+ 35 min",
        "33 %",
        "deux ans",
        "Nom et signature",
    ):
        assert fact in said
    assert said.count("☐") == 4
    assert "☑" not in said


async def test_the_sheet_is_filled_in_with_what_is_known_after_the_test(house: House, hire: Hiring) -> None:
    admin = await hire.admin()
    opened, _ = await lived(house, hire, admin)
    said = words(await printed(admin, opened, "attendance-sheet"))
    room = await house.ledger.room(SessionNumber(int(str(opened["number"]))))
    (certified,) = [one.certification_number for one in room.candidates.values() if one.certification_number]
    assert f"Zola Ann 14/03/2008 + 35 min 33 % {certified} ☑ E1 (q. 12), C6" in said
    assert "Ábel Bob 14/03/2008 Absent ☐" in said
    assert f"décision n° {room.decision_seq} · {room.decision_hash[:12]}" in said


async def test_a_session_without_candidates_has_a_sheet_that_says_so(hire: Hiring) -> None:
    admin = await hire.admin()
    made = await admin.http.post("/api/sessions", json=SESSION)
    paper = await printed(admin, made.json(), "attendance-sheet")
    assert FRENCH.attendance.nobody in words(paper)
    assert "/Table" not in tags(paper)


@pytest.mark.parametrize(("count", "pages"), [(25, 3), (120, 10)])
async def test_every_page_of_a_long_sheet_has_its_header_and_its_number(hire: Hiring, count: int, pages: int) -> None:
    admin = await hire.admin()
    opened = await imported(admin, *class_of(count))
    said = page_texts(await printed(admin, opened, "attendance-sheet"))
    assert len(said) <= pages
    for place, text in enumerate(said, 1):
        assert f"Page {place} sur {len(said)}" in text
        assert f"Session {opened['number']} · Feuille d’émargement" in text
        if "Élève" in text:
            assert "N° Nom de naissance Prénom Né(e) le Temps majoré Signature" in text
    assert re.findall(r"Élève\d{3}", " ".join(said)) == [f"Élève{place:03}" for place in range(count)]


async def test_times_are_those_of_the_center(house: House, hire: Hiring) -> None:
    center = await house.directory.create_center("Lycée de Nouméa", "Pacific/Noumea")
    admin = await hire.staff(Role.CENTER_ADMIN, center)
    opened, _ = await lived(house, hire, admin)
    room = await house.ledger.room(SessionNumber(int(str(opened["number"]))))
    assert room.started_at is not None
    local = (room.started_at.astimezone(UTC) + timedelta(hours=11)).strftime("%d/%m/%Y %H:%M")
    said = words(await printed(admin, opened, "attendance-sheet"))
    assert f"Début réel {local}" in said


# ── the kit and the notice ─────────────────────────────────────────────────────────────────────────────────────


async def test_the_kit_is_one_page_with_the_codes_and_an_address_without_any(hire: Hiring, proof: Proof) -> None:
    admin = await hire.admin()
    opened = await imported(admin)
    paper = await printed(admin, opened, "kit")
    said = words(paper)
    assert len(paper.pages) == 1
    for secret in ("access_code", "invigilator_password"):
        assert said.count(str(opened[secret])) == 1
    address = f"{ORIGIN}/invigilate/{opened['number']}"
    assert address in said
    assert all(phase.name in said for phase in FRENCH.kit.phases)
    assert FRENCH.kit.access_code_for in said
    (given,) = proof.papers
    assert msgspec.to_builtins(given)["qr"] == address_code(address)


async def test_the_notice_is_one_page_and_holds_no_secret(hire: Hiring, proof: Proof) -> None:
    admin = await hire.admin()
    opened = await imported(admin)
    for texts in LANGUAGES:
        paper = await printed(admin, opened, "notice", lang=texts.language)
        said = words(paper)
        assert len(paper.pages) == 1
        assert f"{ORIGIN}/candidate" in said
        assert f"{texts.notice.number} {opened['number']}" in said
        assert all(step.name in said for step in texts.notice.steps)
        assert all(sentence in said for sentence in texts.notice.closed)
    for given in proof.papers:
        data = msgspec.json.encode(given).decode()
        assert json.loads(data)["qr"] == address_code(f"{ORIGIN}/candidate?session={opened['number']}")
        assert str(opened["access_code"]) not in data
        assert str(opened["invigilator_password"]).removeprefix("C-") not in data


@pytest.mark.parametrize("name", ["W" * 100, "Lycée " * 16])
async def test_kit_and_notice_stay_one_page_at_a_school_with_a_long_name(hire: Hiring, name: str) -> None:
    admin = await hire.admin()
    made = await admin.http.post("/api/sessions", json={**SESSION, "site": name, "room": name})
    assert made.status_code == 201
    for paper in ("kit", "notice"):
        for texts in LANGUAGES:
            read = await printed(admin, made.json(), paper, lang=texts.language)
            assert len(read.pages) == 1
            assert without_spaces(words(read)).count(without_spaces(name)) == 2


# ── the incident record ────────────────────────────────────────────────────────────────────────────────────────


async def test_the_record_tells_everything_that_happened_to_a_candidate(house: House, hire: Hiring) -> None:
    admin = await hire.admin()
    opened, staff = await lived(house, hire, admin)
    said = words(await printed(admin, opened, "incidents"))
    name = staff.account.name
    for fact in (
        "Zola Ann",
        "E1 L’image ne s’affiche pas 12",
        "C6 Suspicion de fraude Téléphone *allumé* #sur la table",
        "L’image reste blanche",
        "problème reconnu : page rechargée",
        "poste ou ligne du candidat",
        "+7 min Coupure de courant",
        "La clim est en panne.",
        "Candidats concernés : 1 · Signalements : 2 · Appels au surveillant : 1 · Interruptions : 1",
    ):
        assert fact in said
    assert said.count(name) == 4
    assert re.search(r"\d\d:\d\d:\d\d (\S+ )?\d\d:\d\d:\d\d 2\d s poste", said)
    assert "Ábel" not in said
    assert FRENCH.incidents.by_hand not in said


async def test_a_record_of_nothing_has_lines_to_write_on(hire: Hiring) -> None:
    admin = await hire.admin()
    opened = await imported(admin)
    paper = await printed(admin, opened, "incidents")
    said = words(paper)
    assert FRENCH.incidents.nothing in said
    assert "Candidat Code Question Description, heure, suite donnée" in said
    assert "C6 Suspicion de fraude" in said
    assert tags(paper).count("/TR") == 9, "a header and eight empty lines"


async def test_observations_are_for_those_who_may_read_them_on_a_screen(
    house: House, hire: Hiring, owner_db: Any
) -> None:
    admin = await hire.admin()
    opened, staff = await lived(house, hire, admin)
    jury = await hire.staff(Role.JURY)
    await finalize(owner_db, opened["number"])
    assert "La clim" in words(await printed(admin, opened, "incidents"))
    assert "La clim" in words(await printed(jury, opened, "incidents"))
    for paper in PAPERS:
        assert "La clim" not in words(await printed(staff, opened, paper))


# ── names ──────────────────────────────────────────────────────────────────────────────────────────────────────

HOSTILE = (
    ("#let x = 1", "$a^2$"),
    ("\\u{41} \\ \\\\", "*gras* _it_ `c` @r <l>"),
    ("<script>alert(1)</script>", "// non /* non */"),
    ('#read("/etc/passwd")', "#sys.inputs"),
    ("D'Arc-Élan", "Łukasz"),
    ("Nguyễn", "Thị Hồng Đào"),
    ("Müller-Ørsted ß", "İpek ſ"),
    ('fi ffl -- ... "q"', "~ ' ` ´ é"),
    ("A" * 100, "B" * 100),
    ("x" + "é" * 99, "mot " * 24 + "fin!"),
)


@pytest.mark.parametrize(("last_name", "first_name"), HOSTILE)
async def test_a_name_prints_as_it_is(hire: Hiring, last_name: str, first_name: str) -> None:
    admin = await hire.admin()
    quoted = [
        f'"{name}"'.replace('""', '"') if '"' not in name else '"' + name.replace('"', '""') + '"'
        for name in (last_name, first_name)
    ]
    opened = await imported(admin, line(last_name=quoted[0], first_name=quoted[1]), line())
    (candidate,) = [one for name, one in (await ids(admin, opened)).items() if name != "Ben Saïd"]
    staff = await entered(hire, opened)
    await told(staff, opened, "report.add", candidate, name="other", text=f"{last_name} {first_name}")
    for paper in ("attendance-sheet", "incidents"):
        said = without_spaces(words(await printed(admin, opened, paper)))
        assert without_spaces(last_name) in said
        assert without_spaces(first_name) in said


async def test_a_long_name_stays_in_its_cell(hire: Hiring) -> None:
    admin = await hire.admin()
    opened = await imported(admin, line(last_name="W" * 100, first_name="M" * 100))
    paper = await printed(admin, opened, "attendance-sheet")
    places: list[tuple[float, float]] = []

    def see(text: str, matrix: list[float], *_others: object) -> None:
        if "WW" in text:
            places.append((matrix[4], matrix[5]))

    paper.pages[0].extract_text(visitor_text=see)
    assert len({round(down) for _, down in places}) > 5
    assert max(across for across, _ in places) < 160, "the next cell begins at 186 points"


async def test_a_name_written_from_right_to_left_disturbs_nobody_else(hire: Hiring) -> None:
    admin = await hire.admin()
    opened = await imported(admin, line(last_name="ليلى", first_name="שלום", birthdate="09/11/2007"))
    said = words(await printed(admin, opened, "attendance-sheet"))
    assert "ليلىשלום09/11/2007" in without_spaces(said)


async def test_a_sign_that_no_font_knows_costs_no_paper(hire: Hiring) -> None:
    admin = await hire.admin()
    opened = await imported(admin, line(last_name="Ab\U00010600é", first_name="Léa"), line(last_name="Zola"))
    with structlog.testing.capture_logs() as diary:
        paper = await printed(admin, opened, "attendance-sheet")
    assert "Zola Léa" in words(paper)
    assert paper.trailer["/Root"]["/MarkInfo"]["/Marked"]
    assert [one["event"] for one in diary] == ["paper_not_fully_accessible"]
    assert "Ab" not in str(diary)


# ── who ────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_papers_are_for_the_center_and_the_invigilators_of_the_session(
    house: House, hire: Hiring, anybody: httpx.AsyncClient
) -> None:
    admin = await hire.admin()
    opened = await imported(admin)
    invigilator = await entered(hire, opened)
    others = [await hire.admin(), await entered(hire, await imported(await hire.admin()))]
    others += [await hire.staff(role) for role in (Role.INVIGILATOR, Role.JURY, Role.OPERATOR)]
    identity = {"session_number": opened["number"], "last_name": "Ben Saïd", "first_name": "Léa"}
    answer = await anybody.post("/api/candidate/identity", json={**identity, "birthdate": "2008-03-14"})
    candidate = {"Authorization": f"Bearer {answer.json()['token']}"}
    for paper in PAPERS:
        path = f"/api/sessions/{opened['number']}/{paper}.pdf"
        for staff in (admin, invigilator):
            assert (await staff.http.get(path)).status_code == 200
        for staff in others:
            assert code(await staff.http.get(path)) == (403, "forbidden")
        assert code(await anybody.get(path)) == (401, "not_signed_in")
        assert code(await anybody.get(path, headers=candidate)) == (401, "not_signed_in")
        nowhere = f"/api/sessions/4000000/{paper}.pdf"
        assert code(await admin.http.get(nowhere)) == (404, "not_found")
        assert code(await invigilator.http.get(nowhere)) == (403, "forbidden")


async def test_a_jury_reads_sheet_and_record_of_a_finalized_session_and_no_code(hire: Hiring, owner_db: Any) -> None:
    opened = await imported(await hire.admin())
    jury, operator, stranger = [await hire.staff(role) for role in (Role.JURY, Role.OPERATOR, Role.INVIGILATOR)]
    path = f"/api/sessions/{opened['number']}"

    async def answered(staff: Staff) -> dict[str, int]:
        return {paper: (await staff.http.get(f"{path}/{paper}.pdf")).status_code for paper in PAPERS}

    assert await answered(jury) == dict.fromkeys(PAPERS, 403)
    await finalize(owner_db, opened["number"])
    assert await answered(jury) == {"attendance-sheet": 200, "kit": 403, "notice": 403, "incidents": 200}
    for staff in (operator, stranger):
        assert await answered(staff) == dict.fromkeys(PAPERS, 403)
    assert "Session finalisée le" in words(await printed(jury, opened, "attendance-sheet"))


# ── as files ───────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_paper_is_a_file_that_nobody_keeps(hire: Hiring) -> None:
    admin = await hire.admin()
    opened = await imported(admin)
    for paper, name in zip(PAPERS, FRENCH.file_names.values(), strict=True):
        answer = await admin.http.get(f"/api/sessions/{opened['number']}/{paper}.pdf")
        assert answer.headers["content-type"] == "application/pdf"
        assert answer.headers["content-disposition"] == f'attachment; filename="{name}-{opened["number"]}.pdf"'
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.content.startswith(b"%PDF-")
        again = await admin.http.get(f"/api/sessions/{opened['number']}/{paper}.pdf")
        assert again.content == answer.content


async def test_an_unknown_language_is_invalid(hire: Hiring) -> None:
    admin = await hire.admin()
    opened = await imported(admin)
    for paper in PAPERS:
        refused = await admin.http.get(f"/api/sessions/{opened['number']}/{paper}.pdf", params={"lang": "de"})
        assert code(refused) == (400, "invalid")
        assert list(refused.json()["error"]["fields"]) == ["lang"]


@pytest.mark.parametrize("texts", LANGUAGES, ids=lambda texts: texts.language)
async def test_a_paper_is_read_aloud_in_its_language(house: House, hire: Hiring, texts: Texts) -> None:
    admin = await hire.admin()
    opened, _ = await lived(house, hire, admin)
    titles = (texts.attendance.title, texts.kit.title, texts.notice.title, texts.incidents.title)
    for name, title in zip(PAPERS, titles, strict=True):
        paper = await printed(admin, opened, name, lang=texts.language)
        root = paper.trailer["/Root"]
        assert root["/MarkInfo"]["/Marked"]
        assert root["/Lang"] == texts.language
        assert root["/ViewerPreferences"]["/DisplayDocTitle"]
        assert paper.metadata is not None
        assert paper.metadata.title == f"{title} – {texts.common.session} {opened['number']}"
        assert b"<pdfuaid:part>1</pdfuaid:part>" in root["/Metadata"].get_object().get_data()
        assert title in words(paper)
        structure = tags(paper)
        assert "/H1" in structure
        if name in ("attendance-sheet", "incidents"):
            assert structure.count("/TH") >= 4
        else:
            assert "/Figure" in structure


# ── the press ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_templates_read_nothing_but_each_other() -> None:
    for path in TEMPLATES.glob("*.typ"):
        source = path.read_text()
        assert set(re.findall(r'#?(?:import|include) +"([^"]*)"', source)) <= {"frame.typ"}
        assert not re.search(r'#?(?:import|include) +"@|\b(?:read|csv|yaml|toml|xml|cbor|plugin|eval)\(', source)


class Turnstile(Press):
    """A press whose workers wait for each other in pairs."""

    def __init__(self) -> None:
        super().__init__()
        self._pair = threading.Barrier(2, timeout=20)
        self._count = threading.Lock()
        self._now, self.most = 0, 0

    def _set(self, template: str, data: str) -> bytes:
        with self._count:
            self._now += 1
            self.most = max(self.most, self._now)
        self._pair.wait()
        with self._count:
            self._now -= 1
        return b""


class Empty(Struct, frozen=True):
    """Nothing to print."""


async def test_two_papers_are_set_at_once_and_never_more() -> None:
    press = Turnstile()
    await asyncio.gather(*(press.pdf("notice", Empty()) for _ in range(3 * AT_ONCE)))
    assert press.most == AT_ONCE


async def test_the_loop_goes_on_while_a_paper_is_set(hire: Hiring, proof: Proof) -> None:
    admin = await hire.admin()
    await printed(admin, await imported(admin, *class_of(120)), "attendance-sheet")
    (paper,) = proof.papers
    work = asyncio.ensure_future(Press().pdf("attendance", paper))
    turns = 0
    while not work.done():
        turns += 1
        await asyncio.sleep(0)
    assert turns > 100
