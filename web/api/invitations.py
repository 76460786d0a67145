"""One-time links: for a newcomer's account, and for a forgotten password."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType, structs
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub.model import AccountId
from hub.people import Account, CenterId, EmailTaken, Invitation, InvitationDraft, InvitationId, Role
from hub.refusals import Code
from hub.tokens import new_token, token_digest
from web import access
from web.api.accounts import CenterName, Email, Password, center_names, require_length, signed_in
from web.api.binding import MAX_NUMBER, bound, visitor
from web.api.centers import one_line
from web.bodies import answer, nothing, read_json
from web.errors import Refused, invalid
from web.house import House
from web.qr import address_code
from web.roster_fields import is_email
from web.throttle import INVITATION_ADDRESS

Secret = Annotated[str, Meta(min_length=1, max_length=access.MAX_SECRET_CHARACTERS)]
Id = Annotated[int, Meta(ge=1, le=MAX_NUMBER)]


class NewInvitation(Struct, frozen=True, forbid_unknown_fields=True):
    """Body of `POST /api/invitations`: a newcomer's e-mail, role and centers, or whose password is forgotten."""

    email: Email | UnsetType = UNSET
    role: str | UnsetType = UNSET
    centers: Annotated[list[Id], Meta(max_length=100)] | UnsetType = UNSET
    account: Id | UnsetType = UNSET


class Look(Struct, frozen=True, forbid_unknown_fields=True):
    """Body of `POST /api/invitations/look`."""

    secret: Secret


class Acceptance(Struct, frozen=True, forbid_unknown_fields=True):
    """Body of `POST /api/invitations/accept`; a newcomer says their name."""

    secret: Secret
    new_password: Password
    name: str = ""


class Author(Struct, frozen=True):
    """Who made a link."""

    id: int
    name: str


class InvitationView(Struct, frozen=True):
    """A link as those see it who may withdraw it; the secret is not there any more."""

    id: str
    email: str
    role: str
    centers: list[CenterName]
    invited_by: Author
    invited_at: datetime
    expires_at: datetime
    used_at: datetime | None
    is_reset: bool


class InvitationList(Struct, frozen=True):
    """Answer to `GET /api/invitations`."""

    invitations: list[InvitationView]


class NewLink(InvitationView, frozen=True):
    """A link just made: the only answer that ever holds its secret. `qr` is an SVG of `url`."""

    url: str
    qr: str


class Seen(Struct, frozen=True):
    """What a link is for, to whoever holds it."""

    email: str
    role: str
    center_names: list[str]
    is_reset: bool


def routes(house: House) -> list[Route]:
    """Return the routes of this subject."""
    return [
        bound(house, "/api/invitations", "GET", list_invitations),
        bound(house, "/api/invitations", "POST", invite),
        bound(house, "/api/invitations/look", "POST", look),
        bound(house, "/api/invitations/accept", "POST", accept),
        bound(house, "/api/invitations/{id:uuid}", "DELETE", withdraw),
    ]


# ── for those who manage people ────────────────────────────────────────────────────────────────────────────────


async def list_invitations(house: House, request: Request) -> Response:
    """List the links of the last month, newest first."""
    found = await house.directory.invitations(await _host(house, request))
    return answer(InvitationList([_view(one) for one in found]))


async def invite(house: House, request: Request) -> Response:
    """Make a link; its secret is told here and never again."""
    host = await _host(house, request)
    body = await read_json(request, NewInvitation)
    secret = new_token()
    digest = token_digest(secret)
    if body.account is UNSET:
        draft = await _newcomer(house, host, body, digest)
    else:
        draft = await _forgetful(house, host, body, digest)
    return answer(_link(house, await house.directory.invite(draft), secret), 201)


async def withdraw(house: House, request: Request) -> Response:
    """Void an unused link."""
    host = await _host(house, request)
    if not await house.directory.withdraw_invitation(host, InvitationId(str(request.path_params["id"]))):
        raise Refused(404, "not_found")
    return nothing()


async def _host(house: House, request: Request) -> Account:
    known = await visitor(house, request)
    return known.account


async def _newcomer(house: House, host: Account, body: NewInvitation, digest: bytes) -> InvitationDraft:
    """Judge an invitation of somebody who has no account yet."""
    email = _email(body.email)
    role = _role(body.role)
    centers = _centers(host, body.centers)
    # Without a center it is the role that counts: what is missing is said to those who may add it.
    if not access.may_invite(host, role, centers or host.centers):
        raise Refused(403, Code.FORBIDDEN)
    _require_place(host, role, centers)
    known = {one.id for one in await house.directory.centers()} if centers else set()
    if not set(centers) <= known:
        raise invalid(centers="an unknown center")
    if await house.directory.credentials(email) is not None:
        raise Refused(409, "email_taken")
    return InvitationDraft(digest, email, role, host.id, centers)


def _email(given: str | UnsetType) -> str:
    email = "" if given is UNSET else given.strip().lower()
    if not is_email(email) or not email.isprintable():
        raise invalid(email="an e-mail address")
    return email


def _role(given: str | UnsetType) -> Role:
    try:
        return Role("" if given is UNSET else given)
    except ValueError:
        raise invalid(role=f"one of {', '.join(Role)}") from None


def _centers(host: Account, given: Sequence[int] | UnsetType) -> tuple[CenterId, ...]:
    """Choose the centers of a newcomer: those named; without a word the only one of a center admin."""
    if given is not UNSET:
        return tuple(CenterId(one) for one in sorted(set(given)))
    is_clear = host.role is Role.CENTER_ADMIN and len(host.centers) == 1
    return host.centers if is_clear else ()


def _require_place(host: Account, role: Role, centers: Sequence[CenterId]) -> None:
    """Refuse a center where a role has none, and none where it needs one."""
    is_needed = role is Role.CENTER_ADMIN or host.role is Role.CENTER_ADMIN
    if is_needed and not centers:
        raise invalid(centers="at least one center")
    if centers and role in (Role.JURY, Role.OPERATOR):
        raise invalid(centers="none for this role")


async def _forgetful(house: House, host: Account, body: NewInvitation, digest: bytes) -> InvitationDraft:
    """Judge a new password for somebody who has an account."""
    if body.account is UNSET or not (body.email is UNSET and body.role is UNSET and body.centers is UNSET):
        raise invalid(account="alone, or e-mail, role and centers without it")
    member = await house.directory.member(AccountId(body.account))
    if member is None:
        # Only operators learn that there is nobody of this number.
        raise Refused(404, "not_found") if host.role is Role.OPERATOR else Refused(403, Code.FORBIDDEN)
    whose = member.account
    if whose.id == host.id:
        raise Refused(409, "own_account")
    if not access.may_invite(host, whose.role, whose.centers):
        raise Refused(403, Code.FORBIDDEN)
    if whose.is_disabled:
        raise Refused(409, "account_disabled")
    return InvitationDraft(digest, whose.email, whose.role, host.id, whose.centers, whose.id)


def _link(house: House, made: Invitation, secret: str) -> NewLink:
    """Spell a link. The secret stands in the fragment: no server, proxy or diary is ever sent that part."""
    url = f"{house.public_url}/invitation#{secret}"
    return NewLink(**structs.asdict(_view(made)), url=url, qr=address_code(url))


def _view(one: Invitation) -> InvitationView:
    return InvitationView(
        one.id,
        one.email,
        one.role.value,
        center_names(one.centers),
        Author(one.invited_by.id, one.invited_by.name),
        one.invited_at,
        one.expires_at,
        one.used_at,
        one.account is not None,
    )


# ── for whoever holds a link ───────────────────────────────────────────────────────────────────────────────────


async def look(house: House, request: Request) -> Response:
    """Say what a link is for."""
    body = await read_json(request, Look)
    found = await _waiting(house, request, token_digest(body.secret))
    names = [center.name for center in found.centers]
    return answer(Seen(found.email, found.role.value, names, found.account is not None))


async def accept(house: House, request: Request) -> Response:
    """Use a link: make the account or set the new password, and sign in."""
    if not access.is_allowed_origin(house.origins, request):
        raise Refused(403, "origin_not_allowed")
    body = await read_json(request, Acceptance)
    digest = token_digest(body.secret)
    found = await _waiting(house, request, digest)
    name = "" if found.account is not None else one_line(body.name, "name")
    require_length(body.new_password)
    password_hash = await house.passwords.hash(body.new_password)
    account = await _used(house, found, digest, name, password_hash)
    if account is None:
        raise Refused(404, "invitation_unknown")
    return await signed_in(house, request, account, is_bearer=False)


async def _used(house: House, found: Invitation, digest: bytes, name: str, password_hash: str) -> Account | None:
    if found.account is not None:
        return await house.directory.accept_reset(digest, password_hash)
    try:
        return await house.directory.accept_invitation(digest, name, password_hash)
    except EmailTaken:
        raise Refused(409, "email_taken") from None


async def _waiting(house: House, request: Request, digest: bytes) -> Invitation:
    """Find a link that may still be used: unknown, used, too old, or its author may no longer: one answer."""
    by_address = (INVITATION_ADDRESS, access.neighbourhood(request))
    house.throttle.check(by_address)
    found = await house.directory.open_invitation(digest)
    if found is None or not _is_backed(found):
        house.throttle.failed(by_address)
        raise Refused(404, "invitation_unknown")
    return found


def _is_backed(found: Invitation) -> bool:
    """Tell whether whoever made a link may still make it."""
    if found.account is not None:
        return access.may_reset(found.invited_by, found.account)
    return access.may_invite(found.invited_by, found.role, [center.id for center in found.centers])
