"""What is written of a room in Redis has no place for a name, a birthdate or a code.

`tests/attacks/test_canaries.py` looks for real ones in a real store; this finds the place before anybody fills it.
"""

from __future__ import annotations

import msgspec

from hub.events import RoomEvent
from hub.model import Person, Room

_, PARTS = msgspec.json.schema_components((Room, RoomEvent))
FIELDS = {name for part in PARTS.values() for name in part.get("properties", {})}
DAY = b'"format":"date"'


def test_no_field_is_that_of_a_person_or_the_code_of_the_test() -> None:
    assert {"certification_number", "seat", "started_at"} <= FIELDS, "rooms, rows and events are all looked at"
    assert not FIELDS & {*Person.__struct_fields__, "access_code", "password", "token"}


def test_no_field_is_a_day_as_a_birthdate_is() -> None:
    assert DAY in msgspec.json.encode(msgspec.json.schema(Person))
    assert DAY not in msgspec.json.encode(PARTS)
