"""What `vigie run` says once it serves: where to go, who one is, and what to type."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING

import click
import segno

from web.place import Place

if TYPE_CHECKING:
    from web.demo import Demo

QR_MARGIN = 2


def show(demo: Demo, place: Place, versions: Mapping[str, str]) -> None:
    """Print the welcome of the demo."""
    console = f"{place.public_url}/invigilate/{demo.number}"
    free = [one for one in demo.candidates if not one.played]
    played = len(demo.candidates) - len(free)
    lines = [
        "",
        "Vigie is ready.",
        "",
        f"  Open                {place.local_url}/",
        f"  Invigilate          {console}",
        f"  Take the test       {place.public_url}/candidate",
        "",
        f"  Invigilator         {demo.invigilator.email}   {demo.invigilator.password}",
        f"  Center admin        {demo.admin.email}   {demo.admin.password}",
        f"  Jury                {demo.jury.email}   {demo.jury.password}",
        f"  Session number      {demo.number}",
        f"  Session password    {demo.password}",
        f"  Access code         {demo.access_code}",
        "",
        f"  {played} of {len(demo.candidates)} candidates are simulated: they join, then wait to be confirmed.",
    ]
    if free:
        lines.append("  Play one of the others yourself:")
        lines += [f"    {one.last_name} {one.first_name}, born {_day(one.birthdate)}" for one in free[:4]]
    lines += ["", f"  {', '.join(versions.values())}", "  Ctrl-C stops everything.", ""]
    click.echo("\n".join(lines))
    click.echo("For a phone on this network:" if _is_reachable(place) else "For a phone: start with VIGIE_HOST=0.0.0.0")
    if _is_reachable(place):
        segno.make(console, error="m", micro=False).terminal(out=sys.stdout, border=QR_MARGIN, compact=True)
    sys.stdout.flush()


def _is_reachable(place: Place) -> bool:
    """Tell whether anybody but this machine can come here."""
    return not any(name in place.public_url for name in ("//127.0.0.1", "//localhost", "//[::1]"))


def _day(iso: str) -> str:
    year, month, day = iso.split("-")
    return f"{day}/{month}/{year}"
