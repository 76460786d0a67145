"""What `vigie audit verify` does: walks every chain asked for, and says of each whether it holds."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Sequence

import click
import msgspec

from hub.audit import Walk
from hub.model import SessionNumber
from hub.ports import UnknownSession
from web.office_work import CannotDo
from web.running import Office

STEP_SESSIONS = 500
"""How many sessions are walked between two signs of life."""

_HASH = re.compile(r"[0-9a-f]{64}")


class Line(msgspec.Struct, frozen=True):
    """One session as `--json` says it, on one line. `decision` and `fault` tell the first broken place."""

    session: int
    decisions: int
    head: str
    details_purged: int
    is_whole: bool
    decision: int | None
    fault: str | None
    found: int | None


async def verify(opened: Office, named: Sequence[int], head: str | None, *, is_json: bool) -> None:
    """Walk the named sessions, or all; fails when a chain is broken or the hash is nowhere."""
    sought = "" if head is None else head.strip().lower()
    if head is not None and not _HASH.fullmatch(sought):
        raise click.UsageError("A hash of 64 hexadecimal digits is expected, as on the receipt.")
    walked = broken = 0
    is_found = False
    async for number in _numbers(opened, named):
        walk = await _walk(opened, number, sought)
        click.echo(_as_json(number, walk) if is_json else _in_words(number, walk))
        walked, broken, is_found = walked + 1, broken + (walk.broken is not None), is_found or walk.found is not None
        if walked % STEP_SESSIONS == 0:
            click.echo(f"{walked} sessions…", err=True)
    if broken:
        raise CannotDo(f"{broken} of {walked} chains do not hold.")
    if sought and not is_found:
        raise CannotDo("no decision of these sessions has this hash.")


async def _numbers(opened: Office, named: Sequence[int]) -> AsyncIterator[SessionNumber]:
    if not named:
        async for number in opened.trail.numbers():
            yield number
    for one in dict.fromkeys(named):
        yield SessionNumber(one)


async def _walk(opened: Office, number: SessionNumber, sought: str) -> Walk:
    try:
        return await opened.trail.walk(number, sought)
    except UnknownSession:
        raise click.UsageError(f"There is no session {number}.") from None


def _in_words(number: SessionNumber, walk: Walk) -> str:
    facts = [f"session {number}: {walk.rows} decisions", f"head {walk.head or '-'}"]
    if walk.purged:
        facts.append(f"{walk.purged} details purged")
    if walk.found is not None:
        facts.append(f"the hash is decision {walk.found}")
    facts.append("whole" if walk.broken is None else f"BROKEN: {walk.broken}")
    return ", ".join(facts)


def _as_json(number: SessionNumber, walk: Walk) -> str:
    broken = walk.broken
    line = Line(
        session=number,
        decisions=walk.rows,
        head=walk.head,
        details_purged=walk.purged,
        is_whole=broken is None,
        decision=None if broken is None else broken.seq,
        fault=None if broken is None else broken.fault.value,
        found=walk.found,
    )
    return msgspec.json.encode(line).decode()
