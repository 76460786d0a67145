"""Signing in and out, one's own account, and those of others."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub.model import AccountId
from hub.people import Account, Center, Member, Role
from hub.tokens import new_token, token_digest
from web import access
from web.api.binding import SearchWords, bound, is_https, visitor
from web.bodies import answer, read_json
from web.errors import Refused, from_validation, invalid
from web.house import House
from web.passwords import MAX_CHARACTERS, MIN_CHARACTERS
from web.throttle import LOGIN_ACCOUNT, LOGIN_ADDRESS, LOGIN_EVERYWHERE

Email = Annotated[str, Meta(min_length=1, max_length=254)]
Password = Annotated[str, Meta(min_length=1, max_length=MAX_CHARACTERS)]


class Login(Struct, frozen=True, forbid_unknown_fields=True):
    """Body of `POST /api/login`."""

    email: Email
    password: Password
    bearer: bool = False


class NewPassword(Struct, frozen=True, forbid_unknown_fields=True):
    """Body of `POST /api/me/password`."""

    password: Password
    new_password: Password


class AccountView(Struct, frozen=True):
    """An account as its owner sees it."""

    id: int
    name: str
    email: str
    role: str
    centers: list[int]


class CenterName(Struct, frozen=True):
    """A center that somebody belongs to."""

    id: int
    name: str


class MemberView(Struct, frozen=True):
    """An account as those see it who manage people. `may_reset`: the reader may give it a new password now."""

    id: int
    name: str
    email: str
    role: str
    centers: list[CenterName]
    is_disabled: bool
    last_access_at: datetime | None
    may_reset: bool


class MemberList(Struct, frozen=True):
    """Answer to `GET /api/accounts`."""

    accounts: list[MemberView]


class Query(Struct, frozen=True, forbid_unknown_fields=True):
    """The query of `GET /api/accounts`."""

    q: SearchWords = ""


class SignedIn(Struct, frozen=True):
    """Answer to a login; the token only for those who asked for one."""

    account: AccountView
    token: str | UnsetType = UNSET


def routes(house: House) -> list[Route]:
    """Return the routes of this subject."""
    return [
        bound(house, "/api/login", "POST", login),
        bound(house, "/api/logout", "POST", logout),
        bound(house, "/api/me", "GET", me),
        bound(house, "/api/me/password", "POST", change_password),
        bound(house, "/api/accounts", "GET", list_accounts),
        bound(house, "/api/accounts/{account:number}/disable", "POST", disable),
        bound(house, "/api/accounts/{account:number}/enable", "POST", enable),
    ]


def view(account: Account) -> AccountView:
    """Return an account's public part."""
    return AccountView(account.id, account.name, account.email, account.role.value, list(account.centers))


async def login(house: House, request: Request) -> Response:
    """Sign in: 200, or one answer in one time for everything that is wrong."""
    if not access.is_allowed_origin(house.origins, request):
        raise Refused(403, "origin_not_allowed")
    body = await read_json(request, Login)
    email = body.email.strip().lower()
    address = access.neighbourhood(request)
    by_account = (LOGIN_ACCOUNT, f"{email} {address}")
    shared = ((LOGIN_ADDRESS, address), (LOGIN_EVERYWHERE, email))
    house.throttle.check(*shared)
    house.throttle.attempt(by_account)
    account = await _authenticated(house, email, body.password)
    if account is None:
        house.throttle.failed(*shared)
        raise Refused(401, "bad_credentials")
    house.throttle.forgive(by_account)
    return await signed_in(house, request, account, is_bearer=body.bearer)


async def _authenticated(house: House, email: str, password: str) -> Account | None:
    """Compare a password with the account's, or with nobody's when there is no such account."""
    found = await house.directory.credentials(email) if email.isprintable() else None
    is_right = await house.passwords.is_right(password, found.password_hash if found else None)
    if found is None or found.password_hash is None or not is_right or found.account.is_disabled:
        return None
    if house.passwords.needs_rehash(found.password_hash):
        await house.directory.set_password_hash(found.account.id, await house.passwords.hash(password))
    return found.account


async def signed_in(house: House, request: Request, account: Account, *, is_bearer: bool) -> Response:
    """Open a login and answer with it: a cookie, or a token for those who asked for one."""
    secret = new_token()
    await house.directory.open_login(account.id, token_digest(secret), access.LOGIN_LIFE)
    response = answer(SignedIn(view(account), secret if is_bearer else UNSET))
    if not is_bearer:
        access.keep_login(response, secret, is_https=is_https(house, request))
    return response


async def logout(house: House, request: Request) -> Response:
    """Sign out; whoever is signed out already is answered the same."""
    try:
        known = await visitor(house, request)
    except Refused as refused:
        if refused.status != 401:
            raise
    else:
        await house.directory.close_login(known.secret_hash)
    response = answer({})
    access.forget_login(response, is_https=is_https(house, request))
    return response


async def me(house: House, request: Request) -> Response:
    """Tell who is signed in."""
    known = await visitor(house, request)
    return answer(SignedIn(view(known.account)))


async def change_password(house: House, request: Request) -> Response:
    """Change one's password: signs out everywhere else, and here anew."""
    known = await visitor(house, request)
    body = await read_json(request, NewPassword)
    by_account = (LOGIN_ACCOUNT, known.account.email)
    house.throttle.attempt(by_account)
    require_length(body.new_password)
    if await _authenticated(house, known.account.email, body.password) is None:
        raise Refused(401, "bad_credentials")
    house.throttle.forgive(by_account)
    await house.directory.set_password_hash(known.account.id, await house.passwords.hash(body.new_password))
    await house.directory.close_logins(known.account.id)
    return await signed_in(house, request, known.account, is_bearer=known.is_bearer)


def require_length(new_password: str) -> None:
    """Refuse a password that is too short to be one."""
    if len(new_password) < MIN_CHARACTERS:
        raise invalid(new_password=f"at least {MIN_CHARACTERS} characters")


# ── those of others ────────────────────────────────────────────────────────────────────────────────────────────


async def list_accounts(house: House, request: Request) -> Response:
    """List everybody to operators, the people of their centers to center admins."""
    known = await visitor(house, request)
    try:
        query = msgspec.convert(dict(request.query_params), Query)
    except msgspec.ValidationError as wrong:
        raise from_validation(wrong) from None
    within = None if known.account.role is Role.OPERATOR else known.account.centers
    members = await house.directory.members(within, query.q.strip())
    return answer(MemberList([_member(known.account, one) for one in members]))


async def disable(house: House, request: Request) -> Response:
    """Keep an account out, at once; not oneself, and not the last operator."""
    operator, member = await _subject(house, request)
    if member.account.id == operator.id:
        raise Refused(409, "own_account")
    if not await house.directory.disable_unless_last(member.account.id):
        raise Refused(409, "last_operator")
    return await _told(house, operator, member.account.id)


async def enable(house: House, request: Request) -> Response:
    """Let an account in again."""
    operator, member = await _subject(house, request)
    await house.directory.set_disabled(member.account.id, is_disabled=False)
    return await _told(house, operator, member.account.id)


async def _subject(house: House, request: Request) -> tuple[Account, Member]:
    """Find the operator who asks, and whom the path names."""
    known = await visitor(house, request)
    member = await house.directory.member(AccountId(request.path_params["account"]))
    if member is None:
        raise Refused(404, "not_found")
    return known.account, member


async def _told(house: House, reader: Account, account: AccountId) -> Response:
    member = await house.directory.member(account)
    if member is None:
        raise Refused(404, "not_found")
    return answer(_member(reader, member))


def _member(reader: Account, member: Member) -> MemberView:
    one = member.account
    return MemberView(
        one.id,
        one.name,
        one.email,
        one.role.value,
        center_names(member.centers),
        one.is_disabled,
        member.last_access_at,
        access.may_reset(reader, one),
    )


def center_names(centers: Sequence[Center]) -> list[CenterName]:
    """Return centers as lists name them."""
    return [CenterName(center.id, center.name) for center in centers]
