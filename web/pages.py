"""The pages as they were built, and the headers that keep everything else out."""

from __future__ import annotations

import html
from collections.abc import Awaitable, Callable
from pathlib import Path

from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

DIST = Path(__file__).parent / "ui" / "dist"
SHELLS = {
    "/": "home.html",
    "/sessions/{number}": "session.html",
    "/invigilate/{number}": "invigilator.html",
    "/candidate": "candidate.html",
    "/people": "people.html",
    "/account": "people.html",
    "/invitation": "invitation.html",
    "/handover": "handover.html",
    "/sessions/{number}/finalize": "finalize.html",
    "/wall": "wall.html",
    "/jury": "jury.html",
    "/jury/{number}": "jury.html",
}
A_YEAR = "public, max-age=31536000, immutable"
"""Names under /static carry a hash of their content."""
NOT_BUILT = (
    "The pages have not been built: run `make run` (or `python scripts/build_ui.py`) in the folder of Vigie, "
    "then load this address again. The interface under /api works without them."
)
MEDIA_TYPES = {
    ".js": "text/javascript",
    ".css": "text/css",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".webmanifest": "application/manifest+json",
}
ROOT_FILES = ("manifest.webmanifest", "worker.js")
"""Addresses a browser remembers, so they carry no hash. A worker in the root may control any page of ours."""
START = "/invigilate/"
"""Where an installed Vigie starts: below it a phone without network is shown its last room."""

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' blob:",
        "font-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "worker-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        # The one policy, of the invigilator's page, gives one constant address: the worker's.
        "trusted-types vigie-worker",
    )
)
API_POLICY = "default-src 'none'; frame-ancestors 'none'; sandbox"
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=(), screen-wake-lock=(self)",
}
SECURE_HEADERS = {
    "Strict-Transport-Security": "max-age=31536000",
    # Over plain http on a LAN a browser ignores it, and fills the console with saying so.
    "Cross-Origin-Opener-Policy": "same-origin",
}
"""Over TLS only."""


def routes() -> list[Route]:
    """Return the routes of the pages."""
    shells = [Route(path, _shell(name), methods=["GET"], name=name) for path, name in SHELLS.items()]
    files = [Route(f"/{name}", _root_file(name), methods=["GET"], name=name) for name in ROOT_FILES]
    start = Route(START, _start, methods=["GET"], name="start")
    return [*shells, *files, start, Route("/static/{name}", _static, methods=["GET"], name="static")]


def _shell(name: str) -> Callable[[Request], Awaitable[Response]]:
    async def serve(_request: Request) -> Response:
        """Serve one page: the same file whoever asks; what it shows comes from the API and the sockets."""
        path = DIST / name
        if not path.is_file():
            return HTMLResponse(f"<!doctype html><title>Vigie</title><p>{html.escape(NOT_BUILT)}</p>", 503)
        return FileResponse(path, media_type="text/html; charset=utf-8", headers={"Cache-Control": "no-cache"})

    return serve


def _root_file(name: str) -> Callable[[Request], Awaitable[Response]]:
    async def serve(_request: Request) -> Response:
        """Serve one file that a browser asks for again whenever it uses it."""
        return _file(DIST / name, "no-cache")

    return serve


async def _start(_request: Request) -> Response:
    """Lead whoever opens the installed Vigie to the first page; without network the worker answers instead."""
    return RedirectResponse("/", headers={"Cache-Control": "no-store"})


async def _static(request: Request) -> Response:
    """Serve one file of the build; its name is one segment, so no path leads out of the folder."""
    name: str = request.path_params["name"]
    if name.startswith("."):
        raise HTTPException(404)
    return _file(DIST / "static" / name, A_YEAR)


def _file(path: Path, caching: str) -> Response:
    media_type = MEDIA_TYPES.get(path.suffix)
    if media_type is None or not path.is_file():
        raise HTTPException(404)
    return FileResponse(path, media_type=media_type, headers={"Cache-Control": caching})


class GuardHeaders:
    """Puts the protective headers on every answer, errors included."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        is_page = not scope["path"].startswith(("/api/", "/metrics", "/healthz", "/readyz"))
        policy = CONTENT_SECURITY_POLICY if is_page else API_POLICY

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(raw=message["headers"])
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                headers.setdefault("Content-Security-Policy", policy)
                if scope["scheme"] == "https":
                    for name, value in SECURE_HEADERS.items():
                        headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, guarded)
