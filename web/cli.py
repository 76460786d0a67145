"""The command line: run, serve, and the few deeds that must not need a browser.

Only words are understood here; the work is loaded when it is known which, so that `--help` is quick and Ctrl-C during
the first second is no stack trace.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import click

from hub.model import CandidateId, SessionNumber
from web import settings
from web.settings import Settings, SettingsError

UNWELL, MISUSED, INTERRUPTED = 1, 2, 130
NUMBER = click.IntRange(1)
ROLES = ("center_admin", "invigilator", "jury", "operator")


@contextmanager
def chosen() -> Iterator[Settings]:
    """Read the settings of this environment, or say what is wrong with them; then let Ctrl-C be a way to end."""
    try:
        read = settings.read(os.environ)
    except SettingsError as wrong:
        click.echo(f"vigie: {wrong}", err=True)
        raise SystemExit(MISUSED) from None
    try:
        yield read
    except KeyboardInterrupt:
        raise SystemExit(INTERRUPTED) from None


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Vigie: an exam room, watched from a phone. Settings come from the environment (VIGIE_HOST, VIGIE_PORT, …)."""


@main.command()
def run() -> None:
    """Start everything on this machine, with a demo session."""
    _serve(is_demo=True)


@main.command(name="serve")
def serve_command() -> None:
    """Start the hub without any demo."""
    _serve(is_demo=False)


def _serve(*, is_demo: bool) -> None:
    with chosen() as read:
        from web import terminal

        terminal.serve_hub(read, is_demo=is_demo)


@main.command()
def migrate() -> None:
    """Bring your own database to this version, as its owner; `serve` then needs no owner."""
    with chosen() as read:
        from web import office_work, terminal

        terminal.run_to_end(read, lambda: office_work.migrate(read))


@main.command()
@click.option("--email", prompt="E-mail of the first operator", help="Who will run this installation.")
@click.option("--name", prompt="Name", help="The operator's name.")
def init(email: str, name: str) -> None:
    """Make the first operator, and print the password once."""
    with chosen() as read:
        from web import office_work, terminal

        terminal.in_office(read, lambda opened: office_work.add_account(opened, email, name, "operator", ()))


@main.group()
def center() -> None:
    """Centers, which hold exams."""


@center.command(name="add")
@click.argument("name")
@click.option("--time-zone", default="Europe/Paris", show_default=True, help="IANA name; local times are in it.")
def center_add(name: str, time_zone: str) -> None:
    """Make a center."""
    with chosen() as read:
        from web import office_work, terminal

        terminal.in_office(read, lambda opened: office_work.add_center(opened, name, time_zone))


@main.group()
def account() -> None:
    """Accounts of the staff."""


@account.command(name="add")
@click.argument("email")
@click.option("--name", required=True, help="As colleagues will see it.")
@click.option("--role", type=click.Choice(ROLES), required=True)
@click.option("--center", "centers", multiple=True, help="Name of a center this person belongs to; may be repeated.")
def account_add(email: str, name: str, role: str, centers: tuple[str, ...]) -> None:
    """Make an account, and print its password once."""
    with chosen() as read:
        from web import office_work, terminal

        terminal.in_office(read, lambda opened: office_work.add_account(opened, email, name, role, centers))


@account.command(name="disable")
@click.argument("email")
@click.option("--undo", is_flag=True, help="Let this person in again.")
def account_disable(email: str, undo: bool) -> None:
    """Keep somebody out from now on; open sockets close within two seconds."""
    with chosen() as read:
        from web import office_work, terminal

        terminal.in_office(read, lambda opened: office_work.disable(opened, email, is_disabled=not undo))


@account.command(name="reset")
@click.argument("email")
def account_reset(email: str) -> None:
    """Give an account a new password, printed once, and sign it out everywhere."""
    with chosen() as read:
        from web import office_work, terminal

        terminal.in_office(read, lambda opened: office_work.reset(opened, email))


@main.command(name="import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--center", "center_name", help="Name of the center; not needed when there is only one.")
@click.option("--yes", is_flag=True, help="Import without asking.")
def import_command(file: Path, center_name: str | None, yes: bool) -> None:
    """Check a CSV file of sessions and candidates, then import it."""
    with chosen() as read:
        from web import office_work, terminal

        terminal.in_office(read, lambda opened: office_work.import_file(opened, file, center_name, is_sure=yes))


@main.group()
def audit() -> None:
    """The chain of decisions of each session."""


@audit.command(name="verify")
@click.argument("sessions", nargs=-1, type=NUMBER)
@click.option("--head", help="A hash, such as a receipt's: find the decision that has it.")
@click.option("--json", "is_json", is_flag=True, help="One JSON object a line, one line a session.")
def audit_verify(sessions: tuple[int, ...], head: str | None, is_json: bool) -> None:
    """Walk the chains of these sessions, or of all, and say whether they are whole (code 0) or broken (code 1)."""
    with chosen() as read:
        from web import audit_work, terminal

        terminal.in_office(read, lambda opened: audit_work.verify(opened, sessions, head, is_json=is_json))


@main.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--keep", type=NUMBER, help="How many backups to keep there; older ones of ours are removed.")
def backup(folder: Path, keep: int | None) -> None:
    """Write the database into one dated file in FOLDER, while hubs go on; the secret key is not in it."""
    with chosen() as read:
        from web import backup_work, terminal

        terminal.run_to_end(read, lambda: backup_work.back_up(read, folder, keep))


@main.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def restore(file: Path) -> None:
    """Restore a backup into an empty database, as its owner; then bring it to this version and verify it."""
    with chosen() as read:
        from web import backup_work, terminal

        terminal.run_to_end(read, lambda: backup_work.restore(read, file))


@main.command()
@click.option("--dry-run", "is_dry", is_flag=True, help="Say what is past its time, and change nothing.")
@click.option("--yes", is_flag=True, help="Purge without asking.")
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), help="Judge by this day instead of today.")
def purge(is_dry: bool, yes: bool, as_of: datetime | None) -> None:
    """Empty what is kept no longer: sessions after two years, accounts five years after their last use."""
    with chosen() as read:
        from web import privacy_work, terminal

        day = None if as_of is None else as_of.date()
        terminal.in_owners_office(read, lambda opened: privacy_work.purge(opened, day, is_dry=is_dry, is_sure=yes))


@main.command()
@click.option("--session", "number", type=NUMBER, required=True, help="The session's number.")
@click.option("--candidate", type=NUMBER, required=True, help="The candidate's id, as in the exports and the audit.")
@click.option("--yes", is_flag=True, help="Erase without asking.")
def erase(number: int, candidate: int, yes: bool) -> None:
    """Erase one person from one session, whatever its age; the chain of decisions stays whole."""
    with chosen() as read:
        from web import privacy_work, terminal

        terminal.in_owners_office(
            read,
            lambda opened: privacy_work.erase(opened, SessionNumber(number), CandidateId(candidate), is_sure=yes),
        )


def _origin(_context: click.Context, _option: click.Parameter, typed: str | None) -> str | None:
    try:
        return None if typed is None else settings.origin(typed)
    except ValueError as refused:
        raise click.BadParameter(str(refused)) from None


@main.command()
@click.option("--url", callback=_origin, help="The public address to look at, https://…; VIGIE_PUBLIC_URL by itself.")
@click.option("--json", "is_json", is_flag=True, help="One JSON object a line, one line a finding.")
def doctor(url: str | None, is_json: bool) -> None:
    """Look at this deployment and change nothing: code 0 when nothing is wrong, 1 when something is.

    Reads the same environment as `serve`. Says what is well, what is wrong and how to mend it.
    """
    from web.doctor import report

    try:
        is_well = report.examine(os.environ, url, is_json=is_json)
    except KeyboardInterrupt:
        raise SystemExit(INTERRUPTED) from None
    raise SystemExit(0 if is_well else UNWELL)


if __name__ == "__main__":
    main()
