"""Documents that go with a finalization: taken in by what they hold, given out so that no browser runs them."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator
from urllib.parse import quote

import puremagic
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub.archive import MAX_DOCUMENT_BYTES, DocumentId, Upload
from hub.model import account_author
from hub.refusals import Refusal
from web import access
from web.api import closing
from web.api.binding import bound, number_in, visitor
from web.api.closing import Authors
from web.bodies import answer, nothing, read, require_type
from web.errors import Refused, invalid
from web.house import House

FORM = "multipart/form-data"
FORM_BYTES = 16 * 1024
"""What a form needs around its file."""
UPLOAD_SECONDS = 180.0
"""A photo of 10 MiB from a phone on a slow line."""
PIECE_BYTES = 256 * 1024
"""Measured on 10 MiB: taken apart at once they held the event loop for up to 145 ms, in such pieces for 1 ms."""
PDF_WITHIN_BYTES = 1024
"""As far into a file as readers of PDF look for where it begins."""
MAX_NAME = 120
ENDINGS = {"application/pdf": ".pdf", "image/jpeg": ".jpg", "image/png": ".png"}
_NOT_IN_NAMES = re.compile(r"[\x00-\x1f\x7f/\\:*?\"<>|\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]+")
_PDF = re.compile(rb"(?:\xef\xbb\xbf|\xfe\xff|\xff\xfe|[\x00\t\n\x0c\r ])*+%PDF-")
"""What scanners write before it are blanks and byte order marks, which no browser takes for a page."""


def routes(house: House) -> list[Route]:
    """Return the routes of this subject."""
    path = "/api/sessions/{number:number}/documents"
    return [
        bound(house, path, "GET", listed),
        bound(house, path, "POST", add),
        bound(house, f"{path}/{{id:uuid}}", "GET", give),
        bound(house, f"{path}/{{id:uuid}}", "DELETE", remove),
    ]


async def listed(house: House, request: Request) -> Response:
    """List a session's documents."""
    known = await visitor(house, request)
    number = (await access.session_in_closing(house.directory, known.account, number_in(request))).summary.number
    documents = await house.archive.documents(number)
    authors = await Authors.of(house, number, (one.by for one in documents))
    return answer({"documents": closing.documents_view(documents, authors)})


async def add(house: House, request: Request) -> Response:
    """Keep one document: a PDF, a JPEG or a PNG by its content, whatever its name says."""
    known = await visitor(house, request)
    detail = await access.prepared_session(house.directory, known.account, number_in(request))
    require_type(request, FORM)
    upload = await _upload_in(request)
    author = account_author(known.account.id)
    kept = await house.archive.add_document(detail.summary.number, upload, author)
    if isinstance(kept, Refusal):
        raise await closing.refused(house, kept)
    authors = await Authors.of(house, detail.summary.number, (author,))
    return answer(closing.documents_view([kept], authors)[0], 201)


async def give(house: House, request: Request) -> Response:
    """Give a document to be saved: never shown, never run."""
    known = await visitor(house, request)
    number = (await access.session_in_closing(house.directory, known.account, number_in(request))).summary.number
    kept = await house.archive.document(number, DocumentId(str(request.path_params["id"])))
    if kept is None:
        raise Refused(404, "not_found")
    plain = kept.name.encode("ascii", "replace").decode().replace("?", "_")
    disposition = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(kept.name)}"
    headers = {"Cache-Control": "no-store", "Content-Disposition": disposition}
    return Response(kept.content, 200, headers, kept.media_type)


async def remove(house: House, request: Request) -> Response:
    """Delete a document, until finalization."""
    known = await visitor(house, request)
    detail = await access.prepared_session(house.directory, known.account, number_in(request))
    refusal = await house.archive.remove_document(detail.summary.number, DocumentId(str(request.path_params["id"])))
    if refusal is not None:
        raise await closing.refused(house, refusal)
    return nothing()


async def _upload_in(request: Request) -> Upload:
    """Read the one file of a form, and tell by its content what it is."""
    body = await read(request, MAX_DOCUMENT_BYTES + FORM_BYTES, UPLOAD_SECONDS)
    try:
        form = await MultiPartParser(request.headers, in_pieces(body), max_files=1, max_fields=4).parse()
    except MultiPartException:
        raise invalid(file="a form with one file is expected") from None
    try:
        file = form.get("file")
        if not isinstance(file, UploadFile):
            raise invalid(file="required")
        return await _judged(file.filename, await file.read())
    finally:
        await form.close()


async def in_pieces(body: bytes) -> AsyncGenerator[bytes, None]:
    """Give a body piece by piece, and let everybody else come between: taking a large form apart takes its time."""
    for at in range(0, len(body), PIECE_BYTES):
        yield body[at : at + PIECE_BYTES]
        await asyncio.sleep(0)


async def _judged(name: str | None, content: bytes) -> Upload:
    if not content:
        raise invalid(file="empty")
    if len(content) > MAX_DOCUMENT_BYTES:
        raise Refused(413, "too_large")
    media_type = await asyncio.to_thread(_type_of, content)
    if media_type not in ENDINGS:
        raise Refused(415, "unsupported_media_type", fields={"file": "a PDF, a JPEG or a PNG is expected"})
    return Upload(_name_of(name, ENDINGS[media_type]), media_type, content)


def _type_of(content: bytes) -> str:
    """Tell what a file holds; empty when nobody knows."""
    if _PDF.match(content, 0, PDF_WITHIN_BYTES):
        return "application/pdf"
    try:
        return puremagic.from_string(content, mime=True)
    except (puremagic.PureError, ValueError):
        return ""


def _name_of(given: str | None, ending: str) -> str:
    """Return a name that is safe on every machine, ending as the content does."""
    plain = " ".join(_NOT_IN_NAMES.sub(" ", given or "").split()).rstrip(" .")
    stem = plain[: -len(ending)] if plain.lower().endswith(ending) else plain
    return (stem.strip(" .") or "document")[: MAX_NAME - len(ending)] + ending
