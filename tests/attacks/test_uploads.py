"""Files that are two things at once, and the limit to the byte. What else is refused: `tests/web/test_documents.py`."""

from __future__ import annotations

import httpx
import pytest

from hub.archive import MAX_DOCUMENT_BYTES
from tests.web.closing import Room, a_room
from tests.web.lycee import Hiring, code

SCRIPT = b"<html><script>document.title='x'</script><svg onload=alert(1)>"
PDF = b"%PDF-1.7\n"
PNG = b"\x89PNG\r\n\x1a\n"
JPEG = b"\xff\xd8\xff\xe1\x00\x10Exif\x00"
KINDS = [(PDF, "application/pdf"), (PNG, "image/png"), (JPEG, "image/jpeg")]
ZIP = b"PK\x03\x04\x14\x00\x00\x00\x08\x00"


async def added(room: Room, content: bytes, name: str, declared: str = "text/html") -> httpx.Response:
    files = {"file": (name, content, declared)}
    return await room.admin.http.post(f"{room.path}/documents", files=files)


@pytest.mark.parametrize(("head", "media_type"), KINDS, ids=["pdf", "png", "jpeg"])
@pytest.mark.parametrize("tail", [SCRIPT, ZIP], ids=["page", "archive"])
async def test_what_is_a_page_as_well_is_given_out_as_what_it_was_taken_for(
    hire: Hiring, head: bytes, media_type: str, tail: bytes
) -> None:
    room = await a_room(hire, 1)
    kept = await added(room, head + tail, "page.html")
    assert (kept.status_code, kept.json()["media_type"]) == (201, media_type)
    given = await room.admin.http.get(f"{room.path}/documents/{kept.json()['id']}")
    assert given.content == head + tail
    assert given.headers["content-type"] == media_type
    assert given.headers["content-disposition"].startswith("attachment; ")
    assert not given.headers["content-disposition"].rstrip('"').endswith(".html")
    assert given.headers["x-content-type-options"] == "nosniff"
    policy = given.headers["content-security-policy"]
    assert "sandbox" in policy.split("; ")
    assert "default-src 'none'" in policy


@pytest.mark.parametrize("declared", ["application/pdf", "image/png", "image/jpeg"])
async def test_a_declared_type_makes_nothing_of_a_page(hire: Hiring, declared: str) -> None:
    room = await a_room(hire, 1)
    assert code(await added(room, SCRIPT + PDF, "constat.pdf", declared)) == (415, "unsupported_media_type")
    assert code(await added(room, ZIP + PDF, "constat.pdf", declared)) == (415, "unsupported_media_type")


async def test_ten_mebibytes_are_the_limit_to_the_byte(hire: Hiring) -> None:
    room = await a_room(hire, 1)
    assert MAX_DOCUMENT_BYTES == 10 * 1024 * 1024
    for size, status in ((MAX_DOCUMENT_BYTES - 1, 201), (MAX_DOCUMENT_BYTES, 201), (MAX_DOCUMENT_BYTES + 1, 413)):
        assert (await added(room, PDF.ljust(size, b"\0"), "x.pdf")).status_code == status, size
