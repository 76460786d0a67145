"""What the commands of the terminal do: centers, accounts, imports, migrations."""

from __future__ import annotations

import secrets
import zoneinfo
from collections.abc import Sequence
from pathlib import Path

import click

from hub.model import AccountId
from hub.people import Account, AccountDraft, Center, CenterId, CenterNameTaken, Credentials, EmailTaken, Role
from hub.preparation import Imported, ImportProblem
from state.migrate import upgrade
from web import roster_csv
from web.roster_fields import is_email
from web.running import Office
from web.settings import Settings

PASSWORD_BYTES = 12
MAX_EMAIL = 254
MAX_NAME = 100
TERMINAL = AccountDraft("terminal@vigie.invalid", "Terminal", Role.OPERATOR)
"""In whose name the terminal imports: an account without a password, so that nobody can sign in to it."""


class CannotDo(Exception):
    """The command cannot be done; the text says why."""


async def migrate(read: Settings) -> None:
    """Bring the installation's own database to the present."""
    if read.migration_url is None:
        raise CannotDo(
            "VIGIE_DATABASE_URL names no database to migrate; the default one is brought to the present at each start."
        )
    move = await upgrade(read.migration_url)
    if move.found == move.newest:
        click.echo(f"The database is at revision {move.newest}: nothing to do.")
    else:
        click.echo(f"The database went from {move.found or 'empty'} to revision {move.newest}.")


async def add_center(opened: Office, name: str, time_zone: str) -> None:
    """Make a center."""
    known = zoneinfo.available_timezones()
    if known and time_zone not in known:
        raise CannotDo(f"{time_zone} is no time zone: an IANA name is expected, such as Europe/Paris.")
    try:
        center = await opened.directory.create_center(_one_line(name, "The name"), time_zone)
    except CenterNameTaken:
        raise CannotDo(f"There is already a center named {name}.") from None
    click.echo(f"Center {center.id}: {center.name} ({center.time_zone})")


async def add_account(opened: Office, email: str, name: str, role: str, center_names: Sequence[str]) -> None:
    """Make an account and print its password."""
    centers = tuple([(await _center(opened, center_name)).id for center_name in center_names])
    if role == Role.CENTER_ADMIN and not centers:
        raise CannotDo("A center admin belongs to a center: add --center NAME.")
    password = secrets.token_urlsafe(PASSWORD_BYTES)
    draft = AccountDraft(
        _email(email), _one_line(name, "The name"), Role(role), centers, await opened.passwords.hash(password)
    )
    try:
        account = await opened.directory.create_account(draft)
    except EmailTaken:
        raise CannotDo(f"There is already an account for {email}.") from None
    _print_password(account, password)


async def disable(opened: Office, email: str, *, is_disabled: bool) -> None:
    """Keep an account out, or let it in again."""
    found = await _credentials(opened, email)
    await opened.directory.set_disabled(found.account.id, is_disabled=is_disabled)
    click.echo(f"{found.account.email} is {'disabled' if is_disabled else 'enabled'}.")


async def reset(opened: Office, email: str) -> None:
    """Give an account a new password."""
    found = await _credentials(opened, email)
    password = secrets.token_urlsafe(PASSWORD_BYTES)
    await opened.directory.set_password_hash(found.account.id, await opened.passwords.hash(password))
    await opened.directory.close_logins(found.account.id)
    _print_password(found.account, password)


async def import_file(opened: Office, file: Path, center_name: str | None, *, is_sure: bool) -> None:
    """Check a file, show what is in it, ask, import."""
    center = await _center(opened, center_name)
    judged = roster_csv.parse(_read(file))
    problems = [*judged.problems, *await opened.directory.judge_plan(center.id, judged.plan)]
    _print_problems("warning", judged.warnings)
    if problems:
        _print_problems("error", sorted(problems, key=lambda one: one.line))
        raise CannotDo(f"{file} has {len(problems)} errors: nothing was imported.")
    candidates = sum(len(planned.candidates) for planned in judged.plan)
    click.echo(f"{len(judged.plan)} sessions, {candidates} candidates, for {center.name}.")
    if not is_sure and not click.confirm("Import them?"):
        raise CannotDo("nothing was imported.")
    await _confirm(opened, center.id, judged)


async def _confirm(opened: Office, center: CenterId, judged: roster_csv.Judged) -> None:
    author = await _terminal(opened)
    import_id = await opened.directory.store_import(author, center, judged.plan)
    codes = [opened.keyring.new_session_secrets() for _ in judged.plan]
    outcome = await opened.directory.confirm_import(import_id, author, codes)
    if not isinstance(outcome, Imported):
        _print_problems("error", outcome.problems if outcome is not None else ())
        raise CannotDo("the database changed meanwhile: nothing was imported.")
    click.echo(f"{outcome.candidates} candidates imported.")
    for one in outcome.sessions:
        password = opened.keyring.open(one.secrets.encrypted_password)
        click.echo(f"  session {one.number}   password {password}   access code {one.secrets.access_code}")


async def _terminal(opened: Office) -> AccountId:
    found = await opened.directory.credentials(TERMINAL.email)
    return found.account.id if found else (await opened.directory.create_account(TERMINAL)).id


async def _center(opened: Office, name: str | None) -> Center:
    """Find the center of this name, or the only one there is."""
    if name is not None:
        found = await opened.directory.center_by_name(name)
        if found is None:
            raise CannotDo(f"There is no center named {name}.")
        return found
    every = await opened.directory.centers()
    if len(every) == 1:
        return every[0]
    if not every:
        raise CannotDo("There is no center yet: vigie center add NAME.")
    raise CannotDo(f"Say for which center: --center NAME, one of {', '.join(one.name for one in every)}.")


async def _credentials(opened: Office, email: str) -> Credentials:
    found = await opened.directory.credentials(_email(email))
    if found is None:
        raise CannotDo(f"There is no account for {email}.")
    return found


def _read(file: Path) -> bytes:
    """Read a file, but no more of it than can be imported."""
    with file.open("rb") as opened:
        return opened.read(roster_csv.MAX_BYTES + 1)


def _email(text: str) -> str:
    email = text.strip().lower()
    if len(email) > MAX_EMAIL or not is_email(email):
        raise CannotDo(f"{text} is not an e-mail address.")
    return email


def _one_line(text: str, what: str) -> str:
    line = text.strip()
    if not line or len(line) > MAX_NAME or not line.isprintable():
        raise CannotDo(f"{what} must be one line of 1 to {MAX_NAME} characters.")
    return line


def _print_password(account: Account, password: str) -> None:
    click.echo(f"Account {account.id}: {account.email} ({account.role.value})")
    click.echo(f"Password, shown this once: {password}")


def _print_problems(kind: str, problems: Sequence[ImportProblem]) -> None:
    for one in problems:
        column = f", {one.column}" if one.column else ""
        click.echo(f"{kind}: line {one.line}{column}: {one.code}", err=True)
