"""The door and the seat: who may come in, who holds the test, who was lost and who came back.

Every rule here prevents something that was seen to go wrong: a second tab taking over silently, an authorization
used twice, an ended test resumed by a late frame, a candidate shut out because the hub itself had crashed.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from msgspec.structs import replace

from hub.commands import AskHelp, Enter, Finish, Interrupt, ReturnToSeat
from hub.events import Changes, Codes, Event, EventKind, RoomChanges
from hub.model import (
    AttemptState,
    AuthorizationKind,
    Candidate,
    ClientId,
    EntryRefused,
    HelpId,
    HelpKind,
    HelpOutcome,
    HelpRequest,
    Interruption,
    PresenceState,
    Progress,
    Room,
    Seat,
    TimeLedger,
)
from hub.policy import Policy
from hub.refusals import Code, Refusal
from hub.timing import theoretical_end

Outcome = tuple[Event, ...] | Refusal
"""Events to record (none: it is already so), or a refusal."""


def may_return(candidate: Candidate, client: ClientId) -> bool:
    """Tell whether this client holds the test and never lost the right to it."""
    return (
        candidate.attempt is AttemptState.RUNNING
        and candidate.seat is not None
        and candidate.seat.client == client
        and candidate.interrupted_at is None
    )


def enter(room: Room, candidate: Candidate, command: Enter, now: datetime, policy: Policy) -> Outcome:
    """Judge an entry; the first failure answers, in the order the field is used to."""
    if candidate.attempt.is_over:
        return Refusal(Code.ATTEMPT_OVER)
    if may_return(candidate, command.client):
        return ()
    if candidate.ending_at is not None:
        return Refusal(Code.ATTEMPT_ENDING)
    if not command.is_code_right:
        return Refusal(Code.ACCESS_CODE_INVALID)
    has_started = candidate.attempt is AttemptState.RUNNING
    if room.is_closed or (not has_started and _is_past_entry_window(room, now, policy)):
        return Refusal(Code.SESSION_CLOSED)
    if not has_started:
        return _start(room, candidate, command, now)
    return _resume(candidate, command, now)


def _is_past_entry_window(room: Room, now: datetime, policy: Policy) -> bool:
    return room.started_at is not None and now - room.started_at >= policy.entry_window


def _start(room: Room, candidate: Candidate, command: Enter, now: datetime) -> Outcome:
    if candidate.presence.state is not PresenceState.CONFIRMED:
        return _refused_at_the_door(candidate, Code.PRESENCE_NOT_CONFIRMED, now)
    started = () if room.started_at is not None else start_clock(room, now, is_explicit=False)
    changes = _seated(candidate, command, now)
    changes["attempt"] = AttemptState.RUNNING
    changes["certification_number"] = candidate.reserved_number
    # Only here: at a resume the live progress may be ahead of the ledger's, which is flushed now and then.
    if command.total is not None:
        changes["progress"] = Progress(0, command.total, None, now)
    room_started_at = room.started_at or now
    end = theoretical_end(replace(room, started_at=room_started_at), candidate, candidate.time.minutes_added)
    changes["time"] = replace(candidate.time, theoretical_end=end)
    return (*started, Event(EventKind.ENTERED, candidate.id, changes, codes={"entry_no": candidate.entry_no + 1}))


def _resume(candidate: Candidate, command: Enter, now: datetime) -> Outcome:
    granted = candidate.authorization
    if granted is None or granted.kind is not AuthorizationKind.RESUME:
        return _refused_at_the_door(candidate, Code.RESUME_NOT_AUTHORIZED, now)
    changes = _seated(candidate, command, now)
    # Unchanged, but the wire promises the same keys for every way in.
    changes["attempt"] = candidate.attempt
    changes["certification_number"] = candidate.certification_number
    changes["time"] = _interruption_over(candidate.time, now)
    return (Event(EventKind.RESUMED, candidate.id, changes, codes={"entry_no": candidate.entry_no + 1}),)


def _seated(candidate: Candidate, command: Enter, now: datetime) -> Changes:
    """Consume the authorization and give the seat to this client."""
    return Changes(
        entry_no=candidate.entry_no + 1,
        seat=Seat(command.client, now),
        authorization=None,
        entry_refused=None,
        interrupted_at=None,
    )


def _refused_at_the_door(candidate: Candidate, code: Code, now: datetime) -> Refusal:
    """Refuse, and let the invigilator see who is asking; somebody who already asks is not news again."""
    if candidate.entry_refused is not None and candidate.entry_refused.code == code:
        return Refusal(code)
    asking = Changes(entry_refused=EntryRefused(code, now))
    return Refusal(code, events=(Event(EventKind.ENTRY_REFUSED, candidate.id, asking, codes={"code": code}),))


def start_clock(room: Room, now: datetime, *, is_explicit: bool) -> tuple[Event, ...]:
    """Start the room's clock: everybody's theoretical end becomes known."""
    facts = RoomChanges(started_at=now, is_started_explicitly=is_explicit)
    started = replace(room, started_at=now)
    echoes = (
        Event(EventKind.SESSION_STARTED, row.id, Changes(time=_with_end(started, row)))
        for row in room.candidates.values()
    )
    return (Event(EventKind.SESSION_STARTED, room=facts, codes={"explicit": int(is_explicit)}), *echoes)


def _with_end(room: Room, candidate: Candidate) -> TimeLedger:
    return replace(candidate.time, theoretical_end=theoretical_end(room, candidate, candidate.time.minutes_added))


def _interruption_over(time: TimeLedger, now: datetime) -> TimeLedger:
    closed = tuple(one if one.until is not None else replace(one, until=now) for one in time.interruptions)
    return replace(time, interruptions=closed)


def seat_refusal(candidate: Candidate, client: ClientId) -> Code | None:
    """Say why progress or an end from this client does not count; None when it does."""
    if candidate.attempt is AttemptState.NOT_STARTED:
        return Code.NOT_STARTED
    if candidate.attempt.is_over:
        return Code.ATTEMPT_OVER
    return None if may_return(candidate, client) else Code.RESUME_NOT_AUTHORIZED


def finish(candidate: Candidate, command: Finish, now: datetime) -> Outcome:
    """Judge the seated client's own end; inside the undo window of an asked end, finishing in time wins."""
    code = seat_refusal(candidate, command.client)
    if code is not None:
        return Refusal(code)
    progress = _furthest(candidate.progress, command.progress)
    if command.answered is not None or command.total is not None:
        advanced = advance(progress, command.answered, command.total, None, now)
        if isinstance(advanced, Code):
            return Refusal(advanced)
        progress = advanced
    changes = over(candidate, AttemptState.FINISHED, now)
    changes["progress"] = progress
    codes: Codes = {"answered": progress.answered, "total": progress.total} if progress else {}
    return (Event(EventKind.FINISHED, candidate.id, changes, codes=codes), *lapsed_help(candidate))


def _furthest(stored: Progress | None, live: Progress | None) -> Progress | None:
    if stored is None or live is None:
        return live or stored
    return live if live.total == stored.total and live.answered > stored.answered else stored


def advance(
    before: Progress | None, answered: int | None, total: int | None, question: int | None, now: datetime
) -> Progress | Code:
    """Return the progress after these absolute numbers: never back, the total fixed at the first one."""
    known_total = before.total if before else None
    if total is not None and known_total is not None and total != known_total:
        return Code.TOTAL_CHANGED
    new_total = known_total if known_total is not None else total
    new_answered = answered if answered is not None else (before.answered if before else 0)
    if new_total is None or not 0 <= new_answered <= new_total:
        return Code.INVALID
    if before is not None and new_answered <= before.answered:
        return before
    return Progress(new_answered, new_total, question, now)


def over(candidate: Candidate, attempt: AttemptState, now: datetime) -> Changes:
    """Return what every end has in common: calls lapse, unused rights are void, a pending end is settled."""
    changes = Changes(
        attempt=attempt,
        help=_lapsed(candidate.help),
        progress=candidate.progress,
        authorization=None,
        entry_refused=None,
    )
    if candidate.interrupted_at is not None:
        # An absence lasts until the end at the longest; nobody who is done stays "suspended".
        changes["interrupted_at"] = None
        changes["time"] = _interruption_over(candidate.time, now)
    is_pending = candidate.ending_at is not None and candidate.ending_at > now
    changes["ending_at"] = None if is_pending or attempt is AttemptState.FINISHED else candidate.ending_at
    return changes


def lapsed_help(candidate: Candidate) -> tuple[Event, ...]:
    """Say of an open call that it lapsed with the test; kept for the jury."""
    request = candidate.open_help
    if request is None:
        return ()
    changes = Changes(help=_lapsed(candidate.help))
    return (Event(EventKind.HELP_LAPSED, candidate.id, changes, codes={"help": request.id}),)


def _lapsed(requests: tuple[HelpRequest, ...]) -> tuple[HelpRequest, ...]:
    return tuple(one if one.outcome is not None else replace(one, outcome=HelpOutcome.LAPSED) for one in requests)


def ask_help(room: Room, candidate: Candidate, command: AskHelp, now: datetime) -> Outcome:
    """Judge a call: while waiting for anything, while running also about a question. A second one updates the first."""
    if candidate.attempt.is_over:
        return Refusal(Code.ATTEMPT_OVER)
    if room.is_closed:
        return Refusal(Code.SESSION_CLOSED)
    if candidate.attempt is AttemptState.NOT_STARTED and command.kind is HelpKind.QUESTION:
        return Refusal(Code.NOT_STARTED)
    words = (command.text or "").strip() or None
    standing = candidate.open_help
    if standing is not None and (standing.kind, standing.question, standing.text) == (
        command.kind,
        command.question,
        words,
    ):
        return ()
    number = standing.id if standing else HelpId(room.decision_seq + 1)
    taken_by = standing.taken_by if standing else None
    request = HelpRequest(number, command.kind, command.question, words, now, taken_by)
    others = tuple(one for one in candidate.help if one.id != number)
    detail = {"text": words} if words else {}
    codes: Codes = {"help": number, "kind": command.kind, "question": command.question}
    return (Event(EventKind.HELP_OPENED, candidate.id, Changes(help=(*others, request)), codes=codes, detail=detail),)


def interrupt(room: Room, candidate: Candidate, command: Interrupt, now: datetime) -> Outcome:
    """Take away the right to return, but only from the very entry that was lost, in the same life of the live store.

    An exhaustive model found both wrong outcomes (a present candidate interrupted, a lost one never) when any of
    the guards is dropped.
    """
    is_same_loss = (
        candidate.attempt is AttemptState.RUNNING
        and candidate.interrupted_at is None
        and candidate.entry_no == command.entry_no
        and room.live_epoch == command.live_epoch
    )
    if not is_same_loss or room.is_closed:
        return ()
    measured = Interruption(now - max(command.lost_for, timedelta()), None, command.cause)
    time = replace(candidate.time, interruptions=(*candidate.time.interruptions, measured))
    changes = Changes(interrupted_at=now, time=time)
    codes: Codes = {"entry_no": command.entry_no, "cause": command.cause}
    return (Event(EventKind.INTERRUPTED, candidate.id, changes, codes=codes),)


def return_to_seat(candidate: Candidate, command: ReturnToSeat, now: datetime) -> Outcome:
    """Let the seated client back in after its line was given up but before it was interrupted: a new entry number."""
    code = seat_refusal(candidate, command.client)
    if code is not None:
        return Refusal(code)
    changes = Changes(entry_no=candidate.entry_no + 1, seat=Seat(command.client, now))
    return (Event(EventKind.RECONNECTED, candidate.id, changes, codes={"entry_no": candidate.entry_no + 1}),)


def leave(room: Room, candidate: Candidate) -> Outcome:
    """Note that nobody stands at the door any more; an authorization given meanwhile stays."""
    if room.is_closed:
        return ()
    changes = Changes()
    if candidate.entry_refused is not None:
        changes["entry_refused"] = None
    if candidate.authorization is not None and candidate.authorization.was_asking:
        changes["authorization"] = replace(candidate.authorization, was_asking=False)
    return (Event(EventKind.LEFT, candidate.id, changes),) if changes else ()
