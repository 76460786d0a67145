"""What the tests of the web share: accounts and sessions as a center has them, lines of an import."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import timedelta

import httpx

from hub.people import Account, AccountDraft, Center, Role
from hub.tokens import new_token, token_digest
from web.app import create_app
from web.house import House

ORIGIN = "http://vigie.test"
PASSWORD = "a long enough password"
_numbers = itertools.count(1)


def client(house: House, token: str | None = None) -> httpx.AsyncClient:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    transport = httpx.ASGITransport(create_app(house))
    return httpx.AsyncClient(transport=transport, base_url=ORIGIN, headers=headers)


@dataclass(frozen=True)
class Staff:
    """Somebody with an account, signed in."""

    account: Account
    http: httpx.AsyncClient


class Hiring:
    """Makes centers and accounts that no other test uses."""

    def __init__(self, house: House, hashed: str) -> None:
        self.house, self._hashed = house, hashed
        self._clients: list[httpx.AsyncClient] = []

    async def center(self) -> Center:
        return await self.house.directory.create_center(f"Lycée {next(_numbers)}")

    async def account(self, role: Role, *centers: Center) -> Account:
        number = next(_numbers)
        email = f"someone{number}@example.org"
        ids = tuple(center.id for center in centers)
        return await self.house.directory.create_account(
            AccountDraft(email, f"Someone {number}", role, ids, self._hashed)
        )

    async def staff(self, role: Role, *centers: Center) -> Staff:
        """Hire somebody who is signed in already; the slow hash of a password is tried where passwords are tested."""
        account, token = await self.account(role, *centers), new_token()
        await self.house.directory.open_login(account.id, token_digest(token), timedelta(hours=14))
        signed_in = client(self.house, token)
        self._clients.append(signed_in)
        return Staff(account, signed_in)

    async def admin(self) -> Staff:
        return await self.staff(Role.CENTER_ADMIN, await self.center())

    async def close(self) -> None:
        for one in self._clients:
            await one.aclose()


SESSION = {
    "site": "Lycée Jean Moulin",
    "room": "12",
    "date": "2026-12-01",
    "start_time": "09:30",
    "invigilators": "A. Durand",
}

HEADER = (
    "Numéro de session préexistante;* Nom du site;* Nom de la salle;* Date de début (format: JJ/MM/AAAA);"
    "* Heure de début (heure locale format: HH:MM);* Surveillant(s);Observations (optionnel);* Nom de naissance;"
    "* Prénom;* Date de naissance (format: JJ/MM/AAAA);* Sexe (M ou F);Code INSEE de la commune de naissance;"
    "Code postal de la commune de naissance;Nom de la commune de naissance;* Pays de naissance;"
    "E-mail du destinataire des résultats;E-mail de convocation;Identifiant externe;"
    "Temps majoré ? (exemple format: 33%)"
)


def line(**changed: str) -> str:
    """One correct line of an import, but for what is changed."""
    values = {
        "number": "",
        "site": "Lycée Jean Moulin",
        "room": "12",
        "date": "01/12/2126",
        "time": "09:30",
        "invigilators": "A. Durand",
        "observations": "",
        "last_name": "Ben Saïd",
        "first_name": "Léa",
        "birthdate": "14/03/2008",
        "sex": "F",
        "insee": "75112",
        "postal": "",
        "town": "",
        "country": "FRANCE",
        "results": "",
        "invitation": "",
        "external": "",
        "extra": "",
    }
    assert changed.keys() <= values.keys()
    return ";".join({**values, **changed}.values())


def file(*lines: str, header: str = HEADER) -> bytes:
    return "\r\n".join((header, *lines, "")).encode()


def code(answer: httpx.Response) -> tuple[int, str]:
    """Return the status of an error and its code; what was done has none."""
    assert answer.is_error, f"{answer.request.method} {answer.request.url.path} was done"
    return answer.status_code, answer.json()["error"]["code"]
