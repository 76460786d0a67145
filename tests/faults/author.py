"""An invigilator who acts: commands with keys, sent again with the same key until somebody answers.

What was acknowledged is remembered for the end of the run: every one of these must be in the audit, once.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.faults.hubs import Hub
from tests.faults.player import answered
from tests.faults.watcher import OVER, Board, Watcher
from tests.story.api import Api, Refused
from tests.story.client import Frame, new_key

REPLY_SECONDS = 5.0
RESEND_SECONDS = 30.0
UNEXPECTED = frozenset({"forbidden", "key_reused", "invalid", "unknown_type", "unknown_candidate"})
"""Refusals of a frame as a whole that a well-behaved author with the right never gets."""


@dataclass(slots=True)
class Deed:
    """One command of one author. `reply` is None while, or if, nobody could say what became of it."""

    author: str
    session: int
    type: str
    candidates: tuple[int, ...] | None
    fields: Frame
    key: str
    asked_at: float
    reply: Frame | None = None
    sent_to: list[str] = field(default_factory=list)

    @property
    def is_acknowledged(self) -> bool:
        """Tell whether its author was told that something of it was accepted."""
        results = self.accepted
        return self.reply is not None and self.reply["ok"] and (bool(results) or self.candidates is None)

    @property
    def is_open(self) -> bool:
        """Tell whether its author does not know what became of it."""
        return self.reply is None

    @property
    def accepted(self) -> tuple[int, ...]:
        """List for whom it was accepted."""
        return tuple(one["candidate"] for one in (self.reply or {}).get("results") or () if one["ok"])

    @property
    def news(self) -> tuple[int, ...]:
        """List for whom it was accepted and was not so already."""
        results = (self.reply or {}).get("results") or ()
        return tuple(one["candidate"] for one in results if one["ok"] and not one.get("already"))

    @property
    def frame(self) -> Frame:
        """Return what is sent, but for the number of the sending."""
        about = {} if self.candidates is None else {"candidates": list(self.candidates)}
        return {"type": self.type, "key": self.key, **about, **self.fields}

    def __str__(self) -> str:
        return f"{self.type} {self.candidates} {self.fields or ''} key {self.key[:8]}"


class Author(Watcher):
    """A dashboard whose person does things. `menu` weighs what (it may be changed); empty: only what it is told."""

    def __init__(self, *args: Any, menu: Mapping[str, int] | None = None, pause: float = 0.4, **more: Any) -> None:
        super().__init__(*args, **more)
        self.deeds: list[Deed] = []
        self.menu, self._pause = dict(menu or {}), pause
        self._numbers = 0

    def chores(self) -> list[Any]:
        return [*super().chores(), self._act()]

    def rest(self) -> None:
        """Do nothing more by itself; what was asked is still brought to an end."""
        self.menu = {}

    @property
    def is_at_rest(self) -> bool:
        return not self.menu and all(deed.reply is not None or _is_given_up(deed) for deed in self.deeds)

    async def do(self, type_: str, candidates: int | Sequence[int] | None = None, **fields: Any) -> Deed:
        """Ask for something, with one key, until there is an answer or half a minute is over."""
        ids = None if candidates is None else (candidates,) if isinstance(candidates, int) else tuple(candidates)
        deed = Deed(self.who.author, self.room.number, type_, ids, fields, new_key(), time.monotonic())
        self.deeds.append(deed)
        while not _is_given_up(deed) and deed.reply is None:
            line = self.line
            reply = await self._sent(line, deed) if line is not None and line.epoch is not None else None
            await self._heed(deed, reply)
        if deed.reply is None:
            self.note(f"gives up {deed}")
        return deed

    async def again(self, deed: Deed, hub: Hub) -> Frame | None:
        """Send the same deed to a hub over HTTP and return its answer; None when nobody answers."""
        path = f"/sessions/{deed.session}/commands"
        async with Api(hub.http_url) as api:
            try:
                return await api.call("POST", path, self.who.token, json=deed.frame)
            except (httpx.HTTPError, Refused):
                return None

    async def _sent(self, line: Board, deed: Deed) -> Frame | None:
        fields = {name: value for name, value in deed.frame.items() if name != "type"}
        deed.sent_to.append(self.hub.name if self.hub is not None else "?")
        try:
            return await line.ask(deed.type, within=REPLY_SECONDS, **fields)
        except (AssertionError, TimeoutError):
            return None  # the line was lost meanwhile; whether it broke a rule is judged there

    async def _heed(self, deed: Deed, reply: Frame | None) -> None:
        """Keep a final answer; after one of the moment, or none, wait before sending again."""
        if reply is None:
            await asyncio.sleep(0.1)
        elif reply["ok"] or not reply["error"].get("retry"):
            deed.reply = reply
            self.note(f"{deed} -> {_spoken(reply)} (sent to {', '.join(deed.sent_to)})")
            if not reply["ok"] and reply["error"]["code"] in UNEXPECTED:
                self.fault(f"{deed} was refused: {reply}")
        else:
            await asyncio.sleep((reply["error"].get("after_ms") or 500) / 1000 * self.chance.uniform(0.5, 1.0))

    # ── at random ──────────────────────────────────────────────────────────────────────────────────────────

    async def _act(self) -> None:
        while True:
            await asyncio.sleep(self._pause * self.chance.uniform(0.5, 1.5))
            if self.menu and self.rows:
                await self._act_once()

    async def _act_once(self) -> None:
        kinds = sorted(self.menu)
        (kind,) = self.chance.choices(kinds, [self.menu[one] for one in kinds])
        self._numbers += 1
        if kind in ("session.start", "room.take_over"):
            await self.do(kind)
            return
        ids = sorted(self.rows)
        count = self.chance.choice((1, 1, 1, 1, 2, 3, len(ids)))
        chosen = self.chance.sample(ids, min(count, len(ids)))
        fields = self._details(kind, self.rows[chosen[0]])
        if fields is None:
            return
        # A help or a report belongs to one candidate; an end for several at once would empty the room too soon.
        is_for_one = kind.startswith(("help.", "report.edit", "report.remove", "attempt."))
        await self.do(kind, chosen[:1] if is_for_one else chosen, **fields)

    def _details(self, kind: str, row: Frame) -> Frame | None:
        """Choose what a command says about one row; None when it would make no sense."""
        match kind:
            case "presence.confirm":
                return {"late_reason": "métro en panne"}
            case "identity.check":
                return {"state": self.chance.choice(("checked", "to_correct"))}
            case "time.add":
                return {"minutes": self.chance.randint(1, 9), "reason": f"coupure {self._numbers}"}
            case "message.send":
                return {"text": f"consigne {self._numbers} de {self.who.name}"}
            case "report.add":
                return {"name": "fraud", "text": f"signalement {self._numbers} de {self.who.name}"}
            case "report.remove":
                return {"report": row["reports"][0]["id"]} if row["reports"] else None
            case "help.take" | "help.resolve":
                open_calls = [one["id"] for one in row["help"] if one["outcome"] is None]
                more = {"outcome": "accept"} if kind == "help.resolve" else {}
                return {"help": open_calls[0], **more} if open_calls else None
            case "attempt.end":
                return {} if row["attempt"] == "running" and answered(row) >= 0 else None
            case "attempt.end.cancel":
                return {} if row["ending_at"] or row["attempt"] in OVER else None
            case _:
                return {}


MENU = {
    "presence.confirm": 6,
    "presence.cancel": 1,
    "presence.absent": 1,
    "identity.check": 3,
    "resume.authorize": 3,
    "attempt.end": 1,
    "attempt.end.cancel": 2,
    "time.add": 5,
    "end_screen.see": 1,
    "end_screen.unsee": 1,
    "help.take": 2,
    "help.resolve": 2,
    "message.send": 3,
    "report.add": 3,
    "report.remove": 2,
    "session.start": 1,
}
"""Everything that happens in a room, about as often as it does."""


def _is_given_up(deed: Deed) -> bool:
    return deed.reply is None and time.monotonic() - deed.asked_at > RESEND_SECONDS


def _spoken(reply: Frame) -> str:
    if not reply["ok"]:
        return str(reply["error"]["code"])
    results = [one.get("code") or ("already" if one.get("already") else "ok") for one in reply.get("results") or ()]
    return f"{' '.join(results) or 'ok'} @{reply.get('decision_seq')}"
