"""What is well and what is wrong in an installation, and how it is mended: plain values, whoever looked.

A check has one stable code and may end in each of three grades. Nothing here looks at anything.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Grade(StrEnum):
    """How a check ended. A warning can wait until after the exam, a problem cannot."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


class Check(StrEnum):
    """What is looked at, under the code that machines and the documentation know it by."""

    SETTINGS = "settings.valid"
    PUBLIC_URL = "settings.public_url"
    ORIGINS = "settings.origins"
    PROXIES = "settings.proxies"
    METRICS = "settings.metrics"
    CLOCK_OFFSET = "settings.clock_offset"
    SECRET_KEY = "settings.secret_key"  # noqa: S105
    REDIS_LINE = "settings.redis_line"

    FOLDER = "folder.usable"
    FOLDER_MODE = "folder.mode"
    FOLDER_SPACE = "folder.space"

    OPEN_FILES = "machine.open_files"

    EMBEDDED = "embedded.running"
    EMBEDDED_PROGRAMS = "embedded.programs"

    POSTGRES = "postgres.reachable"
    POSTGRES_VERSION = "postgres.version"
    POSTGRES_DURABLE = "postgres.durable"
    POSTGRES_CONNECTIONS = "postgres.connections"
    POSTGRES_CLOCK = "postgres.clock"
    POSTGRES_ROLE = "postgres.role"
    POSTGRES_REVISION = "postgres.revision"
    POSTGRES_GUARDS = "postgres.guards"
    POSTGRES_AUDIT = "postgres.audit"
    POSTGRES_KEY = "postgres.secret_key"

    REDIS = "redis.reachable"
    REDIS_VERSION = "redis.version"
    REDIS_PRIMARY = "redis.primary"
    REDIS_EVICTION = "redis.eviction"
    REDIS_PERSISTENCE = "redis.persistence"
    REDIS_CLOCK = "redis.clock"

    HUB = "serving.ready"

    PUBLIC = "public.ready"
    PUBLIC_CERTIFICATE = "public.certificate"
    PUBLIC_ADDRESSES = "public.addresses"
    PUBLIC_SOCKET = "public.socket"


@dataclass(frozen=True, slots=True)
class Finding:
    """How one check ended: what was seen and, unless all is well, a sentence that says how to mend it.

    Neither ever holds a secret or the name of a person.
    """

    check: Check
    grade: Grade
    seen: str
    fix: str = ""


def well(check: Check, seen: str) -> Finding:
    """Say that something is as it should be."""
    return Finding(check, Grade.OK, seen)


def doubtful(check: Check, seen: str, fix: str) -> Finding:
    """Say that something should be seen to, but holds."""
    return Finding(check, Grade.WARNING, seen, fix)


def wrong(check: Check, seen: str, fix: str) -> Finding:
    """Say that something does not hold."""
    return Finding(check, Grade.PROBLEM, seen, fix)
