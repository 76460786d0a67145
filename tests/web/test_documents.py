"""Documents of a finalization: taken by what they hold, kept whole, given out so that no browser runs them."""

from __future__ import annotations

import asyncio
import hashlib

import httpx
import pytest

from hub.archive import MAX_DOCUMENT_BYTES, MAX_DOCUMENTS
from hub.people import Role
from tests.web.closing import Room, a_room
from tests.web.lycee import Hiring, code
from web.api.documents import PIECE_BYTES, in_pieces

PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<< >>\nendobj\ntrailer\n<< >>\n%%EOF\n"
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 64
JPEG = b"\xff\xd8\xff\xe1\x00\x10Exif\x00" + b"\0" * 64
NOBODY = "00000000-0000-0000-0000-000000000000"


async def add(room: Room, content: bytes, name: str = "constat.pdf", field: str = "file") -> httpx.Response:
    return await room.admin.http.post(f"{room.path}/documents", files={field: (name, content, "text/html")})


async def test_a_document_is_kept_whole_and_given_to_be_saved(hire: Hiring) -> None:
    room = await a_room(hire, 1)
    kept = await add(room, PDF, "procès-verbal n° 3.pdf")
    assert kept.status_code == 201, kept.text
    view = kept.json()
    assert (view["name"], view["media_type"], view["size_bytes"], view["by"]) == (
        "procès-verbal n° 3.pdf",
        "application/pdf",
        len(PDF),
        room.admin.account.name,
    )
    assert (await room.admin.http.get(f"{room.path}/documents")).json() == {"documents": [view]}
    given = await room.admin.http.get(f"{room.path}/documents/{view['id']}")
    assert given.content == PDF
    assert given.headers["content-type"] == "application/pdf"
    assert given.headers["content-disposition"].startswith("attachment; ")
    assert "proc%C3%A8s-verbal" in given.headers["content-disposition"]
    assert given.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in given.headers["content-security-policy"]
    assert given.headers["cache-control"] == "no-store"
    assert (await room.admin.http.delete(f"{room.path}/documents/{view['id']}")).status_code == 204
    assert (await room.admin.http.delete(f"{room.path}/documents/{view['id']}")).status_code == 204
    assert (await room.admin.http.get(f"{room.path}/documents")).json() == {"documents": []}


@pytest.mark.parametrize(
    ("content", "name", "kept_as"),
    [
        (PNG, "photo.html", "photo.html.png"),
        (JPEG, "IMG_0001.JPG", "IMG_0001.jpg"),
        (PDF, "../../etc/passwd", "etc passwd.pdf"),
        (PDF, "C:\\temp\\x.pdf", "x.pdf"),
        (PDF, "a\r\nSet-Cookie: b=c.pdf", "a%0D%0ASet-Cookie b=c.pdf"),
        (PDF, "\u202efdp.exe", "fdp.exe.pdf"),
        (PDF, "…" * 300, "…" * 116 + ".pdf"),
        (PDF, "....", "document.pdf"),
        (PDF, ".pdf", "document.pdf"),
        (b"\xef\xbb\xbf" + PDF, "scan.pdf", "scan.pdf"),
        (b"\r\n \0" + PDF, "scan", "scan.pdf"),
        (b"\n" * 1019 + PDF, "scan", "scan.pdf"),
    ],
)
async def test_a_name_is_made_safe_and_ends_as_the_content_does(
    hire: Hiring, content: bytes, name: str, kept_as: str
) -> None:
    kept = await add(await a_room(hire, 1), content, name)
    assert kept.status_code == 201, kept.text
    assert kept.json()["name"] == kept_as


async def test_half_a_character_in_a_name_is_left_out(hire: Hiring) -> None:
    room = await a_room(hire, 1)
    form = {"Content-Type": "multipart/form-data; charset=utf-7; boundary=x"}
    head = b'--x\r\nContent-Disposition: form-data; name="file"; filename="constat +2AA-.pdf"\r\n\r\n'
    kept = await room.admin.http.post(f"{room.path}/documents", content=head + PDF + b"\r\n--x--\r\n", headers=form)
    assert (kept.status_code, kept.json()["name"]) == (201, "constat.pdf")


async def test_everybody_comes_between_the_pieces_of_a_large_form() -> None:
    body, turns, seen = bytes(range(256)) * 4096, 0, []

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    busy = asyncio.create_task(others())
    pieces = []
    async for piece in in_pieces(body):
        pieces.append(piece)
        seen.append(turns)
    busy.cancel()
    assert (b"".join(pieces), max(map(len, pieces))) == (body, PIECE_BYTES)
    assert seen == sorted(set(seen))


@pytest.mark.parametrize(
    "content",
    [
        b"<html><script>alert(1)</script>",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"GIF89a" + b"\0" * 40,
        b"MZ\x90\0",
        b"<script>alert(1)</script>\n" + PDF,
        b"\xef\xbb\xbf <!--" + PDF,
        b"x" + PDF,
        b"\n" * 1020 + PDF,
    ],
    ids=["html", "svg", "gif", "program", "script and pdf", "comment and pdf", "something and pdf", "late pdf"],
)
async def test_what_is_neither_pdf_nor_photo_is_refused_whatever_it_is_called(hire: Hiring, content: bytes) -> None:
    room = await a_room(hire, 1)
    assert code(await add(room, content)) == (415, "unsupported_media_type")
    assert (await room.admin.http.get(f"{room.path}/documents")).json() == {"documents": []}


async def test_a_document_is_not_empty_and_not_too_large(hire: Hiring) -> None:
    room = await a_room(hire, 1)
    assert code(await add(room, b"")) == (400, "invalid")
    largest = PDF + b"\0" * (MAX_DOCUMENT_BYTES - len(PDF))
    assert (await add(room, largest)).status_code == 201
    assert code(await add(room, largest + b"\0")) == (413, "too_large")


async def test_a_form_that_holds_no_file_is_refused(hire: Hiring) -> None:
    room = await a_room(hire, 1)
    assert code(await add(room, PDF, field="photo")) == (400, "invalid")
    post = room.admin.http.post
    assert code(await post(f"{room.path}/documents", data={"file": "x"})) == (415, "unsupported_media_type")
    broken = {"Content-Type": "multipart/form-data; boundary=x"}
    assert code(await post(f"{room.path}/documents", content=b"--y\r\nnothing", headers=broken)) == (400, "invalid")
    assert code(await post(f"{room.path}/documents", content=PDF, headers={"Content-Type": "multipart/form-data"})) == (
        400,
        "invalid",
    )


async def test_no_more_than_twenty_are_kept_even_when_many_come_at_once(hire: Hiring) -> None:
    room = await a_room(hire, 1)
    answers = []
    for _ in range(3):
        answers += await asyncio.gather(*(add(room, PDF) for _ in range(12)))
    assert [one.status_code for one in answers].count(201) == MAX_DOCUMENTS
    assert len((await room.admin.http.get(f"{room.path}/documents")).json()["documents"]) == MAX_DOCUMENTS
    assert code(await add(room, PDF)) == (409, "too_many_documents")


async def test_the_chain_names_every_document_that_was_finalized(hire: Hiring) -> None:
    room = await a_room(hire, 1)
    kept = [(await add(room, content)).json()["id"] for content in (PDF, PNG)]
    await room.starts(0)
    await room.finalized()
    codes = (await room.house.archive.trail(room.number))[-1].codes
    named = {name: digest for name, digest in codes.items() if name.startswith("document.")}
    digests = [hashlib.sha256(content).hexdigest() for content in (PDF, PNG)]
    assert named == {f"document.{one}": digest for one, digest in zip(kept, digests, strict=True)}


async def test_documents_are_frozen_with_the_session_and_read_by_the_jury(hire: Hiring) -> None:
    room = await a_room(hire, 1)
    kept = (await add(room, PDF)).json()
    jury = await hire.staff(Role.JURY)
    path = f"{room.path}/documents/{kept['id']}"
    assert code(await jury.http.get(path)) == (404, "not_found")
    await room.starts(0)
    await room.finalized()
    assert code(await add(room, PDF)) == (409, "already_finalized")
    assert code(await room.admin.http.delete(path)) == (409, "already_finalized")
    assert (await jury.http.get(path)).content == PDF
    assert code(await jury.http.delete(path)) == (403, "forbidden")


async def test_documents_of_others_are_not_there(hire: Hiring) -> None:
    room, other = await a_room(hire, 1), await a_room(hire, 1)
    kept = (await add(room, PDF)).json()
    assert code(await other.admin.http.get(f"{room.path}/documents/{kept['id']}")) == (403, "forbidden")
    assert code(await other.admin.http.get(f"{other.path}/documents/{kept['id']}")) == (404, "not_found")
    assert code(await room.admin.http.get(f"{room.path}/documents/{NOBODY}")) == (404, "not_found")
    assert (await other.admin.http.delete(f"{other.path}/documents/{kept['id']}")).status_code == 204
    assert len((await room.admin.http.get(f"{room.path}/documents")).json()["documents"]) == 1
