"""What may be asked of a room, one frozen value per deed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from hub.model import Author, Cause, ClientId, HelpId, HelpKind, HelpOutcome, IdentityState, Progress, ReportId


@dataclass(frozen=True, slots=True)
class ConfirmPresence:
    """The person sits in the room: authorizes the start."""

    late_reason: str | None = None


@dataclass(frozen=True, slots=True)
class CancelPresence:
    """Back to expected."""


@dataclass(frozen=True, slots=True)
class MarkAbsent:
    """Did not come."""


@dataclass(frozen=True, slots=True)
class CheckIdentity:
    """The identity document was looked at."""

    state: IdentityState


@dataclass(frozen=True, slots=True)
class AuthorizeResume:
    """Let somebody come back, once."""


@dataclass(frozen=True, slots=True)
class EndAttempt:
    """End the test for good, after the undo window."""


@dataclass(frozen=True, slots=True)
class CancelEnd:
    """Undo, while there is still time."""


@dataclass(frozen=True, slots=True)
class AddTime:
    """Give (or take back) minutes, with a reason."""

    minutes: int
    reason: str


@dataclass(frozen=True, slots=True)
class SeeEndScreen:
    """The end screen was seen by a person."""


@dataclass(frozen=True, slots=True)
class UnseeEndScreen:
    """Ticked by mistake."""


@dataclass(frozen=True, slots=True)
class TakeHelp:
    """I go there."""

    help: HelpId


@dataclass(frozen=True, slots=True)
class ReportDraft:
    """A report before anybody judged whether it is complete."""

    name: str
    question: int | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True)
class ResolveHelp:
    """The call is answered; an accepted one may become a report."""

    help: HelpId
    outcome: HelpOutcome
    word: str | None = None
    report: ReportDraft | None = None


@dataclass(frozen=True, slots=True)
class SendMessage:
    """A procedural text to the candidate's screen."""

    text: str


@dataclass(frozen=True, slots=True)
class AddReport:
    """Write an issue report."""

    draft: ReportDraft


@dataclass(frozen=True, slots=True)
class EditReport:
    """Correct an issue report."""

    report: ReportId
    draft: ReportDraft


@dataclass(frozen=True, slots=True)
class RemoveReport:
    """Withdraw an issue report."""

    report: ReportId


@dataclass(frozen=True, slots=True)
class StartSession:
    """The access code has been given: the room's clock starts."""


@dataclass(frozen=True, slots=True)
class TakeOverRoom:
    """A center admin asks for fifteen minutes of commands."""


@dataclass(frozen=True, slots=True)
class Enter:
    """A client asks for the test. Whether the typed code is right was compared elsewhere, in constant time."""

    client: ClientId
    is_code_right: bool
    total: int | None = None


@dataclass(frozen=True, slots=True)
class Finish:
    """The seated client is done. `progress` is the best the hub knows, `answered` and `total` the last word."""

    client: ClientId
    answered: int | None = None
    total: int | None = None
    progress: Progress | None = None


@dataclass(frozen=True, slots=True)
class AskHelp:
    """The candidate calls the invigilator."""

    client: ClientId
    kind: HelpKind
    question: int | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Interrupt:
    """The hub lost the seated client for longer than the grace. Guarded by entry and epoch.

    How long ago, not when: a node measures durations well, but its clock decides nothing.
    """

    entry_no: int
    live_epoch: int
    lost_for: timedelta
    cause: Cause


@dataclass(frozen=True, slots=True)
class ReturnToSeat:
    """The seated client is back after its line was given up."""

    client: ClientId


@dataclass(frozen=True, slots=True)
class Leave:
    """Nobody waits for this candidate any more."""


@dataclass(frozen=True, slots=True)
class ReleaseHelp:
    """Whoever had taken this call has been silent for too long: it is anybody's again."""

    help: HelpId
    taken_by: Author


StaffCommand = (
    ConfirmPresence
    | CancelPresence
    | MarkAbsent
    | CheckIdentity
    | AuthorizeResume
    | EndAttempt
    | CancelEnd
    | AddTime
    | SeeEndScreen
    | UnseeEndScreen
    | TakeHelp
    | ResolveHelp
    | SendMessage
    | AddReport
    | EditReport
    | RemoveReport
)
FinalTouch = AddReport | EditReport | RemoveReport | SeeEndScreen | UnseeEndScreen
"""What the center's admin completes before finalizing, without taking the room over."""
RoomCommand = StartSession | TakeOverRoom
CandidateCommand = Enter | Finish | AskHelp
HubCommand = Interrupt | ReturnToSeat | Leave | ReleaseHelp
Command = StaffCommand | RoomCommand | CandidateCommand | HubCommand
