"""What `vigie backup` and `vigie restore` do: the file written or read, the chains walked, the secret key compared."""

from __future__ import annotations

from pathlib import Path

import click

from state import backup
from state.audit_trail import PostgresAuditTrail
from state.backup_file import Manifest, keep_newest
from state.database import Database
from state.embedded import Places
from state.migrate import upgrade
from web.keyring import KEY_FILE, Keyring, WrongKey, fingerprint, known_secret_key
from web.office_work import CannotDo
from web.running import owners_database
from web.settings import Settings


async def back_up(read: Settings, folder: Path, keep: int | None) -> None:
    """Write a backup, then remove the oldest but for so many."""
    key = known_secret_key(read.secret_key, read.var)
    async with owners_database(read) as owner_url:
        places = Places.of_this_machine()
        made = await backup.back_up(owner_url, folder, None if key is None else fingerprint(key), places)
    click.echo(f"{made.path}: {_counted(made.manifest)}")
    click.echo(f"state hash {made.manifest.state_hash}")
    if key is None:
        click.echo("The secret key is not known here, so the backup does not tell which one belongs to it.")
    else:
        click.echo(f"The secret key (fingerprint {fingerprint(key)}) is not in it: keep that key too, elsewhere.")
        if not _opens(key, made.sealed):
            _warn("the secret key here does not open the session passwords in this database.")
    for path in keep_newest(folder, keep) if keep is not None else ():
        click.echo(f"{path}: removed")


async def restore(read: Settings, file: Path) -> None:
    """Restore a backup, bring it to this version, and say whether all of it holds."""
    async with owners_database(read) as owner_url:
        restored = await backup.restore(owner_url, file, Places.of_this_machine())
        manifest = restored.manifest
        click.echo(f"{file}: {_counted(manifest)}, of {manifest.made_at:%Y-%m-%d %H:%M:%S} UTC")
        click.echo(f"state hash {manifest.state_hash}, as in the backup")
        move = await upgrade(owner_url)
        if move.found != move.newest:
            click.echo(f"The database went from {move.found} to revision {move.newest}.")
        _compare_keys(known_secret_key(read.secret_key, read.var), manifest, restored.sealed)
        if restored.is_hub_role_bare:
            _warn("where the backup was made the hub had no role of its own; the one here was given no rights.")
        await _verify_chains(owner_url)
    click.echo("What a live store still holds is discarded: hubs put every room there anew.")


async def _verify_chains(owner_url: str) -> None:
    database = Database(owner_url, pool_size=2)
    try:
        trail = PostgresAuditTrail(database)
        breaks = {number: (await trail.walk(number)).broken async for number in trail.numbers()}
    finally:
        await database.close()
    broken = [f"session {number}, {found}" for number, found in breaks.items() if found is not None]
    if broken:
        raise CannotDo(f"{len(broken)} of {len(breaks)} chains do not hold, and did not in the backup: {broken[0]}.")
    click.echo(f"{len(breaks)} chains of decisions, all whole")


def _compare_keys(key: str | None, manifest: Manifest, sealed: bytes | None) -> None:
    """Warn when the session passwords that came back cannot be read with the secret key of this place."""
    if sealed is None or (key is not None and _opens(key, sealed)):
        return
    here = "there is no secret key here" if key is None else f"the secret key here ({fingerprint(key)}) is another one"
    right = f"with the fingerprint {manifest.key_fingerprint}" if manifest.key_fingerprint else "of then"
    _warn(
        f"{here}: session passwords cannot be read. Before a hub starts, put the key {right} into VIGIE_SECRET_KEY, or "
        f"as {KEY_FILE} into the data folder."
    )


def _opens(key: str, sealed: bytes | None) -> bool:
    """Tell whether a key opens a session password; where there is none, every key does."""
    if sealed is None:
        return True
    try:
        Keyring(key).open(sealed)
    except WrongKey:
        return False
    return True


def _counted(manifest: Manifest) -> str:
    return f"{manifest.sessions} sessions, {manifest.candidates} candidates, {manifest.decisions} decisions"


def _warn(text: str) -> None:
    click.echo(f"warning: {text}", err=True)
