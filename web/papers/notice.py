"""The candidate notice: how to join, for the wall and the tables. It knows no code."""

from __future__ import annotations

from msgspec import Struct

from web.papers.dossier import Dossier, Head
from web.papers.texts import Notice
from web.qr import address_code


class NoticePaper(Struct, frozen=True):
    """The whole notice."""

    head: Head
    texts: Notice
    address: str
    qr: str


def notice(dossier: Dossier, public_url: str) -> NoticePaper:
    """Lay the notice out; the drawn address fills in the session's number, the printed one is short to type."""
    texts = dossier.texts.notice
    address = f"{public_url}/candidate"
    drawn = address_code(f"{address}?session={dossier.detail.summary.number}")
    return NoticePaper(dossier.head(texts.title), texts, address, drawn)
