"""Reading requests and spelling answers: bounded, typed, never cached."""

from __future__ import annotations

import asyncio
from typing import TypeVar

import msgspec
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from hub.refusals import Code
from web.errors import Refused, from_validation

MAX_JSON_BYTES = 64 * 1024
BODY_SECONDS = 30.0
"""A body that takes longer than this on the way holds a place that others need."""
JSON = "application/json"

Body = TypeVar("Body")


async def read(request: Request, most_bytes: int, within_seconds: float = BODY_SECONDS) -> bytes:
    """Read a whole body, but never more than is allowed."""
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > most_bytes:
        raise Refused(413, "too_large")
    body = bytearray()
    try:
        async with asyncio.timeout(within_seconds):
            async for chunk in request.stream():
                body += chunk
                if len(body) > most_bytes:
                    raise Refused(413, "too_large")
    except (TimeoutError, ClientDisconnect):
        raise Refused(400, Code.INVALID, fields={"body": "incomplete"}) from None
    return bytes(body)


async def read_json(request: Request, shape: type[Body]) -> Body:
    """Read a JSON body of one shape."""
    require_type(request, JSON)
    return decoded(await read(request, MAX_JSON_BYTES), shape)


def decoded(body: bytes, shape: type[Body]) -> Body:
    """Decode a JSON body of one shape, or name the field that does not fit."""
    try:
        return msgspec.json.decode(body, type=shape)
    except msgspec.ValidationError as wrong:
        raise from_validation(wrong) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Refused(400, Code.INVALID, fields={"body": "not JSON"}) from None


def require_type(request: Request, *allowed: str) -> str:
    """Return the body's content type; refuse another one: a form of another site can send some types, but not these."""
    given = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if given not in allowed:
        raise Refused(415, "unsupported_media_type")
    return given


def answer(body: object, status: int = 200) -> Response:
    """Spell a JSON answer that nobody may keep."""
    return Response(msgspec.json.encode(body), status, {"Cache-Control": "no-store"}, JSON)


def nothing() -> Response:
    """Answer that it is done, and that there is nothing to say of it."""
    return Response(None, 204, {"Cache-Control": "no-store"})
