"""The four papers of a session: for whom they are printed, as which files, and that anybody can read them."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from hub.people import Role
from tests.web.lycee import Hiring, Staff, code
from tests.web.papers import LANGUAGES, PAPERS, finalize, lived, printed, tags, words
from tests.web.test_sessions import entered, imported
from web.house import House
from web.papers.fr import FRENCH
from web.papers.texts import Texts

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
