"""The four papers of a session: what stands on them."""

from __future__ import annotations

import json
import re
from datetime import UTC, timedelta
from typing import Any

import msgspec
import pytest
import structlog

from hub.model import SessionNumber
from hub.people import Role
from tests.web.lycee import ORIGIN, SESSION, Hiring, line
from tests.web.papers import (
    LANGUAGES,
    PAPERS,
    Proof,
    class_of,
    finalize,
    ids,
    lived,
    page_texts,
    printed,
    tags,
    told,
    without_spaces,
    words,
)
from tests.web.test_sessions import entered, imported
from web.house import House
from web.papers.fr import FRENCH
from web.qr import address_code

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
