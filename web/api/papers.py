"""The papers of a session over HTTP: PDF files to print, for those who may see what is on them."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub.preparation import SessionDetail
from web import access
from web.api.binding import bound, number_in, visitor
from web.errors import invalid
from web.house import House
from web.papers.attendance import sheet
from web.papers.dossier import Dossier
from web.papers.en import ENGLISH
from web.papers.fr import FRENCH
from web.papers.incidents import record
from web.papers.kit import kit
from web.papers.notice import notice
from web.papers.texts import Texts

LANGUAGES = {texts.language: texts for texts in (FRENCH, ENGLISH)}


class Paper(StrEnum):
    """The papers, by the names of their templates."""

    ATTENDANCE = "attendance"
    KIT = "kit"
    NOTICE = "notice"
    INCIDENTS = "incidents"


def routes(house: House) -> list[Route]:
    """Return the routes of this subject."""
    one = "/api/sessions/{number:number}"
    return [
        bound(house, f"{one}/attendance-sheet.pdf", "GET", attendance_sheet),
        bound(house, f"{one}/kit.pdf", "GET", invigilator_kit),
        bound(house, f"{one}/notice.pdf", "GET", candidate_notice),
        bound(house, f"{one}/incidents.pdf", "GET", incident_record),
    ]


async def attendance_sheet(house: House, request: Request) -> Response:
    """Print the list that is signed, with what is known of each candidate by now."""
    known = await visitor(house, request)
    detail = await access.session_on_paper(house.directory, known.account, number_in(request))
    dossier = await _dossier(house, detail, _texts(request))
    return await _printed(house, Paper.ATTENDANCE, sheet(dossier), dossier)


async def invigilator_kit(house: House, request: Request) -> Response:
    """Print the codes of a session: for its admins, and for invigilators who came in by the password already."""
    known = await visitor(house, request)
    detail = await access.entered_session(house.directory, known.account, number_in(request))
    dossier = await _dossier(house, detail, _texts(request))
    password = house.keyring.open(detail.secrets.encrypted_password)
    return await _printed(house, Paper.KIT, kit(dossier, password, house.public_url), dossier)


async def candidate_notice(house: House, request: Request) -> Response:
    """Print what candidates may read."""
    known = await visitor(house, request)
    detail = await access.visible_session(house.directory, known.account, number_in(request))
    dossier = await _dossier(house, detail, _texts(request))
    return await _printed(house, Paper.NOTICE, notice(dossier, house.public_url), dossier)


async def incident_record(house: House, request: Request) -> Response:
    """Print what went wrong. The observations of the preparation are no invigilator's business, here as elsewhere."""
    known = await visitor(house, request)
    detail = await access.session_on_paper(house.directory, known.account, number_in(request))
    dossier = await _dossier(house, detail, _texts(request))
    may_read_observations = access.may_read_observations(known.account, detail.summary)
    return await _printed(house, Paper.INCIDENTS, record(dossier, with_observations=may_read_observations), dossier)


def _texts(request: Request) -> Texts:
    texts = LANGUAGES.get(request.query_params.get("lang", FRENCH.language))
    if texts is None:
        raise invalid(lang=f"one of {', '.join(LANGUAGES)}")
    return texts


async def _dossier(house: House, detail: SessionDetail, texts: Texts) -> Dossier:
    number = detail.summary.number
    return Dossier(detail, await house.ledger.room(number), await house.ledger.roster(number), texts)


async def _printed(house: House, paper: Paper, content: Struct, dossier: Dossier) -> Response:
    name = f"{dossier.texts.file_names[paper]}-{dossier.detail.summary.number}.pdf"
    headers = {"Cache-Control": "no-store", "Content-Disposition": f'attachment; filename="{name}"'}
    return Response(await house.press.pdf(paper, content), 200, headers, "application/pdf")
