"""What the environment says of a deployment. A wrong setting is told and left out, so that it hides nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hub.findings import Check, Finding, doubtful, well, wrong
from web import settings
from web.settings import PREFIX, Settings, SettingsError


@dataclass(frozen=True, slots=True)
class Ground:
    """The settings that hold, and the variables that do not: what these would lead to cannot be looked at."""

    settings: Settings
    unread: frozenset[str]
    findings: tuple[Finding, ...]

    def has(self, name: str) -> bool:
        """Tell whether a setting, named without its prefix, was read."""
        return PREFIX + name not in self.unread


def read(environment: Mapping[str, str]) -> Ground:
    """Read all settings that are valid; every other one is a finding."""
    left = dict(environment)
    findings: list[Finding] = []
    unread: set[str] = set()
    while True:
        try:
            found = settings.read(left)
        except SettingsError as refused:
            findings.append(wrong(Check.SETTINGS, str(refused), f"Correct {refused.variable}: docs/configuration.md."))
            unread.add(refused.variable)
            del left[refused.variable]
        else:
            break
    findings += [_unknown(name) for name in sorted(environment.keys() - settings.names()) if name.startswith(PREFIX)]
    return Ground(found, frozenset(unread), tuple(findings) or (well(Check.SETTINGS, "all can be read"),))


def _unknown(name: str) -> Finding:
    return doubtful(
        Check.SETTINGS, f"{name} is no setting: nobody reads it", "Look for its name in docs/configuration.md."
    )
