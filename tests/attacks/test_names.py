"""Names that are meant to run, to turn the line around, or to hide: through the import to paper, table and log.

What a page shows of them is in `tests/browser/test_names.py`.
"""

from __future__ import annotations

import csv
import io
import json
import unicodedata

import pypdf

from tests.faults.rig import Rig
from tests.story.rooms import HEADER, Person, World, csv_line, room_name
from web.exports import unguarded

TAKEN = (
    "<script>alert(1)</script>",
    'D\'Août "dit" l’Aîné',
    "=cmd()|' /C calc'!A0",
    "@SUM(1+1)",
    "-1+1",
    "+33 6",
    "%0d%0aSet-Cookie",
    "{{constructor}}",
    "${7*7}",
    "'; DROP TABLE candidates",
    "\u05d0\u05d1\u05d2",
    "Z" + "\u0336\u0321\u031b\u0300" * 8,
    '#link("http://evil")[x]',
    "W" * 100,
)
"""Text, whatever stands in it."""
MENDED = {"Du\u200bpont": "Dupont", "Jean\nPaul": "Jean Paul", " \u00a0Anh\t": "Anh"}
"""Invisible marks and odd spaces."""
REFUSED = ("Du\u202epont", "Ren\u2066é", "a\x1b[31mb", "a\x00b", "a\x07b", "W" * 101)
"""What would turn or colour the line around it."""


def cell(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def file(names: tuple[str, ...], room: str) -> bytes:
    lines = [csv_line(Person(cell(name), f"Prénom {chr(65 + place)}"), room) for place, name in enumerate(names)]
    return "\r\n".join([HEADER, *lines, ""]).encode()


async def test_names_that_do_something_are_text_on_every_paper_and_in_every_table(rig: Rig, world: World) -> None:
    names, api, admin = (*TAKEN, *MENDED), world.api, world.staff.admin
    checked = await api.import_csv(admin, file(names, room_name()))
    assert checked["errors"] == []
    number = (await api.confirm_import(admin, checked["id"]))["sessions"][0]["number"]
    expected = {*TAKEN, *MENDED.values()}
    listed = (await api.call("GET", f"/sessions/{number}/candidates", admin))["candidates"]
    assert {one["last_name"] for one in listed} == {unicodedata.normalize("NFC", name) for name in expected}

    table = (await api.raw("GET", f"/sessions/{number}/candidates.csv", admin)).content.decode("utf-8-sig")
    cells = [one for row in csv.reader(io.StringIO(table), delimiter=";") for one in row]
    assert not [one for one in cells if one.startswith(("=", "+", "-", "@", "\t", "\r"))]
    read = {unguarded(one) for one in cells}
    assert {one["last_name"] for one in listed} <= read, "and it is read back as it was"

    for paper in ("attendance-sheet", "incidents", "notice", "kit"):
        answer = await api.raw("GET", f"/sessions/{number}/{paper}.pdf", admin)
        assert answer.status_code == 200, paper
        text = printed(answer.content)
        if paper == "attendance-sheet":
            assert [name for name in expected if name.isascii() and squeezed(name) not in text] == []
            assert "\u05d0" in text or "\u05d2" in text
    for hub in rig.hubs:
        lines = hub.log.read_text("utf-8").splitlines()
        read_lines = [json.loads(line) for line in lines if line.startswith("{")]
        assert len(lines) - len(read_lines) <= 1, "one fact a line, after the greeting"
        assert not [name for name in expected for line in lines if len(name) > 4 and name in line]


def squeezed(text: str) -> str:
    return "".join(text.split())


def printed(pdf: bytes) -> str:
    """Read the words of a paper; where a line is broken does not count."""
    return squeezed("".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages))


async def test_what_would_change_its_neighbourhood_is_refused_and_not_repeated(world: World) -> None:
    checked = await world.api.import_csv(world.staff.admin, file(REFUSED, room_name()))
    assert sorted({error["line"] for error in checked["errors"]}) == list(range(2, 2 + len(REFUSED)))
    said = json.dumps(checked, ensure_ascii=False)
    assert not [name for name in REFUSED if name in said]
