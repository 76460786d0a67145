"""An accepted answer as it is kept under its key: what the author is told again, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass, replace

import msgspec

from hub.model import CandidateId, HelpId
from hub.ports import Answer, Result
from hub.refusals import Code, Refusal


@dataclass(frozen=True, slots=True)
class _KeptResult:
    candidate: CandidateId | None
    is_already: bool
    code: Code | None = None
    after_ms: int | None = None
    by: str | None = None


@dataclass(frozen=True, slots=True)
class _KeptAnswer:
    results: tuple[_KeptResult, ...]
    decision_seq: int
    help: HelpId | None


_decoder = msgspec.json.Decoder(_KeptAnswer)


def without_events(answer: Answer) -> Answer:
    """Return the answer as it comes back: the facts that a refusal left behind are in the audit already."""
    results = tuple(
        replace(one, refusal=replace(one.refusal, events=())) if one.refusal else one for one in answer.results
    )
    return replace(answer, results=results)


def encoded(answer: Answer) -> msgspec.Raw:
    """Return the answer as JSON."""
    results = tuple(_kept(one) for one in answer.results)
    return msgspec.Raw(msgspec.json.encode(_KeptAnswer(results, answer.decision_seq, answer.help)))


def _kept(result: Result) -> _KeptResult:
    no = result.refusal
    if no is None:
        return _KeptResult(result.candidate, result.is_already)
    return _KeptResult(result.candidate, result.is_already, no.code, no.after_ms, no.by)


def decoded(raw: str) -> Answer:
    """Return the answer from its JSON."""
    kept = _decoder.decode(raw)
    results = tuple(
        Result(one.candidate, Refusal(one.code, one.after_ms, one.by) if one.code else None, one.is_already)
        for one in kept.results
    )
    return Answer(results, kept.decision_seq, kept.help)
