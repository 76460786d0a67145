"""What a lived room leaves in the live store and in the diary: neither names nor birthdates nor secrets."""

from __future__ import annotations

from pathlib import Path

from tests.story.hub import Hub
from tests.story.rooms import Person, World, accepted, eventually, ok, refused

PERSON = Person("Quatrefages-Xylander", "Wilhelmine", "2007-11-23")
WORD = "le clavier reste muet, dit la candidate"


def written_under(folder: Path) -> bytes:
    """Return all that the live store has written down since it was laid out."""
    return b"\n".join(path.read_bytes() for path in sorted(folder.rglob("*.aof")))


async def test_no_name_birthdate_code_or_token_is_in_the_live_store_or_in_the_diary(world: World) -> None:
    room = await world.room([PERSON])
    board, tab = await room.board(), await room.tab()
    one = room.id(board)
    refused(await tab.enter("WRONG1"), "access_code_invalid")
    accepted(await board.command("presence.confirm", one))
    ok(await tab.enter(room.access_code))
    await tab.progress(3)
    ok(await tab.ask("help", kind="other", text=WORD))
    accepted(await board.command("message.send", one, text="J'arrive"))
    accepted(await board.command("report.add", one, name="fraud", text="un téléphone"))
    ok(await tab.ask("finish", answered=4, total=32))
    hub: Hub = world.hub

    # The words of a call are there for a day, and show that this looks where the room is.
    kept = await eventually(lambda: found(hub, WORD), "the room in the live store")
    diary = hub.log.read_bytes()
    secrets = {
        "last name": PERSON.last_name,
        "first name": PERSON.first_name,
        "birthdate": PERSON.birthdate,
        "access code": room.access_code,
        "session password": room.password.removeprefix("C-"),
        "candidate's token": tab.token,  # type: ignore[attr-defined]
        "invigilator's token": world.staff.invigilator,
        "admin's token": world.staff.admin,
    }
    for what, secret in secrets.items():
        for spelled in {secret, secret.lower(), secret.upper()}:
            assert spelled.encode() not in kept, f"{what} is in the live store"
            assert spelled.encode() not in diary, f"{what} is in the diary"
    assert WORD.encode() not in diary


async def found(hub: Hub, word: str) -> bytes | None:
    kept = written_under(hub.var)
    return kept if word.encode() in kept else None
