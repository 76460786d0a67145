"""What stands behind the command line once its words are understood: the work, its signals, its one-line failures."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import NoReturn

import click
import uvloop
from sqlalchemy.exc import DBAPIError

from hub.ports import StoreUnavailable
from state.backup_tools import BackupError
from state.embedded import EmbeddedServersError
from state.migrate import CannotUpgrade
from web import logs
from web.demo import DemoFailed, DemoGuest
from web.house import House
from web.keyring import WrongKey
from web.office_work import TERMINAL, CannotDo
from web.place import Place
from web.running import Guest, Office, OwnersOffice, office, owners_office, serve
from web.server import CannotListen
from web.settings import Settings

FAILED, INTERRUPTED = 1, 130


class Announcement(Guest):
    """Says where the hub listens, and nothing more."""

    async def serving(self, house: House, place: Place, versions: Mapping[str, str]) -> None:
        """Print one line; a full disk under the output is no reason to leave the rooms without their hub."""
        with suppress(OSError):
            click.echo(f"Vigie serves {place.public_url} ({', '.join(versions.values())})")
            sys.stdout.flush()


def serve_hub(read: Settings, *, is_demo: bool) -> None:
    """Serve until Ctrl-C or SIGTERM."""
    guest = DemoGuest() if is_demo else Announcement()
    run_to_end(read, lambda: serve(read, guest))


def in_office(read: Settings, work: Callable[[Office], Awaitable[None]]) -> None:
    """Do one command's work with a database at hand."""

    async def open_and_work() -> None:
        async with office(read) as opened:
            await work(opened)

    run_to_end(read, open_and_work)


def in_owners_office(read: Settings, work: Callable[[OwnersOffice], Awaitable[None]]) -> None:
    """Do one command's work with the database at hand as its owner."""

    async def open_and_work() -> None:
        async with owners_office(read, spared=(TERMINAL.email,)) as opened:
            if not await opened.retention.is_owner():
                raise CannotDo("only the owner of the tables may delete: name that role in VIGIE_DATABASE_OWNER_URL.")
            await work(opened)

    run_to_end(read, open_and_work)


def run_to_end(read: Settings, work: Callable[[], Awaitable[None]]) -> None:
    """Run async work; every foreseeable failure is one line."""
    logs.set_up(read.log_format)
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_until_signalled(work))
    except (EmbeddedServersError, CannotListen, CannotDo, CannotUpgrade, BackupError, DemoFailed, WrongKey) as failed:
        _fail(str(failed))
    except (StoreUnavailable, DBAPIError, ConnectionError):
        _fail("the database does not answer: check VIGIE_DATABASE_URL, then try again.")
    except OSError as wrong:
        place = wrong.filename if wrong.filename is not None else read.var
        _fail(f"{place}: {wrong.strerror}. Choose another data folder with VIGIE_VAR.")
    except asyncio.CancelledError:
        raise SystemExit(INTERRUPTED) from None


async def _until_signalled(work: Callable[[], Awaitable[None]]) -> None:
    """Let Ctrl-C and SIGTERM end the work in order, also while it is still starting."""
    task = asyncio.ensure_future(work())
    loop = asyncio.get_running_loop()
    for one in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(one, task.cancel)
    await task


def _fail(text: str) -> NoReturn:
    click.echo(f"vigie: {text}", err=True)
    raise SystemExit(FAILED)
