"""Frames of one small room, made with the hub's own structs and read as a generator reads them."""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec

from channels import wire
from loadtests.frames import DashboardHears, decode
from loadtests.heard import Heard
from tests.builders import NOW

ROOM = 296
EPOCH = "e-1"


def a_row(candidate: int, **facets: Any) -> wire.Row:
    row = wire.Row(
        id=candidate,
        last_name="Durand",
        first_name="Zoé",
        birthdate=date(2008, 2, 29),
        extra_time_percentage=0,
        presence=wire.Presence("confirmed", "A. Durand", NOW),
        identity="unchecked",
        authorization=None,
        attempt="running",
        certification_number=1000 + candidate,
        entry_no=1,
        interrupted_at=None,
        ending_at=None,
        link=wire.Link("online", NOW),
        waiting=wire.Waiting(0),
        entry_refused=None,
        progress=None,
        help=[],
        reports=[],
        end_screen_seen=None,
        time=wire.TimeView(None, 0, []),
        version=0,
        told_version=0,
    )
    return msgspec.structs.replace(row, **facets)


def a_session() -> wire.SessionView:
    return wire.SessionView(
        ROOM, "Lycée", "Salle 1", date(2026, 11, 28), "09:00", "Europe/Paris", 105, "A. Durand", "XGDZ45", None,
        "open", [], [],
    )  # fmt: skip


def through(frame: wire.InvigilatorHears) -> DashboardHears:
    """Let a frame go over the wire."""
    return decode(msgspec.json.encode(frame))


def snapshot(seq: int = 41, *rows: wire.Row, epoch: str = EPOCH, **session: Any) -> DashboardHears:
    known = rows or (a_row(1), a_row(2))
    shown = msgspec.structs.replace(a_session(), **session)
    return through(wire.Snapshot(shown, epoch, seq, NOW, True, list(known)))


def events(first: int, to: int, *told: wire.RoomEventView, epoch: str = EPOCH, session: int = ROOM) -> DashboardHears:
    return through(wire.Events(session, epoch, first, to, list(told)))


def beat(seq: int, epoch: str = EPOCH, session: int = ROOM) -> DashboardHears:
    return through(wire.Beat(NOW, session, epoch, seq, NOW, []))


def progressed(candidate: int, answered: int) -> wire.RoomEventView:
    progress = wire.ProgressView(answered, 32, None, NOW)
    return wire.RoomEventView("candidate.progressed", NOW, {"progress": progress}, candidate=candidate)


def line(candidate: int, state: str, kind: str = "candidate.suspect") -> wire.RoomEventView:
    return wire.RoomEventView(kind, NOW, {"link": {"state": state, "since": NOW}}, candidate=candidate)


def decided(number: int, kind: str, candidate: int | None = None, **changed: Any) -> wire.RoomEventView:
    whom = candidate if candidate is not None else msgspec.UNSET
    return wire.RoomEventView(kind, NOW, changed, candidate=whom, by="A. Durand", decision=number)


def a_dashboard(*frames: DashboardHears, keeps_log: bool = False) -> Heard:
    """Build a dashboard that holds a snapshot at 41 and heard some frames after it."""
    heard = Heard(ROOM, keeps_log=keeps_log)
    for frame in (snapshot(), *frames):
        heard.hear(frame)
    return heard
