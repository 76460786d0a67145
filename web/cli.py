"""The command line: run, serve, and the few deeds that must not need a browser."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import NoReturn

import click
import uvloop
from sqlalchemy.exc import DBAPIError

from hub.ports import StoreUnavailable
from state.embedded import EmbeddedServersError
from web import logs, office_work, settings
from web.demo import DemoFailed, DemoGuest
from web.house import House
from web.keyring import WrongKey
from web.office_work import CannotDo
from web.place import Place
from web.running import Guest, Office, office, serve
from web.server import CannotListen
from web.settings import Settings, SettingsError

FAILED, MISUSED, INTERRUPTED = 1, 2, 130
ROLES = ("center_admin", "invigilator", "jury", "operator")


def complain(text: str, code: int) -> NoReturn:
    """Say one clear line and exit."""
    click.echo(f"vigie: {text}", err=True)
    raise SystemExit(code)


def chosen() -> Settings:
    """Read the settings of this environment, or say what is wrong with them."""
    try:
        return settings.read(os.environ)
    except SettingsError as wrong:
        complain(str(wrong), MISUSED)


def run_to_end(work: Callable[[], Awaitable[None]], var: Path) -> None:
    """Run an async command; every foreseeable failure is one line."""
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_until_signalled(work))
    except (EmbeddedServersError, CannotListen, CannotDo, DemoFailed, WrongKey) as failed:
        complain(str(failed), FAILED)
    except (StoreUnavailable, DBAPIError, ConnectionError):
        complain("the database does not answer: check VIGIE_DATABASE_URL, then try again.", FAILED)
    except OSError as wrong:
        place = wrong.filename if wrong.filename is not None else var
        complain(f"{place}: {wrong.strerror}. Choose another data folder with VIGIE_VAR.", FAILED)
    except (KeyboardInterrupt, asyncio.CancelledError):
        raise SystemExit(INTERRUPTED) from None


async def _until_signalled(work: Callable[[], Awaitable[None]]) -> None:
    """Let Ctrl-C and SIGTERM end the work in order, also while it is still starting."""
    task = asyncio.ensure_future(work())
    loop = asyncio.get_running_loop()
    for one in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(one, task.cancel)
    await task


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Vigie: an exam room, watched from a phone. Settings come from the environment (VIGIE_HOST, VIGIE_PORT, …)."""


@main.command()
def run() -> None:
    """Start everything on this machine, with a demo session."""
    _start(DemoGuest())


@main.command(name="serve")
def serve_command() -> None:
    """Start the hub without any demo."""
    _start(Announcement())


class Announcement(Guest):
    """Says where the hub listens, and nothing more."""

    async def serving(self, house: House, place: Place, versions: Mapping[str, str]) -> None:
        """Print one line."""
        click.echo(f"Vigie serves {place.public_url} ({', '.join(versions.values())})")
        sys.stdout.flush()


def _start(guest: Guest) -> None:
    read = chosen()
    logs.set_up(read.log_format)
    run_to_end(lambda: serve(read, guest), read.var)


def in_office(work: Callable[[Office], Awaitable[None]]) -> None:
    """Do one command's work with a database at hand."""
    read = chosen()
    logs.set_up(read.log_format)

    async def open_and_work() -> None:
        async with office(read) as opened:
            await work(opened)

    run_to_end(open_and_work, read.var)


@main.command()
@click.option("--email", prompt="E-mail of the first operator", help="Who will run this installation.")
@click.option("--name", prompt="Name", help="The operator's name.")
def init(email: str, name: str) -> None:
    """Make the first operator, and print the password once."""
    in_office(lambda opened: office_work.add_account(opened, email, name, "operator", ()))


@main.group()
def center() -> None:
    """Centers, which hold exams."""


@center.command(name="add")
@click.argument("name")
@click.option("--time-zone", default="Europe/Paris", show_default=True, help="IANA name; local times are in it.")
def center_add(name: str, time_zone: str) -> None:
    """Make a center."""
    in_office(lambda opened: office_work.add_center(opened, name, time_zone))


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
    in_office(lambda opened: office_work.add_account(opened, email, name, role, centers))


@account.command(name="disable")
@click.argument("email")
@click.option("--undo", is_flag=True, help="Let this person in again.")
def account_disable(email: str, undo: bool) -> None:
    """Keep somebody out from now on; open sockets close within two seconds."""
    in_office(lambda opened: office_work.disable(opened, email, is_disabled=not undo))


@account.command(name="reset")
@click.argument("email")
def account_reset(email: str) -> None:
    """Give an account a new password, printed once, and sign it out everywhere."""
    in_office(lambda opened: office_work.reset(opened, email))


@main.command(name="import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--center", "center_name", help="Name of the center; not needed when there is only one.")
@click.option("--yes", is_flag=True, help="Import without asking.")
def import_command(file: Path, center_name: str | None, yes: bool) -> None:
    """Check a CSV file of sessions and candidates, then import it."""
    in_office(lambda opened: office_work.import_file(opened, file, center_name, is_sure=yes))


if __name__ == "__main__":
    main()
