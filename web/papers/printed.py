"""How facts are printed: days, times of the center, durations, who did it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from hub.model import HUB, Author, Roster
from web.papers.texts import Texts


@dataclass(frozen=True, slots=True)
class Printer:
    """Spells facts in one language, with the clock of one center."""

    texts: Texts
    zone: ZoneInfo
    session_day: date

    def long_day(self, day: date) -> str:
        """Spell the day of a session: mardi 1er décembre 2026."""
        number = self.texts.first_of_month if day.day == 1 else str(day.day)
        return f"{self.texts.weekdays[day.weekday()]} {number} {self.texts.months[day.month - 1]} {day.year}"

    def day(self, day: date) -> str:
        """Spell a birthdate as it stands on the list: 14/03/2008."""
        return f"{day.day:02}/{day.month:02}/{day.year:04}"

    def moment(self, at: datetime, *, with_seconds: bool = False) -> str:
        """Spell an instant in the center's time, with the day when it is not the session's."""
        local = at.astimezone(self.zone)
        clock = local.strftime("%H:%M:%S" if with_seconds else "%H:%M")
        return clock if local.date() == self.session_day else f"{self.day(local.date())} {clock}"

    def day_and_moment(self, at: datetime) -> str:
        """Spell an instant with its day, whichever it is."""
        local = at.astimezone(self.zone)
        return f"{self.day(local.date())} {local:%H:%M}"


def minutes(count: int) -> str:
    """Spell a duration as exams do: 45 min, 1 h 45."""
    hours, rest = divmod(count, 60)
    if not hours:
        return f"{rest}\u00a0min"
    return f"{hours}\u00a0h\u00a0{rest:02}" if rest else f"{hours}\u00a0h"


def length(elapsed: timedelta) -> str:
    """Spell how long something took, to the second: 42 s, 3 min 05 s, 1 h 02 min."""
    whole_minutes, seconds = divmod(round(elapsed.total_seconds()), 60)
    hours, rest = divmod(whole_minutes, 60)
    if hours:
        return f"{hours}\u00a0h\u00a0{rest:02}\u00a0min"
    return f"{rest}\u00a0min\u00a0{seconds:02}\u00a0s" if rest else f"{seconds}\u00a0s"


def author(roster: Roster, by: Author, texts: Texts) -> str:
    """Name who did it: staff by name, a client as its candidate, the hub as itself."""
    if by == HUB:
        return texts.incidents.hub
    if by.startswith("client:"):
        return texts.incidents.this_candidate
    return roster.staff.get(by, texts.incidents.somebody)
