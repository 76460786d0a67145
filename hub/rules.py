"""What may happen in an exam room: `settle` what is due, then `decide` one command about one candidate.

Pure: no clock, no I/O. `now` is the database's clock read after the session's lock; nothing else decides time.
"""

from __future__ import annotations

from datetime import datetime
from typing import assert_never

from hub import commands as ask
from hub import desk, entry
from hub.entry import Outcome
from hub.events import Changes, Event, EventKind
from hub.model import AttemptState, Author, Candidate, EntryRefused, Room
from hub.policy import Policy
from hub.refusals import Code, Refusal


def settle(room: Room, now: datetime) -> tuple[Event, ...]:
    """List what has become due: asked ends taking effect, unused authorizations lapsing. Twice is a no-op."""
    due: list[tuple[datetime, Event]] = []
    for candidate in room.candidates.values():
        if candidate.attempt is not AttemptState.RUNNING:
            continue
        if candidate.ending_at is not None and candidate.ending_at <= now:
            due.extend((candidate.ending_at, event) for event in _ended(candidate, now))
            continue
        granted = candidate.authorization
        if granted is not None and granted.expires_at is not None and granted.expires_at <= now:
            due.append((granted.expires_at, _lapsed(candidate, granted.expires_at)))
    return tuple(event for _, event in sorted(due, key=lambda item: item[0]))


def _ended(candidate: Candidate, now: datetime) -> tuple[Event, ...]:
    changes = entry.over(candidate, AttemptState.ENDED, now)
    return (Event(EventKind.ENDED, candidate.id, changes), *entry.lapsed_help(candidate))


def _lapsed(candidate: Candidate, at: datetime) -> Event:
    """Take back an unused authorization; a person who stood at the door is asking again."""
    changes = Changes(authorization=None)
    if candidate.authorization is not None and candidate.authorization.was_asking:
        changes["entry_refused"] = EntryRefused(Code.RESUME_NOT_AUTHORIZED, at)
    return Event(EventKind.AUTHORIZATION_EXPIRED, candidate.id, changes)


def decide(
    room: Room, candidate: Candidate, command: ask.Command, author: Author, now: datetime, policy: Policy
) -> Outcome:
    """Judge one command about one candidate: events to record, none if it is already so, or a refusal."""
    match command:
        case ask.Enter():
            return entry.enter(room, candidate, command, now, policy)
        case ask.Finish():
            return entry.finish(candidate, command, now)
        case ask.AskHelp():
            return entry.ask_help(room, candidate, command, now)
        case ask.Interrupt():
            return entry.interrupt(room, candidate, command, now)
        case ask.ReturnToSeat():
            return entry.return_to_seat(candidate, command, now)
        case ask.Leave():
            return entry.leave(room, candidate)
        case ask.ReleaseHelp():
            return desk.release_help(candidate, command)
        case ask.StartSession() | ask.TakeOverRoom():
            return decide_room(room, command, author, now, policy)
        case _:
            return _unless_closed(room, command, _decide_at_the_desk(room, candidate, command, author, now, policy))


def decide_room(room: Room, command: ask.RoomCommand, author: Author, now: datetime, policy: Policy) -> Outcome:
    """Judge a command about the room as a whole."""
    match command:
        case ask.StartSession():
            outcome = desk.start_session(room, now)
        case ask.TakeOverRoom():
            outcome = desk.take_over(room, author, now, policy)
        case _:
            assert_never(command)
    return _unless_closed(room, command, outcome)


def _unless_closed(room: Room, command: ask.StaffCommand | ask.RoomCommand, outcome: Outcome) -> Outcome:
    """Let nothing change once the session is finalized, and only corrections once it was given back.

    What is already so stays no error.
    """
    is_correction = room.finalized_at is None and isinstance(command, ask.FinalTouch)
    return outcome if not room.is_closed or is_correction or outcome == () else Refusal(Code.SESSION_CLOSED)


def _decide_at_the_desk(
    room: Room, candidate: Candidate, command: ask.StaffCommand, author: Author, now: datetime, policy: Policy
) -> Outcome:
    match command:
        case ask.ConfirmPresence():
            return desk.confirm_presence(room, candidate, command, author, now)
        case ask.CancelPresence():
            return desk.cancel_presence(candidate, author, now)
        case ask.MarkAbsent():
            return desk.mark_absent(candidate, author, now)
        case ask.CheckIdentity():
            return desk.check_identity(room, candidate, command, author, now)
        case ask.AuthorizeResume():
            return desk.authorize_resume(candidate, author, now, policy)
        case ask.EndAttempt():
            return desk.end_attempt(candidate, now, policy)
        case ask.CancelEnd():
            return desk.cancel_end(candidate, now)
        case ask.AddTime():
            return desk.add_time(room, candidate, command, author, now)
        case ask.SeeEndScreen():
            return desk.tick_end_screen(candidate, author, now, is_seen=True)
        case ask.UnseeEndScreen():
            return desk.tick_end_screen(candidate, author, now, is_seen=False)
        case ask.TakeHelp():
            return desk.take_help(candidate, command, author)
        case ask.ResolveHelp():
            return desk.resolve_help(room, candidate, command, author, now)
        case ask.SendMessage():
            return desk.send_message(candidate, command)
        case ask.AddReport():
            return desk.add_report(room, candidate, command, author, now)
        case ask.EditReport():
            return desk.edit_report(candidate, command)
        case ask.RemoveReport():
            return desk.remove_report(candidate, command)
        case _:
            assert_never(command)
