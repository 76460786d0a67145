"""An independent client of the wire: it folds what it hears and asserts the contract on every single frame."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Callable, Iterable
from typing import Any

import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.story import shapes

PROTOCOL = "vigie.v1"
PATIENCE = 8.0
"""Seconds that a wait may last on a machine that is busy with other things."""

Frame = dict[str, Any]


def new_key() -> str:
    return str(uuid.uuid4())


async def dial(ws_url: str, path: str, **options: Any) -> ClientConnection:
    """Open a bare socket as a plain client does: no compression, no pings, the protocol's own beats only."""
    options.setdefault("subprotocols", [PROTOCOL])
    return await connect(ws_url + path, compression=None, ping_interval=None, proxy=None, close_timeout=2, **options)


class Line:
    """One socket: a reader that checks each frame, answers beats, and wakes whoever waits."""

    language: Any = None
    path = ""

    def __init__(self, socket: ClientConnection, answers_beats: bool = True) -> None:
        self.socket = socket
        self.frames: list[Frame] = []
        self.replies: dict[int, Frame] = {}
        self.bye: Frame | None = None
        self.close_code: int | None = None
        self.fault: BaseException | None = None
        self.answers_beats = answers_beats
        self._ref = 0
        self._news = asyncio.Event()
        self._reader = asyncio.create_task(self._read())

    @classmethod
    async def open(cls, ws_url: str, hello: Frame | None, answers_beats: bool = True, **options: Any) -> Any:
        """Connect and say hello; nothing is awaited after that."""
        line = cls(await dial(ws_url, cls.path, **options), answers_beats)
        if hello is not None:
            await line.say({"type": "hello", **hello})
        return line

    async def say(self, frame: Frame | str | bytes) -> None:
        """Send one frame, or any text or bytes as they are; a line that closes meanwhile is no fault of the sender."""
        try:
            await self.socket.send(frame if isinstance(frame, (str, bytes)) else json.dumps(frame))
        except ConnectionClosed:
            await self.closing()

    async def ask(self, type_: str, within: float = PATIENCE, **fields: Any) -> Frame:
        """Send a frame with a ref and a key, and wait for the reply that echoes it."""
        ref = await self.post(type_, **{"key": new_key(), **fields})
        return await self.until(lambda: self.replies.get(ref), f"reply to {type_}", within)

    async def post(self, type_: str, **fields: Any) -> int:
        """Send a frame with a new ref and return the ref."""
        self._ref += 1
        await self.say({"type": type_, "ref": self._ref, **fields})
        return self._ref

    async def until(self, found: Callable[[], Any], what: str, within: float = PATIENCE) -> Any:
        """Wait until `found()` is true, and return it; a broken rule of the wire ends the wait."""
        try:
            async with asyncio.timeout(within):
                while True:
                    news = self._news
                    if self.fault is not None:
                        raise self.fault
                    if value := found():
                        return value
                    if self._reader.done():
                        raise AssertionError(f"{what}: the line closed with {self.close_code} {self.bye}")
                    await news.wait()
        except TimeoutError:
            raise AssertionError(f"{what} did not come in {within} s; last heard: {self.frames[-4:]}") from None

    async def heard(self, type_: str, within: float = PATIENCE) -> Frame:
        """Wait for the first frame of a type."""
        return await self.until(lambda: next((one for one in self.frames if one["type"] == type_), None), type_, within)

    async def closing(self, within: float = PATIENCE) -> int:
        """Wait until the hub has closed the line and return the close code."""
        async with asyncio.timeout(within):
            await asyncio.wait({self._reader})
        if self.fault is not None:
            raise self.fault
        assert self.close_code is not None
        return self.close_code

    async def close(self) -> None:
        """Leave, and raise the fault if a rule of the wire was broken meanwhile."""
        await self.socket.close()
        await asyncio.wait({self._reader})
        if self.fault is not None:
            raise self.fault

    def abort(self) -> None:
        """Break the line without a closing handshake, as a pulled cable does when the machine still answers."""
        self.socket.transport.abort()

    def silence(self) -> None:
        """Keep the line open and say nothing more, as a frozen machine does."""
        self.answers_beats = False

    async def _read(self) -> None:
        try:
            async for text in self.socket:
                await self._take(text)
        except ConnectionClosed:
            pass
        except (AssertionError, msgspec.ValidationError, KeyError, ValueError) as fault:
            self.fault = AssertionError(f"{type(self).__name__} heard what the protocol forbids: {fault!r}\n{text!r}")
        self.close_code = self.socket.close_code
        self._wake()

    async def _take(self, text: str | bytes) -> None:
        assert isinstance(text, str), "frames are text"
        assert self.bye is None, "nothing follows a bye"
        frame = json.loads(text)
        shapes.check_instants(frame)
        msgspec.convert(frame, self.language)
        kind = frame["type"]
        assert self.frames or kind in ("welcome", "bye"), f"the first frame is welcome or bye, not {kind}"
        self.frames.append(frame)
        getattr(self, f"on_{kind}")(frame)
        if kind == "beat" and self.answers_beats:
            await self.socket.send('{"type":"alive"}')
        self._wake()

    def _wake(self) -> None:
        news, self._news = self._news, asyncio.Event()
        news.set()

    def on_welcome(self, frame: Frame) -> None:
        assert len(self.frames) == 1, "one welcome"

    def on_reply(self, frame: Frame) -> None:
        codes = [frame["error"]["code"]] if "error" in frame else []
        for result in frame.get("results") or ():
            assert result["ok"] == ("code" not in result), result
            codes += [result["code"]] if "code" in result else []
        assert set(codes) <= shapes.REFUSALS, f"unknown refusal in {codes}"
        if frame["ref"] is not None:
            assert frame["ref"] not in self.replies, "one reply to one ref"
            self.replies[frame["ref"]] = frame
        else:
            assert not frame["ok"], "a reply without ref is about something unreadable"

    def on_bye(self, frame: Frame) -> None:
        assert frame["code"] in shapes.CLOSE_CODES, frame
        assert frame["reconnect"] == (frame["code"] >= 4100), "40xx do not come back, 41xx and 42xx do"
        self.bye = frame


class Candidate(Line):
    """A candidate's browser tab."""

    language = shapes.CANDIDATE
    path = "/ws/candidate"
    acknowledges = False
    """Whether the page says which states it has shown."""

    @property
    def state(self) -> Frame:
        """The last state heard, {} before the first."""
        return next((one for one in reversed(self.frames) if one["type"] == "state"), {})

    async def told(self, what: str, within: float = PATIENCE, **expected: Any) -> Frame:
        """Wait for a state with these values."""
        wanted = expected.items()
        return await self.until(
            lambda: self.state if self.state and all(self.state.get(k) == v for k, v in wanted) else None, what, within
        )

    async def settled(self) -> Frame:
        """Wait for the first state."""
        return await self.heard("state")

    async def enter(self, access_code: str, **fields: Any) -> Frame:
        return await self.ask("enter", access_code=access_code, **fields)

    async def progress(self, answered: int, total: int = 32, **fields: Any) -> None:
        """Say how far the test is; no reply is expected."""
        await self.say({"type": "progress", "answered": answered, "total": total, **fields})

    def on_state(self, frame: Frame) -> None:
        before = [one for one in self.frames[:-1] if one["type"] == "state"][-1:]
        for earlier in before:
            assert frame["version"] >= earlier["version"], "the version never goes back"
            assert (frame["answered"] or 0) >= (earlier["answered"] or 0), "progress never goes back"
            over = earlier["attempt"] in ("finished", "ended", "closed")
            assert not over or frame["attempt"] == earlier["attempt"], "nothing leads out of the end"
            number = earlier["certification_number"]
            assert number is None or frame["certification_number"] == number, "the number never changes"
        assert not frame["in_test"] or frame["attempt"] == "running", "only a running attempt has somebody in it"
        assert (frame["end_reason"] is None) == (frame["attempt"] in ("not_started", "running")), "an end has a reason"

    async def _take(self, text: str | bytes) -> None:
        await super()._take(text)
        if self.acknowledges and self.frames[-1]["type"] == "state":
            await self.socket.send(json.dumps({"type": "ack", "version": self.state["version"]}))

    def on_message(self, frame: Frame) -> None:
        assert frame["text"]

    def on_beat(self, frame: Frame) -> None:
        assert set(frame) == {"type", "server_time", "version"}, "a candidate's beat carries nothing else"
        assert self.state, "the state comes before the first beat"
        assert frame["version"] == self.state["version"], "the version on the beat is the version of the last state"


class Wall(Line):
    """An admin's wall: the last numbers of each room, and when they came."""

    language = shapes.WALL
    path = "/ws/admin"

    def __init__(self, socket: ClientConnection, answers_beats: bool = True) -> None:
        super().__init__(socket, answers_beats)
        self.rooms: dict[int, Frame] = {}
        self.came: dict[int, list[float]] = {}

    def on_rooms(self, frame: Frame) -> None:
        now = asyncio.get_running_loop().time()
        for room in frame["rooms"]:
            self.rooms[room["session"]] = room
            self.came.setdefault(room["session"], []).append(now)
        for number in frame["gone"]:
            self.rooms.pop(number)

    def on_beat(self, frame: Frame) -> None:
        assert {one["session"] for one in frame["behind"]} <= set(self.rooms), "only rooms that were told are behind"

    async def told(self, number: int, found: Callable[[Frame], Any], what: str, within: float = PATIENCE) -> Frame:
        """Wait until a room's numbers are as wanted."""
        return await self.until(
            lambda: self.rooms[number] if number in self.rooms and found(self.rooms[number]) else None, what, within
        )


class Dashboard(Line):
    """An invigilator's phone: folds snapshot and events as `row |= set`, and asserts that there is no hole."""

    language = shapes.DASHBOARD
    path = "/ws/invigilator"

    def __init__(self, socket: ClientConnection, answers_beats: bool = True) -> None:
        super().__init__(socket, answers_beats)
        self.session: Frame = {}
        self.rows: dict[int, Frame] = {}
        self.epoch: str | None = None
        self.seq = -1
        self.events: list[Frame] = []
        self.colleagues: Frame = {"people": [], "claims": []}
        self._decision = 0

    @property
    def position(self) -> Frame:
        return {"epoch": self.epoch, "seq": self.seq}

    def knows(self, other: Dashboard) -> None:
        """Start from what another dashboard has folded, as a page does that kept its data over a reconnect."""
        self.session, self.epoch, self.seq = dict(other.session), other.epoch, other.seq
        self.rows = {one: dict(row) for one, row in other.rows.items()}

    async def command(self, type_: str, candidates: Iterable[int] | str | int | None = None, **fields: Any) -> Frame:
        """Send a command about nobody, one, several or "all", and return the reply."""
        if candidates is not None:
            one = isinstance(candidates, int)
            fields["candidates"] = [candidates] if one else candidates if candidates == "all" else list(candidates)
        return await self.ask(type_, **fields)

    async def row(self, candidate: int, found: Callable[[Frame], Any], what: str, within: float = PATIENCE) -> Frame:
        """Wait until a row is as wanted and return it."""
        return await self.until(
            lambda: self.rows[candidate] if candidate in self.rows and found(self.rows[candidate]) else None,
            f"{what} (candidate {candidate})",
            within,
        )

    async def happened(self, type_: str, candidate: int | None = None, within: float = PATIENCE) -> Frame:
        """Wait for an event of a type, about a candidate if one is named."""

        def found() -> Frame | None:
            return next(
                (e for e in self.events if e["type"] == type_ and candidate in (None, e.get("candidate"))), None
            )

        return await self.until(found, f"event {type_} of {candidate}", within)

    def types(self, candidate: int | None = None) -> list[str]:
        """Name the events heard so far, in order."""
        return [one["type"] for one in self.events if candidate in (None, one.get("candidate"))]

    def on_snapshot(self, frame: Frame) -> None:
        self.session = frame["session"]
        self.rows = {row["id"]: row for row in frame["candidates"]}
        assert len(self.rows) == len(frame["candidates"]), "a candidate stands once in a snapshot"
        for row in self.rows.values():
            shapes.check_row(row)
        self.epoch, self.seq, self._decision = frame["epoch"], frame["seq"], 0

    def on_events(self, frame: Frame) -> None:
        assert self.epoch is not None, "events need a snapshot to stand on"
        assert frame["epoch"] == self.epoch, "another epoch is always a snapshot"
        assert frame["session"] == self.session["number"], "events of another session"
        assert frame["from"] == self.seq + 1, f"a hole: at {self.seq}, events from {frame['from']}"
        assert frame["to"] >= frame["from"] - 1, "to is the head"
        assert frame["to"] >= frame["from"] or not frame["events"], "nothing new is []"
        for event in frame["events"]:
            self._fold(event)
        self.seq = frame["to"]

    def _fold(self, event: Frame) -> None:
        kind, changed = event["type"], event.get("set")
        assert kind in shapes.EVENT_TYPES, f"an event the protocol does not name: {kind}"
        if kind not in shapes.LINE_EVENTS:
            assert event.get("by"), f"{kind} does not say by whom"
            assert event.get("decision"), f"{kind} does not say by which decision"
            assert event["decision"] >= self._decision, "decisions come in order"
            self._decision = event["decision"]
        self.events.append(event)
        if "candidate" not in event:
            self.session |= changed or {}
            msgspec.convert(self.session, shapes.Session)
            return
        self._fold_row(kind, event["candidate"], changed)

    def _fold_row(self, kind: str, candidate: int, changed: Frame | None) -> None:
        if kind == "roster.changed":
            self.rows.pop(candidate, None)
            if changed is not None:
                self.rows[candidate] = changed
        else:
            assert changed is not None, f"{kind} sets nothing"
            missing = shapes.SET_HOLDS.get(kind, set()) - set(changed)
            assert not missing, f"{kind} does not set {missing}"
            row = self.rows[candidate]
            assert set(changed) <= set(row), f"{kind} sets what a row does not have: {set(changed) - set(row)}"
            check_step(kind, row, changed)
            row |= changed
        if candidate in self.rows:
            shapes.check_row(self.rows[candidate])

    def on_beat(self, frame: Frame) -> None:
        assert self.epoch is not None, "the data come before the first beat"
        assert frame["session"] == self.session["number"]
        assert frame["degraded"] is not None
        assert frame["as_of"] <= frame["server_time"], "nothing is verified in the future"
        assert (frame["epoch"], frame["seq"]) == (self.epoch, self.seq), "a beat's seq is what this socket was given"

    def on_colleagues(self, frame: Frame) -> None:
        connections = [one["connection"] for one in frame["people"]]
        assert len(connections) == len(set(connections)), "a connection stands once among the colleagues"
        self.colleagues = frame


def check_step(kind: str, row: Frame, changed: Frame) -> None:
    """Assert what no event may do to a row: lose progress, reopen an end, move a certification number."""
    was, now = row["progress"], changed.get("progress", row["progress"])
    if was is not None:
        assert now is not None, "progress is never forgotten"
        assert now["answered"] >= was["answered"], f"progress went back from {was} to {now}"
        assert now["total"] == was["total"], "the total is fixed"
        assert kind != "candidate.progressed" or now["answered"] > was["answered"], "an event that says nothing new"
    over = row["attempt"] in ("finished", "ended", "closed")
    assert not over or changed.get("attempt", row["attempt"]) in (row["attempt"], "closed"), "an end was reopened"
    assert changed.get("entry_no", row["entry_no"]) >= row["entry_no"], "entry_no never goes back"
    if row["certification_number"] is not None:
        assert changed.get("certification_number", row["certification_number"]) == row["certification_number"]
