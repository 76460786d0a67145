"""What `vigie purge` and `vigie erase` do: say what would go, ask, empty, and say what went."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

import click

from hub.model import CandidateId, SessionNumber
from hub.ports import LockBusy, OutcomeUnknown, UnknownSession
from hub.retention import Emptied, NotErased
from state.erasure import Erased
from web.office_work import CannotDo
from web.running import OwnersOffice

STEP_SESSIONS = 100
"""How many sessions are emptied between two signs of life."""

_LINES = (
    ("sessions", "sessions"),
    ("candidates", "candidates' identities"),
    ("details", "details of decisions"),
    ("documents", "documents"),
    ("comments", "comments and abort reasons"),
    ("answers", "kept answers"),
    ("clients", "candidates' clients"),
    ("accounts", "accounts"),
    ("invitations", "invitations"),
    ("imports", "imports"),
    ("logins", "logins"),
    ("handovers", "handovers"),
)


async def purge(opened: OwnersOffice, as_of: date | None, *, is_dry: bool, is_sure: bool) -> None:
    """Empty what is past its time."""
    if as_of is not None and not is_dry and as_of > await opened.retention.today():
        raise click.UsageError("A day to come can only be tried: add --dry-run.")
    if is_dry or not is_sure:
        due = await _due(opened, as_of)
        _print_summary("Past its time:", due)
        if is_dry or due == Emptied():
            return
        if not click.confirm("Purge them? Nobody can bring them back."):
            raise CannotDo("nothing was purged.")
    _print_summary("Purged:", await _purged(opened, as_of))


async def _due(opened: OwnersOffice, as_of: date | None) -> Emptied:
    total = await opened.retention.people_due(as_of)
    async for _, left in opened.retention.sessions_due(as_of):
        total = _with(total, left, "looked at")
    return total


async def _purged(opened: OwnersOffice, as_of: date | None) -> Emptied:
    """Empty one session after the other, then what belongs to none; cut off, it goes on the next time."""
    total = Emptied()
    async for number, _ in opened.retention.sessions_due(as_of):
        with _in_words(number):
            total = _with(total, await opened.retention.purge_session(number, as_of), "purged")
    return total + await opened.retention.purge_people(as_of)


@contextmanager
def _in_words(number: SessionNumber) -> Iterator[None]:
    """Say what kept a session from being emptied; what was emptied before it stays so."""
    try:
        yield
    except UnknownSession:
        raise CannotDo(f"There is no session {number}.") from None
    except LockBusy:
        raise CannotDo(f"session {number} is being decided on at this moment: try again.") from None
    except OutcomeUnknown:
        raise CannotDo(f"the database went away while session {number} was emptied: run it again to be sure.") from None


def _with(total: Emptied, more: Emptied, word: str) -> Emptied:
    total += more
    if more.sessions and total.sessions % STEP_SESSIONS == 0:
        click.echo(f"{total.sessions} sessions {word}…", err=True)
    return total


def _print_summary(title: str, counted: Emptied) -> None:
    if counted == Emptied():
        click.echo("Nothing is past its time.")
        return
    click.echo(title)
    for name, words in _LINES:
        click.echo(f"  {getattr(counted, name):>8}  {words}")


async def erase(opened: OwnersOffice, number: SessionNumber, candidate: CandidateId, *, is_sure: bool) -> None:
    """Erase one person from one session."""
    with _in_words(number):
        found = _erasable(await opened.erasure.look(number, candidate), number, candidate)
        if found.emptied == Emptied():
            click.echo(f"Nothing is left of candidate {candidate} of session {number}.")
            return
        if not is_sure and not click.confirm(f"Erase candidate {candidate} of session {number} for good?"):
            raise CannotDo("nothing was erased.")
        _print_erased(_erasable(await opened.erasure.erase(number, candidate), number, candidate))


def _erasable(found: Erased | NotErased, number: SessionNumber, candidate: CandidateId) -> Erased:
    match found:
        case NotErased.UNKNOWN:
            raise CannotDo(f"There is no candidate {candidate} in session {number}.")
        case NotErased.STARTED:
            raise CannotDo(
                f"candidate {candidate} has started and session {number} is still open: finalize it first, then erase."
            )
        case Erased():
            return found


def _print_erased(erased: Erased) -> None:
    counted = erased.emptied
    click.echo("Erased: names, birth, addresses, identifiers, extra time, and every word by or about this candidate")
    click.echo(
        f"  ({counted.details} details of decisions, {counted.clients} clients, {counted.answers} kept answers)."
    )
    click.echo("Kept: the row with its numbers, states and instants, because the chain of decisions refers to it;")
    click.echo(
        f"  {erased.documents_kept} documents and the comment of the session, which are of the session and not of"
    )
    click.echo("  one person: look into them yourself.")
    for number, candidate in erased.elsewhere:
        click.echo(f"The same person is also candidate {candidate} of session {number}.")
