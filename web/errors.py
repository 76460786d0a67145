"""The one error shape of the API: `{"error": {"code", "message", "fields"?, "after_ms"?}}`, and nothing else, ever."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping

import msgspec
import structlog
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from channels.wire import HttpError
from hub.ports import StoreAccident, UnknownSession
from hub.refusals import Code, Refusal
from hub.turns import refusal_of

log = structlog.get_logger("vigie.web")

MESSAGES = {
    "bad_credentials": "The e-mail address or the password is wrong.",
    "not_signed_in": "Sign in first.",
    "too_many_attempts": "Too many attempts: wait, then try again.",
    "session_or_password_wrong": "The session number or the session password is wrong.",
    "session_closed": "This session is closed.",
    "session_started": "The session has started: it can no longer be changed.",
    "session_not_started": "Nobody has started in this session: change its date instead.",
    "session_required": "Say into which session the candidates go.",
    "nobody_left": "Nobody of this session is left to sit the test.",
    "candidate_duplicate": "This person is on the list of this session already.",
    "identity_not_found": "Nobody on the list of this session has these names and this birthdate.",
    "origin_not_allowed": "This page's address is not among those allowed (VIGIE_ORIGINS).",
    "import_has_errors": "The file has errors: nothing was imported.",
    "invitation_unknown": "This link is unknown, used or too old: ask for a new one.",
    Code.HANDOVER_UNKNOWN: "This code is unknown, used or too old: ask for a new one.",
    Code.OWN_HANDOVER: "Nobody hands a room over to themselves.",
    "email_taken": "There is already an account for this e-mail address.",
    "own_account": "This cannot be done to one's own account.",
    "last_operator": "This is the last operator who can sign in: the account stays.",
    "account_disabled": "This account is disabled: enable it first.",
    "center_name_taken": "There is already a center of this name.",
    "not_found": "There is nothing here.",
    "method_not_allowed": "This address does not take that method.",
    "too_large": "The body is too large.",
    "unsupported_media_type": "The body's content type is not one that is read here.",
    Code.ALREADY_FINALIZED: "The session is finalized: it can only be read.",
    Code.NOBODY_STARTED: "Nobody started in this session: there is nothing to finalize.",
    Code.ABORT_REASON_ON_FINISHED: "Somebody finished meanwhile: they need no abort reason.",
    Code.ABORT_REASON_MISSING: "It must be said why these candidates did not come to the end.",
    Code.DRAFT_CHANGED: "The draft was changed meanwhile: read it again.",
    Code.CHANGED_MEANWHILE: "Somebody else decided meanwhile: look again.",
    Code.ALREADY_PUBLISHED: "The results are published: take them back first.",
    Code.TOO_MANY_DOCUMENTS: "This session has as many documents as are kept.",
    "not_published": "The jury has not published the results.",
    "internal": "The hub made a mistake; it has been noted.",
    Code.INVALID: "Something in the request is missing, unknown or out of range.",
    Code.FORBIDDEN: "You have no right to do this here.",
    Code.KEY_REUSED: "This key was used for another command.",
    Code.RATE_LIMITED: "Too many commands: wait, then try again.",
    Code.BUSY: "The session is busy: try again.",
    Code.STORE_UNAVAILABLE: "The store does not answer: nothing was written, try again.",
    Code.OUTCOME_UNKNOWN: "Perhaps written, perhaps not: ask again with the same key.",
    Code.UNKNOWN_TYPE: "There is no command of this type.",
}
"""English for whoever reads a log or writes a client; pages take their own words by the code."""

STATUSES = {
    Code.INVALID: 400,
    Code.UNKNOWN_TYPE: 400,
    Code.FORBIDDEN: 403,
    Code.UNKNOWN_CANDIDATE: 404,
    Code.UNKNOWN_REPORT: 404,
    Code.HANDOVER_UNKNOWN: 404,
    Code.KEY_REUSED: 409,
    Code.RATE_LIMITED: 429,
    Code.BUSY: 503,
    Code.STORE_UNAVAILABLE: 503,
    Code.OUTCOME_UNKNOWN: 503,
}
JUDGED = 409
"""The status of a refusal that the rules gave: the request was right, the room says no."""

RETRY_STORE_MS = 1000
_WHERE = re.compile(r" - at `\$\.?(?P<path>[^`]*)`$")
_MISSING = re.compile(r"^Object missing required field `(?P<name>[^`]*)`")
_UNKNOWN = re.compile(r"^Object contains unknown field `(?P<name>[^`]*)`")
_REPEATED = re.compile(r"(?<=value) ['\"].*", re.DOTALL)


class Refused(Exception):
    """A request ends here, with a status and a code; raised by the doors, answered in one place."""

    def __init__(
        self, status: int, code: str, *, fields: Mapping[str, str] | None = None, after_ms: int | None = None
    ) -> None:
        super().__init__(code)
        self.status = status
        self.error = HttpError(code, MESSAGES.get(code, code), dict(fields) if fields else None, after_ms)


def invalid(**fields: str) -> Refused:
    """Refuse a request because of these fields."""
    return Refused(400, Code.INVALID, fields=fields)


def not_judged(refusal: Refusal, by: str | None = None) -> Refused:
    """Refuse a request as the hub refused its command, with who is meant, and (by name) who was faster."""
    fields = {str(candidate): str(refusal.code) for candidate in refusal.candidates}
    if refusal.at is not None:
        fields |= {"by": by or "?", "at": refusal.at.isoformat()}
    status = STATUSES.get(refusal.code, JUDGED)
    return Refused(status, refusal.code, fields=fields or None, after_ms=refusal.after_ms)


def from_validation(wrong: msgspec.ValidationError) -> Refused:
    """Name the field that does not fit, without repeating what was in it."""
    text = str(wrong)
    where = _WHERE.search(text)
    path = where["path"] if where else ""
    said = _REPEATED.sub("", _WHERE.sub("", text))
    for pattern in (_MISSING, _UNKNOWN):
        found = pattern.match(said)
        if found:
            path = f"{path}.{found['name']}".lstrip(".")
            said = "required" if pattern is _MISSING else "unknown field"
    if path in ("type", "") and said.startswith("Invalid value") and "type" in text:
        return Refused(400, Code.UNKNOWN_TYPE)
    return Refused(400, Code.INVALID, fields={path or "body": said})


def response(error: HttpError, status: int) -> Response:
    """Spell an error."""
    headers = {"Cache-Control": "no-store"}
    if error.after_ms is not None:
        headers["Retry-After"] = str(-(-error.after_ms // 1000))
    body = msgspec.json.encode({"error": error})
    return Response(body, status, headers, "application/json")


async def on_refused(_request: Request, refused: Exception) -> Response:
    """Answer a refusal of the doors."""
    assert isinstance(refused, Refused)  # nosec B101 # narrows a type
    return response(refused.error, refused.status)


async def on_http(_request: Request, wrong: Exception) -> Response:
    """Answer what the router refuses: no such address, no such method, too large."""
    assert isinstance(wrong, HTTPException)  # nosec B101 # narrows a type
    code = {404: "not_found", 405: "method_not_allowed", 413: "too_large"}.get(wrong.status_code, Code.INVALID)
    answer = response(HttpError(code, MESSAGES[code]), wrong.status_code)
    if wrong.headers:
        answer.headers.update(wrong.headers)
    return answer


async def on_store(_request: Request, wrong: Exception) -> Response:
    """Answer what a store could not do at this moment."""
    assert isinstance(wrong, StoreAccident)  # nosec B101 # narrows a type
    refused = Refused(503, refusal_of(wrong).code, after_ms=RETRY_STORE_MS)
    return response(refused.error, refused.status)


async def on_unknown(_request: Request, _wrong: Exception) -> Response:
    """Answer for a session that was there a moment ago."""
    return response(HttpError("not_found", MESSAGES["not_found"]), 404)


HANDLERS: dict[type[Exception], Callable[[Request, Exception], Awaitable[Response]]] = {
    Refused: on_refused,
    HTTPException: on_http,
    StoreAccident: on_store,
    UnknownSession: on_unknown,
}


class LastResort:
    """Catches what nobody expected: noted with its place but never its words, told as `internal`."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        has_begun = False

        async def watched(message: Message) -> None:
            nonlocal has_begun
            has_begun = True
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except Exception as accident:
            if scope["type"] == "lifespan":
                raise
            log.error("accident", kind=scope["type"], path=scope.get("path"), exc_info=accident)
            if scope["type"] == "http" and not has_begun:
                await response(HttpError("internal", MESSAGES["internal"]), 500)(scope, receive, send)
