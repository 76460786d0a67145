"""A long right stream, and the same with one fault at every place it can have."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence

import msgspec

from channels import wire
from loadtests.frames import PROGRESSED
from loadtests.owed import Sent
from tests.loadtests.rooms import EPOCH, ROOM, decided, line, progressed

Told = wire.RoomEventView
Frames = tuple[wire.Events, ...]
BEGUN, EVENTS = 42, 60


def what_happened() -> list[Told]:
    """Tell of two candidates: what they answer, their lines, and what is decided about them."""
    chance = random.Random(7)
    told: list[Told] = []
    answered, lines, decisions = {1: 0, 2: 0}, {1: "online", 2: "online"}, 6
    while len(told) < EVENTS:
        one = chance.choice((1, 2))
        match chance.choice("pppld"):
            case "p":
                answered[one] += 1
                told.append(progressed(one, answered[one]))
            case "l":
                lines[one] = chance.choice([state for state in ("online", "suspect", "offline") if state != lines[one]])
                told.append(line(one, lines[one]))
            case _:
                decisions += 1
                told.append(decided(decisions, "time.added", one, time={"minutes_added": decisions}))
    return told


def in_frames(told: Sequence[Told]) -> Frames:
    """Cut it as a hub does, one to three events a frame; nothing is overtaken."""
    chance, frames, at = random.Random(8), [], 0
    while at < len(told):
        size = chance.randint(1, 3)
        part = list(told[at : at + size])
        frames.append(wire.Events(ROOM, EPOCH, BEGUN + at, BEGUN + at + len(part) - 1, part))
        at += len(part)
    return tuple(frames)


HAPPENED = what_happened()
RIGHT = in_frames(HAPPENED)
LAST = BEGUN + EVENTS - 1


def sent() -> Sent:
    """Return what the candidates sent."""
    said = Sent()
    for one in HAPPENED:
        if one.type == PROGRESSED and isinstance(one.candidate, int):
            view = (one.set or {})["progress"]
            assert isinstance(view, wire.ProgressView)
            said.progress(one.candidate, view.answered)
    return said


def with_events(frames: Frames, at: int, told: list[Told]) -> Frames:
    return (*frames[:at], msgspec.structs.replace(frames[at], events=told), *frames[at + 1 :])


def frame_left_out(frames: Frames) -> Iterator[Frames]:
    for at in range(len(frames)):
        yield (*frames[:at], *frames[at + 1 :])


def frame_twice(frames: Frames) -> Iterator[Frames]:
    for at in range(len(frames)):
        yield (*frames[: at + 1], *frames[at:])


def frames_swapped(frames: Frames) -> Iterator[Frames]:
    for at in range(len(frames) - 1):
        yield (*frames[:at], frames[at + 1], frames[at], *frames[at + 2 :])


def event_left_out(frames: Frames) -> Iterator[Frames]:
    """An older progress may be left out beside a newer one: that is no fault and not made here."""
    for at, frame in enumerate(frames):
        for place, one in enumerate(frame.events):
            rest = [(other.type, other.candidate) for other in frame.events[place + 1 :]]
            if one.type == PROGRESSED and (PROGRESSED, one.candidate) in rest:
                continue
            yield with_events(frames, at, [*frame.events[:place], *frame.events[place + 1 :]])


def event_twice(frames: Frames) -> Iterator[Frames]:
    for at, frame in enumerate(frames):
        for place in range(len(frame.events)):
            yield with_events(frames, at, [*frame.events[: place + 1], *frame.events[place:]])


def event_instead_of_the_next(frames: Frames) -> Iterator[Frames]:
    """Double one and drop the one after it: the count is right."""
    for at, frame in enumerate(frames):
        for place in range(len(frame.events) - 1):
            yield with_events(
                frames, at, [*frame.events[: place + 1], *frame.events[place : place + 1], *frame.events[place + 2 :]]
            )


def events_swapped(frames: Frames) -> Iterator[Frames]:
    """Progress commutes with everything but the same candidate's progress: that is no fault and not made here."""
    for at, frame in enumerate(frames):
        for place in range(len(frame.events) - 1):
            one, other = frame.events[place : place + 2]
            are_progress = one.type == PROGRESSED, other.type == PROGRESSED
            if any(are_progress) and not (all(are_progress) and one.candidate == other.candidate):
                continue
            yield with_events(frames, at, [*frame.events[:place], other, one, *frame.events[place + 2 :]])


def progress_back(frames: Frames) -> Iterator[Frames]:
    """Tell of one answer less than before."""
    told: dict[object, int] = {}
    for at, frame in enumerate(frames):
        for place, one in enumerate(frame.events):
            if one.type == PROGRESSED:
                was = told.get(one.candidate, 0)
                told[one.candidate] = was + 1
                assert isinstance(one.candidate, int)
                if was:
                    back = [*frame.events[:place], progressed(one.candidate, was - 1), *frame.events[place + 1 :]]
                    yield with_events(frames, at, back)


MUTATIONS: Sequence[Callable[[Frames], Iterator[Frames]]] = (
    frame_left_out, frame_twice, frames_swapped, event_left_out, event_twice, event_instead_of_the_next, events_swapped,
    progress_back,
)  # fmt: skip
AT_ONCE = (frame_left_out, frame_twice, frames_swapped, event_twice, progress_back)
"""Those that show without being at rest: whoever listens notes them."""
