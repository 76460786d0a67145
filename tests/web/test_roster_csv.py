"""The import format, fault by fault."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

import web
from hub.model import SessionNumber
from tests.web.lycee import HEADER, file, line
from web.roster_csv import MAX_BYTES, MAX_ROWS, parse


def faults(body: bytes, into: SessionNumber | None = None) -> list[tuple[int, str | None, str]]:
    return [(one.line, one.column, one.code) for one in parse(body, into).problems]


def test_a_correct_file_is_one_session_with_its_candidates() -> None:
    judged = parse(file(line(), line(last_name="Martin", extra="33%")))
    assert judged.problems == judged.warnings == ()
    (sitting,) = judged.plan
    assert (sitting.site, sitting.room, sitting.date, sitting.start_time) == (
        "Lycée Jean Moulin",
        "12",
        date(2126, 12, 1),
        "09:30",
    )
    assert [one.last_name for one in sitting.candidates] == ["Ben Saïd", "Martin"]
    assert sitting.candidates[0].birthdate == date(2008, 3, 14)
    assert [one.extra_time_percentage for one in sitting.candidates] == [0, 33]


def test_the_demo_file_is_correct_and_has_24_candidates() -> None:
    judged = parse((Path(web.__file__).parent / "demo_candidates.csv").read_bytes())
    assert judged.problems == ()
    assert [len(one.candidates) for one in judged.plan] == [24]
    assert sum(one.extra_time_percentage == 33 for one in judged.plan[0].candidates) == 2


def test_a_byte_order_mark_changes_nothing() -> None:
    assert parse(b"\xef\xbb\xbf" + file(line())) == parse(file(line()))


def test_headers_match_without_star_case_marks_or_brackets() -> None:
    bare = "; ".join(name.split("(")[0].replace("*", "").upper() for name in HEADER.split(";"))
    assert parse(file(line(), header=bare)).problems == ()


def test_another_encoding_is_named() -> None:
    assert faults(file(line()).decode().encode("latin-1")) == [(1, None, "encoding_not_utf8")]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "empty_file"),
        (b"\xef\xbb\xbf \r\n", "empty_file"),
        (b"x" * (MAX_BYTES + 1), "too_large"),
        (HEADER.replace(";", ",").encode(), "separator_not_semicolon"),
        (file('"never closed'), "csv_broken"),
    ],
)
def test_what_is_no_such_file_is_refused_as_a_whole(body: bytes, code: str) -> None:
    assert [(one[1], one[2]) for one in faults(body)] == [(None, code)]


def test_a_file_without_rows_holds_nobody() -> None:
    assert faults(file("", ";;;;")) == [(2, None, "no_rows")]


def test_too_many_rows_are_refused() -> None:
    rows = [line(last_name=f"Nom {number}") for number in range(MAX_ROWS + 1)]
    assert faults(file(*rows)) == [(MAX_ROWS + 2, None, "too_many_rows")]


def test_missing_and_doubled_columns_are_named() -> None:
    assert faults(file(line(), header=HEADER.replace("* Prénom", "Prénoms"))) == [(1, "Prénom", "header_missing")]
    assert faults(file(line(), header=HEADER.replace("Identifiant externe", "Prénom"))) == [
        (1, "Prénom", "duplicate_column")
    ]


def test_an_unknown_column_is_only_a_warning() -> None:
    judged = parse(file(line() + ";x", header=HEADER + ";Classe"))
    assert judged.problems == ()
    assert [(one.line, one.column, one.code) for one in judged.warnings] == [(1, "Classe", "unknown_column")]


@pytest.mark.parametrize(("days_ago", "is_warned"), [(-1, False), (0, False), (29, False), (32, True), (731, True)])
def test_a_session_long_past_is_a_warning_once(days_ago: int, *, is_warned: bool) -> None:
    day = (datetime.now(UTC).date() - timedelta(days=days_ago)).strftime("%d/%m/%Y")
    judged = parse(file(line(), line(date=day), line(date=day, last_name="Martin")))
    assert judged.problems == ()
    warned = [(one.line, one.column, one.code) for one in judged.warnings]
    assert warned == ([(3, "Date de début", "date_past")] if is_warned else [])


def test_the_date_beside_the_number_of_a_session_is_not_judged() -> None:
    assert parse(file(line(number="1042", date="01/12/2001"))).warnings == ()


@pytest.mark.parametrize(
    ("changed", "column", "code"),
    [
        ({"site": " "}, "Nom du site", "required"),
        ({"last_name": ""}, "Nom de naissance", "required"),
        ({"last_name": "x" * 101}, "Nom de naissance", "too_long"),
        ({"last_name": "a\u202eb"}, "Nom de naissance", "characters_invalid"),
        ({"first_name": "a\x1b[2J"}, "Prénom", "characters_invalid"),
        ({"first_name": "!?"}, "Prénom", "characters_invalid"),
        ({"date": "2026-12-01"}, "Date de début", "date_invalid"),
        ({"time": "25:00"}, "Heure de début", "time_invalid"),
        ({"birthdate": "31/02/2008"}, "Date de naissance", "birthdate_invalid"),
        ({"sex": "X"}, "Sexe", "sex_invalid"),
        ({"extra": "301%"}, "Temps majoré ?", "extra_time_invalid"),
        ({"extra": "un tiers"}, "Temps majoré ?", "extra_time_invalid"),
        ({"results": "nobody"}, "E-mail du destinataire des résultats", "email_invalid"),
        ({"insee": "7511"}, "Code INSEE de la commune de naissance", "insee_code_invalid"),
        ({"insee": ""}, "Code INSEE de la commune de naissance", "birthplace_invalid"),
        (
            {"insee": "", "postal": "7501", "town": "Paris"},
            "Code postal de la commune de naissance",
            "postal_code_invalid",
        ),
        ({"insee": "99"}, "Pays de naissance", "birthplace_invalid"),
        ({"insee": "99", "country": "CHILI"}, "Nom de la commune de naissance", "required"),
        ({"number": "douze"}, "Numéro de session préexistante", "number_invalid"),
    ],
)
def test_each_fault_has_its_line_column_and_code(changed: dict[str, str], column: str, code: str) -> None:
    assert faults(file(line(last_name="Avant"), line(**changed))) == [(3, column, code)]


@pytest.mark.parametrize("written", ["33", "33%", "33 %", " 33 % "])
def test_extra_time_is_written_as_people_do(written: str) -> None:
    assert parse(file(line(extra=written))).plan[0].candidates[0].extra_time_percentage == 33


def test_born_by_postal_code_or_abroad_is_correct() -> None:
    rows = [
        line(last_name="A", insee="", postal="75012", town="Paris"),
        line(last_name="B", insee="99", country="CHILI", town="Arica"),
        line(last_name="C", insee="", country="CHILI", town="Arica"),
        line(last_name="D", insee="2A004"),
    ]
    assert faults(file(*rows)) == []


def test_the_same_person_twice_in_one_session_is_a_fault() -> None:
    rows = [line(), line(last_name="BEN SAID", first_name="lea"), line(room="13")]
    assert faults(file(*rows)) == [(3, "Nom de naissance", "candidate_duplicate")]


def test_rows_of_one_room_and_time_are_one_session() -> None:
    judged = parse(file(line(), line(last_name="B", site="LYCEE JEAN-MOULIN"), line(last_name="C", time="9:31")))
    assert [len(one.candidates) for one in judged.plan] == [2, 1]
    assert judged.plan[1].start_time == "09:31"


def test_a_number_adds_to_that_session_and_the_rest_is_not_read() -> None:
    judged = parse(file(line(number="1000", site="", date="", time=""), line(number="1000", last_name="B", room="9")))
    assert judged.problems == ()
    assert [(one.number, len(one.candidates)) for one in judged.plan] == [(1000, 2)]


def test_into_a_session_every_row_joins_it_unless_it_names_another() -> None:
    into = SessionNumber(1000)
    judged = parse(file(line(), line(last_name="B", number="1000")), into)
    assert [(one.number, len(one.candidates)) for one in judged.plan] == [(1000, 2)]
    assert faults(file(line(number="1001")), into) == [(2, "Numéro de session préexistante", "session_mismatch")]


def test_lines_are_counted_as_an_editor_does_after_a_quoted_line_break() -> None:
    rows = [line(observations='"deux\nlignes"'), line(last_name="B", sex="X")]
    assert (4, "Sexe", "sex_invalid") in faults(file(*rows))


def test_a_row_with_too_many_values_is_named() -> None:
    assert faults(file(line() + ";;trop")) == [(2, None, "wrong_number_of_columns")]


# ── files as schools really make them ──────────────────────────────────────────────────────────────────────────


def test_a_directive_of_a_spreadsheet_program_above_the_header_is_passed_over() -> None:
    body = b"\xef\xbb\xbfsep=;\r\n" + file(line(), line(last_name="B", sex="X"))
    assert faults(body) == [(4, "Sexe", "sex_invalid")]
    assert faults(b"sep=,\r\n" + HEADER.replace(";", ",").encode()) == [(2, None, "separator_not_semicolon")]


@pytest.mark.parametrize("other", [",", "\t"])
def test_another_separator_is_named(other: str) -> None:
    assert faults(file(line()).replace(b";", other.encode())) == [(1, None, "separator_not_semicolon")]


def test_windows_1252_is_named_even_when_only_one_name_has_an_accent() -> None:
    bare = ";".join(name.split("(")[0] for name in HEADER.split(";"))
    body = file(line(first_name="Lea", last_name="Ben Saïd", site="Lycee"), header=bare).decode().encode("cp1252")
    assert faults(body) == [(1, None, "encoding_not_utf8")]
    assert faults(file(line()).decode().encode("utf-16")) == [(1, None, "encoding_not_utf8")]


def test_empty_columns_and_rows_to_the_right_and_below_are_nothing() -> None:
    rows = [row + ";;;;" for row in (line(), line(last_name="B"), ";" * 18, "")]
    judged = parse(file(*rows, header=HEADER + ";;;;"))
    assert (judged.problems, judged.warnings, len(judged.plan[0].candidates)) == ((), (), 2)


def test_headers_without_stars_in_capitals_and_with_odd_spaces_are_ours() -> None:
    bare = HEADER.replace("* ", "").upper().replace(" ", "\u00a0")
    assert parse(file(line(), header=bare)).problems == ()


def test_line_breaks_in_a_cell_are_spaces_and_stay_in_observations() -> None:
    row = line(invigilators='"A. Durand\r\nB. Martin"', observations='"deux\r\nlignes "', town='" Paris\n"')
    (sitting,) = parse(file(row, line(last_name="B"))).plan
    assert (sitting.invigilators, sitting.observations) == ("A. Durand B. Martin", "deux\nlignes")
    assert sitting.candidates[0].birth_town == "Paris"


def test_odd_spaces_and_invisible_marks_are_mended() -> None:
    row = line(
        last_name="Ben\u00a0\u00a0Saïd\u200b",
        first_name="Le\u0301a",
        extra="33\u202f%",
        insee="75\u00a0112",
        number="",
        sex=" f ",
    )
    candidate = parse(file(row)).plan[0].candidates[0]
    assert (candidate.last_name, candidate.first_name, candidate.sex) == ("Ben Saïd", "Léa", "F")
    assert (candidate.extra_time_percentage, candidate.birth_insee_code) == (33, "75112")
    assert parse(file(line(number="1\u00a0000"))).plan[0].number == 1000


@pytest.mark.parametrize(
    "written", ["1/2/2008", "14/03/08", "14-03-2008", "2008-03-14", "39521", "03/14/2008", "١٤/٠٣/٢٠٠٨"]
)
def test_of_a_date_in_another_notation_nobody_guesses(written: str) -> None:
    assert faults(file(line(birthdate=written))) == [(2, "Date de naissance", "birthdate_invalid")]


@pytest.mark.parametrize("written", ["01/01/0001", "31/12/1899", "01/01/2101", "01/01/9999"])
def test_nobody_was_born_then(written: str) -> None:
    assert faults(file(line(birthdate=written))) == [(2, "Date de naissance", "birthdate_invalid")]


def test_the_same_person_with_other_accents_capitals_and_hyphens_is_one() -> None:
    rows = [
        line(last_name="Lefèvre-Dœuil", first_name="Jean-Noël"),
        line(last_name="LEFEVRE DOEUIL", first_name="JEAN NOEL"),
        line(last_name="Lefe\u0300vre Dœuil", first_name="Jean\u00a0Noël"),
    ]
    assert [one[2] for one in faults(file(*rows))] == ["candidate_duplicate"] * 2


def test_a_quote_that_is_never_closed_is_named_where_it_begins() -> None:
    assert faults(file(line(), line(last_name='"B'), line(last_name="C"))) == [(3, None, "csv_broken")]


def test_a_field_as_large_as_the_file_is_too_long_and_no_accident() -> None:
    assert faults(file(line(observations="x" * 1001))) == [(2, "Observations", "too_long")]
    assert [one[2] for one in faults(file(line(last_name="x" * 200_000)))] == ["csv_broken"]
    assert faults(file(line(extra="9" * 5000))) == [(2, "Temps majoré ?", "too_long")]
    assert faults(file(line(number="9" * 5000))) == [(2, "Numéro de session préexistante", "number_invalid")]
