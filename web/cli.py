"""The command line: run, serve, and the few deeds that must not need a browser.

Only words are understood here; the work is loaded when it is known which, so that `--help` is quick and Ctrl-C during
the first second is no stack trace.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from web import settings
from web.settings import Settings, SettingsError

MISUSED, INTERRUPTED = 2, 130
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


if __name__ == "__main__":
    main()
