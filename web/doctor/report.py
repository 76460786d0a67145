"""What the doctor prints: a line for each finding, the way to mend it below, and a last line that counts them."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

import click
import msgspec
import uvloop

from hub.findings import Check, Finding, Grade
from web.doctor import rounds

COLOURS = {Grade.OK: "green", Grade.WARNING: "yellow", Grade.PROBLEM: "red"}
CODE_WIDTH = max(len(check) for check in Check)
GRADE_WIDTH = max(len(grade) for grade in Grade)


class Line(msgspec.Struct, frozen=True):
    """One finding as `--json` says it, on one line."""

    code: str
    grade: str
    seen: str
    fix: str


def examine(environment: Mapping[str, str], url: str | None, *, is_json: bool) -> bool:
    """Look, print, and return whether nothing is wrong; warnings are not wrong."""
    # The findings are all there is to say: what the parts log meanwhile says the same in other words.
    logging.disable(logging.CRITICAL)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        findings = runner.run(rounds.look(environment, url))
    for line in _as_json(findings) if is_json else _in_words(findings):
        click.echo(line)
    return all(finding.grade is not Grade.PROBLEM for finding in findings)


def _as_json(findings: Sequence[Finding]) -> Iterator[str]:
    for one in findings:
        yield msgspec.json.encode(Line(one.check, one.grade, one.seen, one.fix)).decode()


def _in_words(findings: Sequence[Finding]) -> Iterator[str]:
    for one in findings:
        grade = click.style(f"{one.grade:<{GRADE_WIDTH}}", fg=COLOURS[one.grade])
        yield f"{grade}  {one.check:<{CODE_WIDTH}}  {one.seen}"
        if one.fix:
            yield f"{'':<{GRADE_WIDTH + CODE_WIDTH + 4}}→ {one.fix}"
    counted = Counter(one.grade for one in findings)
    yield f"{counted[Grade.PROBLEM]} problems, {counted[Grade.WARNING]} warnings, {counted[Grade.OK]} well."
