"""A list is checked first, line by line, and nothing is written until the whole of it is right."""

from __future__ import annotations

import pytest

from tests.story.api import Refused
from tests.story.rooms import CLASS, HEADER, Person, World, csv, csv_line, room_name

SOMEBODY = Person("Lefèvre", "Anaïs")


def file(*lines: str, header: str = HEADER) -> bytes:
    return "\n".join([header, *lines]).encode()


def without(column: str) -> bytes:
    """The same file without one column."""
    names = HEADER.split(";")
    drop = next(place for place, name in enumerate(names) if column in name)
    cells = csv_line(SOMEBODY, "R").split(";")
    return (
        ";".join(names[:drop] + names[drop + 1 :]).encode()
        + b"\n"
        + ";".join(cells[:drop] + cells[drop + 1 :]).encode()
    )


WRONG: dict[str, tuple[bytes, int]] = {
    "a birthdate of another form": (file(csv_line(SOMEBODY, "R", birthdate="2008-02-29")), 2),
    "a birthdate that is no day": (file(csv_line(SOMEBODY, "R"), csv_line(SOMEBODY, "R", birthdate="31/02/2008")), 3),
    "a session date that is no day": (file(csv_line(SOMEBODY, "R", date="32/01/2027")), 2),
    "a time that is none": (file(csv_line(SOMEBODY, "R", time="25:00")), 2),
    "no name": (file(csv_line(SOMEBODY, "R", last_name=" ")), 2),
    "a long name": (file(csv_line(SOMEBODY, "R", last_name="x" * 101)), 2),
    "a sex that is neither": (file(csv_line(SOMEBODY, "R", sex="Z")), 2),
    "a name that runs backwards": (file(csv_line(SOMEBODY, "R", last_name="O'Neil \u202egnp")), 2),
    "no country": (file(csv_line(SOMEBODY, "R", country="")), 2),
    "no place of birth": (file(csv_line(SOMEBODY, "R", insee="")), 2),
    "an extra time of 301 %": (file(csv_line(SOMEBODY, "R", extra="301%")), 2),
    "an extra time in words": (file(csv_line(SOMEBODY, "R", extra="un tiers")), 2),
    "an existing number that does not exist": (file(csv_line(SOMEBODY, "R", number="2000000000")), 2),
    "the same person twice": (file(csv_line(SOMEBODY, "R"), csv_line(Person("LEFEVRE", "anais"), "R")), 3),
    "a missing column": (without("Prénom"), 1),
    "no header": (csv_line(SOMEBODY, "R").encode(), 1),
    "a name that does not end": (file(csv_line(SOMEBODY, "R", last_name='"Lefèvre')), 2),
}


@pytest.mark.parametrize("what", WRONG, ids=str)
async def test_a_wrong_line_is_named_and_nothing_is_written(world: World, what: str) -> None:
    body, line = WRONG[what]
    token, before = world.staff.admin, await sessions(world)
    checked = await world.api.import_csv(token, body)
    assert checked["errors"], "an error"
    for error in checked["errors"]:
        assert {"line", "column", "code"} <= set(error), error
    assert line in [error["line"] for error in checked["errors"]], checked["errors"]
    with pytest.raises(Refused) as refusal:
        await world.api.confirm_import(token, checked["id"])
    assert (refusal.value.status, refusal.value.code) == (409, "import_has_errors")
    assert await sessions(world) == before


async def sessions(world: World) -> object:
    """List the sessions of the site that the tests' files name."""
    return await world.api.call("GET", "/sessions", world.staff.admin, params={"q": "Lycée des essais"})


async def codes_of(world: World, body: bytes, kind: str = "text/csv") -> set[str]:
    """Check a file and return the codes, whether they stand in the check or refuse it as a whole."""
    answer = await world.api.raw("POST", "/imports", world.staff.admin, content=body, headers={"Content-Type": kind})
    said = answer.json()
    if answer.status_code >= 400:
        return {said["error"]["code"]}
    return {error["code"] for error in said["errors"]}


async def test_a_file_in_another_encoding_says_so(world: World) -> None:
    assert await codes_of(world, csv([SOMEBODY], "R").decode().encode("cp1252")) == {"encoding_not_utf8"}
    assert await codes_of(world, csv([SOMEBODY], "R").decode().encode("utf-16")) == {"encoding_not_utf8"}


async def test_a_file_that_is_no_list_is_refused(world: World) -> None:
    for body in (b"", b"\n\n", HEADER.encode(), b"%PDF-1.7 \x00\x01", b"PK\x03\x04zip", b"a;b\n1;2", b"\x00" * 500):
        assert await codes_of(world, body), body
    assert await codes_of(world, csv([SOMEBODY], "R"), "image/png")


async def test_a_file_too_big_or_too_long_is_refused(world: World) -> None:
    assert await codes_of(world, b"x" * (2 * 1024 * 1024 + 1))
    line = csv_line(SOMEBODY, "R", insee="99", town="Gdańsk", country="POLOGNE", observations="")
    rows = [line.replace("Anaïs", f"A{n}") for n in range(5001)]
    body = file(*rows)
    assert len(body) < 2 * 1024 * 1024
    assert await codes_of(world, body)


async def test_a_right_file_makes_its_sessions_once_for_its_author_only(world: World) -> None:
    rooms = [room_name(), room_name()]
    lines = [csv_line(person, rooms[place % 2]) for place, person in enumerate(CLASS)]
    body = b"\xef\xbb\xbf" + file(*lines)
    checked = await world.api.import_csv(world.staff.admin, body)
    assert (checked["sessions"], checked["candidates"], checked["errors"]) == (2, 4, [])
    with pytest.raises(Refused) as refusal:
        await world.api.confirm_import(world.staff.invigilator, checked["id"])
    assert refusal.value.status in (403, 404)
    made = await world.api.confirm_import(world.staff.admin, checked["id"])
    assert made["candidates"] == 4
    assert len({one["number"] for one in made["sessions"]}) == 2
    for one in made["sessions"]:
        assert set(one) >= {"number", "access_code", "invigilator_password"}
        read = await world.api.call("GET", f"/sessions/{one['number']}", world.staff.admin)
        assert str(one["number"]) in str(read)
    with pytest.raises(Refused):
        await world.api.confirm_import(world.staff.admin, "no-such-import")
    # Confirming again either says the same or refuses; it never makes the sessions twice.
    before = await sessions(world)
    again = await world.api.raw("POST", f"/imports/{checked['id']}/confirm", world.staff.admin)
    assert again.status_code in (200, 201, 404, 409), again.text
    assert await sessions(world) == before


async def test_unknown_columns_are_a_warning_and_the_header_may_be_written_otherwise(world: World) -> None:
    header = HEADER.replace("* ", "").upper() + ";Couleur préférée"
    checked = await world.api.import_csv(
        world.staff.admin, file(csv_line(SOMEBODY, room_name()) + ";vert", header=header)
    )
    assert checked["errors"] == []
    assert checked["warnings"]


async def test_an_existing_number_adds_to_its_session(world: World) -> None:
    room = await world.room(1)
    board = await room.board()
    line = csv_line(SOMEBODY, room.people[0].last_name, number=str(room.number))
    cells = line.split(";")
    checked = await world.api.import_csv(world.staff.admin, file(";".join(cells)))
    if checked["errors"]:  # a file may have to leave the session's own columns as they are
        cells[1:7] = [""] * 6
        checked = await world.api.import_csv(world.staff.admin, file(";".join(cells)))
    assert checked["errors"] == [], checked
    assert checked["candidates"] == 1
    await world.api.confirm_import(world.staff.admin, checked["id"])
    await board.until(lambda: len(board.rows) == 2, "the new row, live")


async def test_a_name_may_hold_what_others_would_stumble_over(world: World) -> None:
    people = [Person("=CMD()", "<script>alert(1)</script>"), Person("O'Neil", 'Jo "Bo" D')]
    lines = [csv_line(p, "R").replace('Jo "Bo" D', '"Jo ""Bo"" D"') for p in people]
    room = room_name()
    checked = await world.api.import_csv(world.staff.admin, file(*(one.replace(";R;", f";{room};") for one in lines)))
    assert checked["errors"] == [], checked
    (made,) = (await world.api.confirm_import(world.staff.admin, checked["id"]))["sessions"]
    for person in people:
        found = await world.api.raw(
            "POST", "/candidate/identity", json={"session_number": made["number"], **person.identity}
        )
        assert found.status_code == 200, person
