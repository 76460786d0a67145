"""The invigilator kit: the codes of one session, the address to open, the run of the day. Not for candidates."""

from __future__ import annotations

from msgspec import Struct

from web.papers.dossier import Dossier, Head
from web.papers.texts import Kit
from web.qr import address_code


class KitPaper(Struct, frozen=True):
    """The whole kit."""

    head: Head
    texts: Kit
    password: str
    access_code: str
    address: str
    qr: str


def kit(dossier: Dossier, password: str, public_url: str) -> KitPaper:
    """Lay the kit out; the address it prints holds no secret."""
    texts = dossier.texts.kit
    address = f"{public_url}/invigilate/{dossier.detail.summary.number}"
    return KitPaper(
        dossier.head(texts.title),
        texts,
        password,
        dossier.detail.secrets.access_code,
        address,
        address_code(address),
    )
