"""The only doors: who is this request, and what are they to what it is about. One condition per line.

Which roles may call an address at all is said by `web.rights`, before anything here is asked.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta

from starlette.requests import HTTPConnection, Request
from starlette.responses import Response

from hub.directory import Directory
from hub.model import SessionNumber
from hub.people import Account, CenterId, Role
from hub.ports import Standing
from hub.preparation import SessionDetail, SessionSummary
from hub.refusals import Code
from hub.tokens import token_digest
from web.doors import neighbours
from web.errors import Refused

LOGIN_COOKIE = "vigie_login"
LOGIN_LIFE = timedelta(hours=14)
"""An exam day, with its preparation; whoever stays longer signs in again."""
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
MAX_SECRET_CHARACTERS = 256
FORWARDED_HEADERS = frozenset({"forwarded", "via", "x-forwarded-for", "x-real-ip"})


@dataclass(frozen=True, slots=True)
class Visitor:
    """A signed-in member of staff, and the digest of the login they came with."""

    account: Account
    secret_hash: bytes
    is_bearer: bool


# ── who ────────────────────────────────────────────────────────────────────────────────────────────────────────


def bearer(connection: HTTPConnection) -> str | None:
    """Return the token of the Authorization header, "" when the header says something else, None without one."""
    header = connection.headers.get("authorization")
    if header is None:
        return None
    scheme, _, token = header.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def login_cookie(connection: HTTPConnection) -> str | None:
    """Return the login a browser brings."""
    return connection.cookies.get(LOGIN_COOKIE) or None


async def visitor(directory: Directory, origins: Collection[str], request: Request) -> Visitor:
    """Find who is asking: the token counts before the cookie, and a cookie only from our own pages."""
    token = bearer(request)
    secret = token if token is not None else login_cookie(request)
    if token is None:
        require_own_page(origins, request)
    if not secret or len(secret) > MAX_SECRET_CHARACTERS:
        raise Refused(401, "not_signed_in")
    digest = token_digest(secret)
    account = await directory.find_login(digest)
    if account is None:
        raise Refused(401, "not_signed_in")
    return Visitor(account, digest, is_bearer=token is not None)


def is_allowed_origin(origins: Collection[str], connection: HTTPConnection) -> bool:
    """Tell whether the Origin header, if there is one, is exactly one of ours; a browser never sends two."""
    said = connection.headers.getlist("origin")
    return len(said) <= 1 and all(one in origins for one in said)


def require_own_page(origins: Collection[str], request: Request) -> None:
    """Refuse a deed that a page of somebody else makes a browser do; with a cookie, a missing Origin is not enough."""
    if request.method in SAFE_METHODS:
        return
    if not is_allowed_origin(origins, request):
        raise Refused(403, "origin_not_allowed")
    if login_cookie(request) is not None and "origin" not in request.headers:
        raise Refused(403, "origin_not_allowed")


def keep_login(response: Response, secret: str, *, is_https: bool) -> None:
    """Give a browser its login: no script reads it, no other site sends it."""
    response.set_cookie(
        LOGIN_COOKIE,
        secret,
        max_age=int(LOGIN_LIFE.total_seconds()),
        path="/",
        secure=is_https,
        httponly=True,
        samesite="strict",
    )


def forget_login(response: Response, *, is_https: bool) -> None:
    """Take the login back."""
    response.delete_cookie(LOGIN_COOKIE, path="/", secure=is_https, httponly=True, samesite="strict")


def address(connection: HTTPConnection) -> str:
    """Return the peer's address; the server has put a named proxy's word in its place already."""
    return connection.client.host if connection.client is not None else "unknown"


def neighbourhood(connection: HTTPConnection) -> str:
    """Return whom the peer is braked with: whoever has a network of IPv6 has as many addresses as they like."""
    return neighbours(address(connection))


def may_read_figures(networks: Collection[str], connection: HTTPConnection) -> bool:
    """Tell whether somebody may read the figures: on this machine, or in a network that was named.

    What a proxy on this machine passes on comes from elsewhere, whoever it is: it does not count as this machine.
    """
    try:
        peer = ipaddress.ip_address(address(connection))
    except ValueError:
        return False
    peer = getattr(peer, "ipv4_mapped", None) or peer
    if peer.is_loopback and not FORWARDED_HEADERS & set(connection.headers):
        return True
    return any(peer in ipaddress.ip_network(one, strict=False) for one in networks)


# ── what ───────────────────────────────────────────────────────────────────────────────────────────────────────


def may_prepare(account: Account, center: CenterId) -> bool:
    """Prepare, import, read the session password: an admin of this very center."""
    return account.role is Role.CENTER_ADMIN and center in account.centers


def may_judge(account: Account, session: SessionSummary) -> bool:
    """Read what was signed and reported: the jury, once a session is finalized and never before."""
    return account.role is Role.JURY and session.finalized_at is not None


def may_read_observations(account: Account, session: SessionSummary) -> bool:
    """Read what was noted while preparing: admins of the center, and the jury that judges by it."""
    return may_prepare(account, session.center) or may_judge(account, session)


def may_invite(account: Account, role: Role, centers: Collection[CenterId]) -> bool:
    """Make somebody this, there: operators anything; center admins their like and invigilators, in own centers only.

    Asked when a link is made and again when it is used, of whoever made it as they are then.
    """
    if account.is_disabled:
        return False
    if account.role is Role.OPERATOR:
        return True
    is_below = account.role is Role.CENTER_ADMIN and role in (Role.CENTER_ADMIN, Role.INVIGILATOR)
    return is_below and len(centers) > 0 and set(centers) <= set(account.centers)


def may_reset(account: Account, whose: Account) -> bool:
    """Give somebody else a new password: whoever may have made them what they are, in all of their centers."""
    return account.id != whose.id and not whose.is_disabled and may_invite(account, whose.role, whose.centers)


async def require_sight(directory: Directory, account: Account, number: SessionNumber) -> Standing:
    """Refuse whoever may not see a session; only admins learn that there is none of this number."""
    standing = await directory.standing(account.id, number)
    if standing in (Standing.WATCH, Standing.COMMAND):
        return standing
    if account.role is Role.CENTER_ADMIN and not await directory.session_exists(number):
        raise Refused(404, "not_found")
    raise Refused(403, Code.FORBIDDEN)


async def require_command(directory: Directory, account: Account, number: SessionNumber) -> None:
    """Refuse whoever may not command a session at this moment."""
    if await require_sight(directory, account, number) is not Standing.COMMAND:
        raise Refused(403, Code.FORBIDDEN)


async def visible_session(directory: Directory, account: Account, number: SessionNumber) -> SessionDetail:
    """Read a session for somebody who may see it."""
    await require_sight(directory, account, number)
    detail = await directory.session_detail(number)
    if detail is None:
        raise Refused(404, "not_found")
    return detail


async def entered_session(directory: Directory, account: Account, number: SessionNumber) -> SessionDetail:
    """Read a session for somebody who knows its password already; who was let in for a while must not learn it."""
    detail = await visible_session(directory, account, number)
    if not may_prepare(account, detail.summary.center) and not await directory.has_entered(account.id, number):
        raise Refused(403, Code.FORBIDDEN)
    return detail


async def prepared_session(directory: Directory, account: Account, number: SessionNumber) -> SessionDetail:
    """Read a session for an admin of its center, who prepares and finalizes it."""
    detail = await visible_session(directory, account, number)
    if not may_prepare(account, detail.summary.center):
        raise Refused(403, Code.FORBIDDEN)
    return detail


async def judged_session(directory: Directory, account: Account, number: SessionNumber) -> SessionDetail:
    """Read a finalized session for a member of the jury; before, there is nothing of this number for them."""
    detail = await directory.session_detail(number)
    if detail is None or not may_judge(account, detail.summary):
        raise Refused(404, "not_found")
    return detail


async def session_in_closing(directory: Directory, account: Account, number: SessionNumber) -> SessionDetail:
    """Read a session for those who finalize it, or judge it then."""
    look = judged_session if account.role is Role.JURY else prepared_session
    return await look(directory, account, number)


async def session_on_paper(directory: Directory, account: Account, number: SessionNumber) -> SessionDetail:
    """Read a session for somebody who may see it, or judge it."""
    detail = await directory.session_detail(number) if account.role is Role.JURY else None
    if detail is not None and may_judge(account, detail.summary):
        return detail
    return await visible_session(directory, account, number)


def center_of(account: Account, wanted: str | None) -> CenterId:
    """Choose the center an admin works for: their own, or the named one of several."""
    if not account.centers:
        raise Refused(403, Code.FORBIDDEN)
    if wanted is None and len(account.centers) == 1:
        return account.centers[0]
    chosen = next((one for one in account.centers if str(one) == wanted), None)
    if chosen is None:
        raise Refused(400, Code.INVALID, fields={"center": "one of your centers' numbers is required"})
    return chosen
