"""Who may call what: one row per address and method. A route without a row cannot be made.

The roles of a row are checked at the door, before anything of the request is read. What somebody is to the session of
the path is judged by `web.access`, where the session is read; the test of this table asks every row as everybody.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from hub.people import Role


class Tie(StrEnum):
    """What somebody must be to the session of the path."""

    NONE = "none"
    """There is no session in the path, or what is listed is only one's own."""
    SEES = "sees"
    """Entered it with its password, was let in by a colleague for a while, or is an admin of its center."""
    CENTER = "center"
    """Is an admin of its center."""
    JUDGES = "judges"
    """Is of the jury, and it is finalized."""
    CLOSES = "closes"
    """Is an admin of its center, or of the jury once it is finalized."""
    ENTERED = "entered"
    """Entered it with its password, or is an admin of its center: whoever was let in for a while is not."""
    COMMANDS = "commands"
    """Commands it now: entered it, was let in by a colleague, or has taken it over."""
    READS = "reads"
    """Sees it, or is of the jury once it is finalized."""


@dataclass(frozen=True, slots=True)
class Right:
    """Which roles may call, and what they must be to the session; no roles: whoever comes, signed in or not."""

    roles: frozenset[Role]
    tie: Tie = Tie.NONE

    @property
    def is_public(self) -> bool:
        """Tell whether nobody has to sign in."""
        return not self.roles


ANYBODY: Final = Right(frozenset())
STAFF: Final = Right(frozenset(Role))
ROOM_STAFF: Final = frozenset({Role.INVIGILATOR, Role.CENTER_ADMIN})
ADMINS: Final = frozenset({Role.CENTER_ADMIN})
JURY: Final = frozenset({Role.JURY})
LISTS: Final = Right(ROOM_STAFF)
PEOPLE: Final = Right(frozenset({Role.OPERATOR, Role.CENTER_ADMIN}))
OPERATES: Final = Right(frozenset({Role.OPERATOR}))
SEES: Final = Right(ROOM_STAFF, Tie.SEES)
ENTERED: Final = Right(ROOM_STAFF, Tie.ENTERED)
COMMANDS: Final = Right(ROOM_STAFF, Tie.COMMANDS)
PREPARES: Final = Right(ADMINS, Tie.CENTER)
IMPORTS: Final = Right(ADMINS)
JUDGES: Final = Right(JURY, Tie.JUDGES)
CLOSES: Final = Right(ADMINS | JURY, Tie.CLOSES)
READS: Final = Right(ROOM_STAFF | JURY, Tie.READS)

_SESSION: Final = "/api/sessions/{number:number}"
_CASE: Final = "/api/jury/sessions/{number:number}"

RIGHTS: Final = {
    ("POST", "/api/login"): ANYBODY,
    ("POST", "/api/logout"): ANYBODY,
    ("GET", "/api/me"): STAFF,
    ("POST", "/api/me/password"): STAFF,
    ("GET", "/api/accounts"): PEOPLE,
    ("POST", "/api/accounts/{account:number}/disable"): OPERATES,
    ("POST", "/api/accounts/{account:number}/enable"): OPERATES,
    ("GET", "/api/invitations"): PEOPLE,
    ("POST", "/api/invitations"): PEOPLE,
    ("DELETE", "/api/invitations/{id:uuid}"): PEOPLE,
    ("POST", "/api/invitations/look"): ANYBODY,
    ("POST", "/api/invitations/accept"): ANYBODY,
    ("GET", "/api/centers"): PEOPLE,
    ("POST", "/api/centers"): OPERATES,
    ("POST", "/api/candidate/identity"): ANYBODY,
    ("POST", "/api/invigilations"): LISTS,
    ("GET", "/api/sessions"): LISTS,
    ("POST", "/api/sessions"): IMPORTS,
    ("GET", _SESSION): SEES,
    ("PATCH", _SESSION): PREPARES,
    ("DELETE", _SESSION): PREPARES,
    ("POST", f"{_SESSION}/successor"): PREPARES,
    ("GET", f"{_SESSION}/qr.svg"): SEES,
    ("GET", f"{_SESSION}/candidates"): SEES,
    ("POST", f"{_SESSION}/candidates"): PREPARES,
    ("PATCH", f"{_SESSION}/candidates/{{candidate:number}}"): PREPARES,
    ("DELETE", f"{_SESSION}/candidates/{{candidate:number}}"): PREPARES,
    ("POST", f"{_SESSION}/commands"): SEES,
    ("POST", f"{_SESSION}/handovers"): COMMANDS,
    ("GET", f"{_SESSION}/handovers/{{id:uuid}}"): SEES,
    ("POST", "/api/handovers/open"): ANYBODY,
    ("POST", "/api/handovers/accept"): LISTS,
    ("GET", "/api/imports/template.csv"): IMPORTS,
    ("POST", "/api/imports"): IMPORTS,
    ("POST", "/api/imports/{id:uuid}/confirm"): IMPORTS,
    ("GET", f"{_SESSION}/candidates.csv"): PREPARES,
    ("GET", f"{_SESSION}/audit.csv"): PREPARES,
    ("GET", f"{_SESSION}/results.csv"): PREPARES,
    ("GET", f"{_SESSION}/attendance-sheet.pdf"): READS,
    ("GET", f"{_SESSION}/kit.pdf"): ENTERED,
    ("GET", f"{_SESSION}/notice.pdf"): SEES,
    ("GET", f"{_SESSION}/incidents.pdf"): READS,
    ("GET", f"{_SESSION}/finalization"): PREPARES,
    ("PUT", f"{_SESSION}/finalization"): PREPARES,
    ("POST", f"{_SESSION}/finalization/confirm"): PREPARES,
    ("GET", f"{_SESSION}/documents"): CLOSES,
    ("POST", f"{_SESSION}/documents"): PREPARES,
    ("GET", f"{_SESSION}/documents/{{id:uuid}}"): CLOSES,
    ("DELETE", f"{_SESSION}/documents/{{id:uuid}}"): PREPARES,
    ("GET", "/api/jury/sessions"): Right(JURY),
    ("GET", _CASE): JUDGES,
    ("POST", f"{_CASE}/assign"): JUDGES,
    ("POST", f"{_CASE}/decisions"): JUDGES,
    ("POST", f"{_CASE}/reports/{{id:number}}/resolve"): JUDGES,
    ("POST", f"{_CASE}/publish"): JUDGES,
    ("POST", f"{_CASE}/unpublish"): JUDGES,
    ("POST", f"{_CASE}/unfinalize"): JUDGES,
    ("GET", f"{_CASE}/watch"): JUDGES,
    ("GET", f"{_CASE}/watch.csv"): JUDGES,
}
