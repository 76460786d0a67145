"""A spreadsheet is judged as the same lines in a CSV would be, and no file makes the reader do without bounds."""

from __future__ import annotations

import tracemalloc
import zipfile
from datetime import date

import pytest

from hub.model import SessionNumber
from hub.preparation import PlannedCandidate
from tests.web.spreadsheet import ROW, Cell, Day, Number, Raw, document, packed, person, row_of, sheet
from web.ods_sheet import MAX_ELEMENTS, MAX_ENTRIES
from web.roster_ods import parse
from web.roster_rows import MAX_ROWS, Judged

INTO = SessionNumber(1000)
MEGABYTE = 1024 * 1024


def faults(body: bytes) -> list[tuple[int, str | None, str]]:
    return [(one.line, one.column, one.code) for one in parse(body, INTO).problems]


def only(judged: Judged) -> PlannedCandidate:
    assert judged.problems == ()
    (sitting,) = judged.plan
    (candidate,) = sitting.candidates
    return candidate


def test_a_correct_sheet_is_the_sessions_candidates() -> None:
    judged = parse(sheet(ROW, person(), person(last_name="Martin", extra="33 %")), INTO)
    assert judged.problems == judged.warnings == ()
    (sitting,) = judged.plan
    assert (sitting.number, [one.last_name for one in sitting.candidates]) == (INTO, ["Ben Saïd", "Martin"])
    assert sitting.candidates[0].birthdate == date(2008, 3, 14)
    assert [one.extra_time_percentage for one in sitting.candidates] == [0, 33]


def test_titles_and_empty_rows_stand_above_and_between() -> None:
    body = sheet(["Lycée Jean Moulin"], [], ["Terminale B", "2026"], ROW, [], person(), ["", " "], person(sex="X"))
    assert faults(body) == [(8, "Sexe", "sex_invalid")]


def test_lines_are_those_of_the_sheet_also_after_repeated_rows() -> None:
    rows = (
        row_of(ROW)
        + row_of([], ' table:number-rows-repeated="7"')
        + row_of(person(), ' table:number-rows-repeated="2"')
        + row_of(person(last_name="B", sex="X"))
    )
    assert faults(packed(document(rows))) == [
        (10, "Nom de naissance", "candidate_duplicate"),
        (11, "Sexe", "sex_invalid"),
    ]


def test_a_sheet_without_our_headers_misses_them_in_its_first_row() -> None:
    found = faults(sheet(["Nom", "Prenom"], ["a", "b"]))
    assert found[0] == (1, "Nom de naissance", "header_missing")
    assert {code for _, _, code in found} == {"header_missing"}
    assert faults(sheet([], ["", ""])) == [(1, None, "empty_file")]
    assert faults(sheet(ROW)) == [(2, None, "no_rows")]


@pytest.mark.parametrize("day", [Day("2008-03-14"), Day("2008-03-14T00:00:00"), "14/03/2008"])
def test_a_date_is_what_it_is_however_it_is_shown(day: Cell) -> None:
    assert only(parse(sheet(ROW, person(birthdate=day)), INTO)).birthdate == date(2008, 3, 14)


@pytest.mark.parametrize(
    "day", [Day("0001-01-01"), Day("-044-03-15"), Day("99999-01-01"), Day("9999-12-31"), Number("39521"), "1/2/2008"]
)
def test_a_date_nobody_was_born_on_is_a_fault(day: Cell) -> None:
    assert faults(sheet(ROW, person(birthdate=day))) == [(2, "Date de naissance", "birthdate_invalid")]


@pytest.mark.parametrize(
    ("extra", "expected"),
    [
        (Number("0.33", "33%", "percentage"), 33),
        (Number("1", "100%", "percentage"), 100),
        (Number("0.33", "0,33"), 33),
        (Number("0.30000000000000004", "0,3"), 30),
        (Number("1.5", "1,5"), 150),
        (Number("33", "33"), 33),
        (Number("1", "1"), 1),
        (Number("300", "300,00"), 300),
        ("33\u00a0%", 33),
    ],
)
def test_extra_time_is_read_as_it_was_meant(extra: Cell, expected: int) -> None:
    assert only(parse(sheet(ROW, person(extra=extra)), INTO)).extra_time_percentage == expected


@pytest.mark.parametrize(
    "extra",
    [Number("3.01", "301%", "percentage"), Number("33.5"), Number("-1"), Number("1e400"), Number("1e17"), "oui"],
)
def test_extra_time_that_cannot_be_is_a_fault(extra: Cell) -> None:
    assert faults(sheet(ROW, person(extra=extra))) == [(2, "Temps majoré ?", "extra_time_invalid")]


@pytest.mark.parametrize(
    ("insee", "expected", "is_warned"),
    [
        (Number("1053", "1053"), "01053", True),
        (Number("1053", "01053"), "01053", False),
        (Number("75112", "75 112"), "75112", False),
        ("01053", "01053", False),
        ("2a004", "2A004", False),
    ],
)
def test_a_code_that_lost_its_zero_gets_it_back_and_it_is_said(insee: Cell, expected: str, is_warned: bool) -> None:
    judged = parse(sheet(ROW, person(insee=insee)), INTO)
    assert only(judged).birth_insee_code == expected
    warned = [(one.line, one.column, one.code) for one in judged.warnings]
    assert warned == ([(2, "Code INSEE de la commune de naissance", "code_padded")] if is_warned else [])


def test_a_postal_code_gets_its_zero_back_too() -> None:
    judged = parse(sheet(ROW, person(insee="", postal=Number("1000", "1000"), town="Bourg")), INTO)
    assert only(judged).birth_postal_code == "01000"
    assert faults(sheet(ROW, person(insee=Number("105", "105")))) == [
        (2, "Code INSEE de la commune de naissance", "insee_code_invalid")
    ]


def test_what_hangs_on_a_cell_is_not_in_it() -> None:
    remark = "<office:annotation><text:p>à vérifier</text:p></office:annotation>"
    cell = Raw(f"<table:table-cell>{remark}<text:p>Ben<text:s/>Saïd</text:p></table:table-cell>")
    assert only(parse(sheet(ROW, person(last_name=cell)), INTO)).last_name == "Ben Saïd"


def test_merged_cells_count_as_many_as_they_cover() -> None:
    wide = Raw('<table:table-cell table:number-columns-spanned="2"><text:p>Ben Saïd</text:p></table:table-cell>')
    covered = Raw("<table:covered-table-cell><text:p>Caché</text:p></table:covered-table-cell>")
    row = [wide, covered, *person()[2:]]
    assert faults(sheet(ROW, row)) == [(2, "Prénom", "required")]


def test_a_value_beside_the_headers_is_a_fault() -> None:
    assert faults(sheet(ROW, [*person(), "", "x"])) == [(2, None, "wrong_number_of_columns")]


# ── no spreadsheet at all, or one made to do harm ──────────────────────────────────────────────────────────────


def broken(body: bytes) -> bytes:
    """Spoil the packed content behind its header."""
    at = body.index(b"content.xml") + len("content.xml") + 30
    return body[:at] + b"\xff" * 40 + body[at + 40 :]


NESTED = '<!DOCTYPE a [<!ENTITY b "x"><!ENTITY c "&b;&b;&b;">]>'


@pytest.mark.parametrize(
    "body",
    [
        b"x",
        b"PK\x03\x04",
        b"\xff" * 1000,
        sheet(ROW, person())[:-200],
        packed("<a>"),
        packed(b"\x00\x01"),
        packed(document(row_of(ROW), NESTED)),
        packed(document(row_of(ROW)), "application/zip"),
        packed(document(row_of(ROW)), more=MAX_ENTRIES),
        packed(document("x" * (51 * MEGABYTE))),
        packed(document("<a/>" * (MAX_ELEMENTS + 1))),
        packed(document("<a " + " ".join(f'b{number}="1"' for number in range(500_000)) + "/>")),
        packed(document(row_of(ROW) + row_of(person())), packing_as=zipfile.ZIP_LZMA),
        broken(packed(document(row_of(ROW) + row_of(person())), packing_as=zipfile.ZIP_LZMA)),
        packed(document(row_of(ROW) + row_of(person())), packing_as=zipfile.ZIP_BZIP2),
    ],
    ids=[
        "short",
        "empty zip",
        "noise",
        "cut off",
        "no xml",
        "nul",
        "entities",
        "another",
        "many",
        "large",
        "elements",
        "attributes",
        "lzma",
        "broken lzma",
        "bzip2",
    ],
)
def test_what_is_no_such_file_is_refused_as_a_whole(body: bytes) -> None:
    assert faults(body) == [(1, None, "ods_unreadable")]


def test_a_file_of_nothing_and_one_too_large_are_named() -> None:
    assert faults(b"") == [(1, None, "empty_file")]
    assert faults(b"PK" * MEGABYTE + b"x") == [(1, None, "too_large")]


def test_a_row_that_says_it_is_repeated_a_million_times_costs_no_memory() -> None:
    cell = Raw('<table:table-cell table:number-columns-repeated="16384"><text:p>x</text:p></table:table-cell>')
    rows = row_of([cell], ' table:number-rows-repeated="1048576"') * 3
    tracemalloc.start()
    try:
        assert {code for _, _, code in faults(packed(document(rows)))} == {"header_missing"}
        assert tracemalloc.get_traced_memory()[1] < 20 * MEGABYTE
    finally:
        tracemalloc.stop()


def test_too_many_rows_are_refused() -> None:
    many = row_of(ROW) + row_of(person(), f' table:number-rows-repeated="{MAX_ROWS + 1}"')
    assert (MAX_ROWS + 2, None, "too_many_rows") in faults(packed(document(many)))
