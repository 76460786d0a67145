"""What the environment says of a deployment. A wrong setting is told and left out, so that it hides nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hub.findings import Check, Finding, doubtful, well, wrong
from web import settings
from web.settings import PREFIX, Settings, SettingsError

DATABASE, OWNER, REDIS = (PREFIX + name for name in ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL"))


@dataclass(frozen=True, slots=True)
class Ground:
    """The settings that hold, and the variables that do not: what these would lead to cannot be looked at."""

    settings: Settings
    unread: frozenset[str]
    findings: tuple[Finding, ...]

    @property
    def uses_embedded_postgres(self) -> bool:
        """Tell whether the database is the default one: none is named, not even wrongly."""
        return self.settings.database_url is None and DATABASE not in self.unread

    @property
    def uses_embedded_redis(self) -> bool:
        """Tell the same of the live store."""
        return self.settings.redis_url is None and REDIS not in self.unread


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
            if refused.variable == DATABASE:
                # Alone the owner would be wrong as well, and only because of the other.
                left.pop(OWNER, None)
        else:
            break
    findings += [_unknown(name) for name in sorted(environment.keys() - settings.names()) if name.startswith(PREFIX)]
    return Ground(found, frozenset(unread), tuple(findings) or (well(Check.SETTINGS, "all can be read"),))


def _unknown(name: str) -> Finding:
    return doubtful(
        Check.SETTINGS, f"{name} is no setting: nobody reads it", "Look for its name in docs/configuration.md."
    )
