"""The hub's diary: one line per fact, JSON for machines or readable for people; ids and codes, never names or secrets.

Whatever logs an exception, ours or a library, only its type and the places it came through are kept: the words of an
exception may quote what a person typed.
"""

from __future__ import annotations

import logging
import sys
import traceback
from types import TracebackType

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from hub.figures import tally

MAX_FRAMES = 12
COUNTED_LEVELS = ("warning", "error", "critical")

lines = tally(*COUNTED_LEVELS)
"""How many lines of each level this process has written."""
QUIET = ("uvicorn", "uvicorn.error", "websockets", "asyncio", "httpx", "httpcore", "alembic")
"""Libraries whose everyday lines would say too much: uvicorn's hold addresses with their query strings."""


def set_up(log_format: str) -> None:
    """Send every logger of the process through one form, to stderr."""
    is_json = log_format == "json" or (log_format == "auto" and not sys.stderr.isatty())
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        counted,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        places_only,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    last: Processor = structlog.processors.JSONRenderer() if is_json else structlog.dev.ConsoleRenderer()
    finish: list[Processor] = [structlog.stdlib.ProcessorFormatter.remove_processors_meta, last]
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=finish))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


def counted(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Count a line that somebody should read."""
    if event.get("level") in COUNTED_LEVELS:
        lines[event["level"]] += 1
    return event


def places_only(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Replace an exception by its type and the places it came through."""
    given = event.pop("exc_info", None)
    error = _error_in(given)
    if error is not None:
        event["accident"] = " < ".join(_chain(error))
        event["places"] = places(error.__traceback__)
    return event


def _error_in(given: object) -> BaseException | None:
    if isinstance(given, BaseException):
        return given
    if isinstance(given, tuple):
        return given[1] if isinstance(given[1], BaseException) else None
    return sys.exc_info()[1] if given else None


def _chain(error: BaseException) -> list[str]:
    """Name an error and what caused it."""
    names: list[str] = []
    cause: BaseException | None = error
    while cause is not None and len(names) < MAX_FRAMES:
        names.append(f"{type(cause).__module__}.{type(cause).__qualname__}")
        cause = cause.__cause__
    return names


def places(trace: TracebackType | None) -> list[str]:
    """Return the last places of a traceback, without the source lines."""
    frames = traceback.extract_tb(trace)[-MAX_FRAMES:]
    return [f"{'/'.join(frame.filename.split('/')[-2:])}:{frame.lineno} {frame.name}" for frame in frames]
