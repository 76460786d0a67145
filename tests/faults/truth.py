"""What must hold in Postgres at rest: the acknowledged is there once, the chain is whole, and it explains the rows.

Each function returns the list of what is wrong, in words; `assert_nothing_lost` puts them together.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from hub.audit import AuditRecord, compare_head, verify
from hub.model import CandidateId
from hub.reports import IDENTITY, LATE
from tests.faults.author import Deed
from tests.faults.reading import Kept, Truth
from tests.faults.replay import lives
from tests.faults.rig import Rig, RigRoom
from tests.faults.sitter import OwnDeed

KINDS: Mapping[str, tuple[str, ...]] = {
    "presence.confirm": ("presence.confirmed",),
    "presence.cancel": ("presence.cancelled",),
    "presence.absent": ("presence.absent",),
    "identity.check": ("identity.checked",),
    "resume.authorize": ("resume.authorized",),
    "attempt.end": ("candidate.ending",),
    "attempt.end.cancel": ("candidate.ending_cancelled",),
    "time.add": ("time.added",),
    "end_screen.see": ("end_screen.seen",),
    "end_screen.unsee": ("end_screen.unseen",),
    "help.take": ("help.taken",),
    "help.resolve": ("help.resolved",),
    "message.send": ("message.sent",),
    "report.add": ("report.added",),
    "report.edit": ("report.changed",),
    "report.remove": ("report.removed",),
    "session.start": ("session.started",),
    "room.take_over": ("session.taken_over",),
    "enter": ("candidate.entered", "candidate.resumed"),
    "finish": ("candidate.finished",),
    "help": ("help.opened",),
}
"""What each command leaves in the audit."""


# ── the chain ──────────────────────────────────────────────────────────────────────────────────────────────────


def broken_links(truth: Truth) -> list[str]:
    """Say what is wrong with the chain of decisions, at the first place; here a detail that is gone is wrong too."""
    room = truth.room
    walk = compare_head(verify(truth.audit), room.decision_seq, room.decision_hash)
    wrong = [] if walk.broken is None else [str(walk.broken)]
    return wrong + ([f"{walk.purged} details are gone"] if walk.purged else [])


# ── what was acknowledged ──────────────────────────────────────────────────────────────────────────────────────


def lost_deeds(truth: Truth, deeds: Iterable[Deed], own: Iterable[OwnDeed] = ()) -> list[str]:
    """List what was acknowledged and is not there exactly once, and what is there though nobody asked for it."""
    kept = {(one.author, one.key): one for one in truth.answers}
    by_key = {one.key: one for one in truth.answers}
    deeds = list(deeds)
    claims = _Claims(truth.audit)
    wrong = []
    for deed in sorted((one for one in deeds if one.is_acknowledged), key=_decision):
        answer = kept.get((deed.author, deed.key))
        wrong += [f"{deed}: {what}" for what in _lost(deed, answer)]
        about: Sequence[int | None] = deed.news if deed.candidates is not None else _room_news(deed)
        wrong += [f"{deed}: not in the audit for {one}" for one in about if not claims.take(deed, one)]
    for deed in own:
        answer = by_key.get(deed.key)
        if answer is None:
            wrong.append(f"{deed.type} {deed.key[:8]} was acknowledged and has no answer kept")
        elif not deed.reply.get("already") and not claims.take_own(deed, answer):
            wrong.append(f"{deed.type} {deed.key[:8]} was acknowledged and is not in the audit")
    authors = {deed.author for deed in deeds}
    return wrong + claims.unexplained(authors, [one for one in deeds if not one.is_acknowledged])


def _decision(deed: Deed) -> int:
    assert deed.reply is not None
    return int(deed.reply["decision_seq"])


def _room_news(deed: Deed) -> tuple[None, ...]:
    return () if deed.reply is None or deed.reply.get("already") else (None,)


def _lost(deed: Deed, answer: Kept | None) -> list[str]:
    assert deed.reply is not None
    if answer is None:
        return ["acknowledged and no answer is kept"]
    told = tuple((one["candidate"], one["ok"], bool(one.get("already"))) for one in deed.reply["results"] or ())
    if deed.candidates is not None and told != answer.results:
        return [f"told {told}, kept {answer.results}"]
    if deed.reply["decision_seq"] != answer.decision_seq:
        return [f"told decision {deed.reply['decision_seq']}, kept {answer.decision_seq}"]
    return []


class _Claims:
    """The audit rows, each to be claimed by one acknowledged deed at most."""

    def __init__(self, audit: Sequence[AuditRecord]) -> None:
        self._free = {record.seq: record for record in audit}

    def take(self, deed: Deed, candidate: int | None) -> bool:
        """Claim the last row of this kind that is not later than what the author was told."""
        return self._take(deed.author, KINDS[deed.type], candidate, _decision(deed))

    def take_own(self, deed: OwnDeed, answer: Kept) -> bool:
        """The same for what a candidate's client asked for."""
        (candidate, _, _), *_ = answer.results
        return self._take(answer.author, KINDS[deed.type], candidate, answer.decision_seq)

    def _take(self, author: str, kinds: tuple[str, ...], candidate: int | None, most: int) -> bool:
        fitting = [
            seq for seq, one in self._free.items()
            if seq <= most and one.author == author and one.kind in kinds and one.candidate == candidate
        ]  # fmt: skip
        if fitting:
            del self._free[max(fitting)]
        return bool(fitting)

    def unexplained(self, authors: set[str], unsure: Sequence[Deed]) -> list[str]:
        """List the rows of these authors that neither an acknowledged deed nor one of unknown outcome explains."""
        wrong = []
        for record in self._free.values():
            is_companion = record.kind == "report.added" and record.codes.get("name") in (LATE, IDENTITY)
            if record.author not in authors or is_companion:
                continue
            if not any(deed.is_open and _fits(deed, record) for deed in unsure):
                wrong.append(f"decision {record.seq} {record.kind} of {record.candidate}: nobody was told of it")
        return wrong


def _fits(deed: Deed, record: AuditRecord) -> bool:
    is_about = record.candidate in deed.candidates if deed.candidates is not None else record.candidate is None
    return deed.author == record.author and record.kind in KINDS[deed.type] and is_about


# ── the rows ───────────────────────────────────────────────────────────────────────────────────────────────────


def unexplained_rows(truth: Truth) -> list[str]:
    """List where the audit, played again, makes other rows than those that stand, or could not have happened."""
    wrong, played = [], lives(truth.audit)
    # A decision about the room (its clock starts) changes rows without naming them.
    of_the_room = {0, *(record.seq for record in truth.audit if record.candidate is None)}
    for number, row in truth.room.candidates.items():
        life = played.get(number)
        if life is None:
            wrong += (
                [f"candidate {number} has changed and no decision says so"] if row.revision not in of_the_room else []
            )
            continue
        wrong += [f"candidate {number}: {what}" for what in life.wrongs]
        stands = {
            "presence": row.presence.state,
            "identity": row.identity,
            "granted": row.authorization.kind if row.authorization else None,
            "attempt": row.attempt,
            "entry_no": row.entry_no,
            "is_interrupted": row.interrupted_at is not None,
            "minutes": row.time.minutes_added,
            "reports": {one.id for one in row.reports},
        }
        wrong += [
            f"candidate {number}: {name} is {value!r}, the audit says {getattr(life, name)!r}"
            for name, value in stands.items() if getattr(life, name) != value
        ]  # fmt: skip
    unknown = set(played) - {int(one) for one in truth.room.candidates}
    return wrong + [f"decisions about nobody: {CandidateId(one)}" for one in sorted(unknown)]


async def assert_nothing_lost(
    rig: Rig, room: RigRoom, deeds: Iterable[Deed] = (), own: Iterable[OwnDeed] = ()
) -> Truth:
    """Assert all of it for one room, and return what was read."""
    truth = await rig.truth(room)
    wrong = broken_links(truth) + lost_deeds(truth, deeds, own) + unexplained_rows(truth)
    assert not wrong, f"session {room.number}:\n" + "\n".join(wrong[:40])
    return truth
