"""What leaves as CSV can be opened in any spreadsheet program, and none of it runs there."""

from __future__ import annotations

import csv

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.web.lycee import file, line
from web.exports import DELIMITER, guarded, table, unguarded
from web.roster_csv import parse


def read(body: bytes) -> list[list[str]]:
    return list(csv.reader(body.decode("utf-8-sig").splitlines(keepends=True), delimiter=DELIMITER))


def test_a_table_has_a_mark_semicolons_and_ends_of_lines() -> None:
    assert table([["a", 1, None], ["b;c", 'd"e', "f\ng"]]) == (b'\xef\xbb\xbfa;1;\r\n"b;c";"d""e";"f\ng"\r\n')


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_begins_a_formula_and_what_it_says_can_still_be_read(sign: str) -> None:
    ((cell,),) = read(table([[f"{sign}1+1"]]))
    assert cell == f"'{sign}1+1"


def test_numbers_and_names_stay_as_they_are() -> None:
    assert [guarded(one) for one in (-5, "O'Brien", "'t Hooft", "Anne-Marie", "", None)] == [
        "-5",
        "O'Brien",
        "'t Hooft",
        "Anne-Marie",
        "",
        "",
    ]


@given(st.text(alphabet="'=+-@\ta", max_size=6))
def test_what_is_guarded_is_read_back_as_it_was(text: str) -> None:
    assert unguarded(guarded(text)) == text
    assert not guarded(text).startswith(("=", "+", "-", "@", "\t"))


def test_a_guarded_cell_is_imported_as_it_was() -> None:
    candidate = parse(file(line(external=guarded("-12"), last_name=guarded("@Bé")))).plan[0].candidates[0]
    assert (candidate.external_id, candidate.last_name) == ("-12", "@Bé")
