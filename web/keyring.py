"""The installation's secret key, and what is sealed with it: session passwords that the kit must show again."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import secrets
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken

from hub.preparation import SessionSecrets
from hub.tokens import new_access_code, new_invigilator_password, normal_invigilator_password

KEY_FILE = "secret_key"
KEY_BYTES = 48
FINGERPRINT_DIGITS = 16


class WrongKey(Exception):
    """The secret key cannot be had, or is not the one these data were sealed with."""


class Keyring:
    """Seals, opens and compares session passwords."""

    def __init__(self, secret_key: str) -> None:
        digest = hashlib.sha256(b"vigie session passwords\0" + secret_key.encode()).digest()
        self._fernet = Fernet(base64.urlsafe_b64encode(digest))
        # What a typed password is compared to when there is no such session: the same work, the same time.
        self._nobodys = self.seal(new_invigilator_password())

    def seal(self, password: str) -> bytes:
        """Encrypt a session password."""
        return self._fernet.encrypt(password.encode())

    def open(self, sealed: bytes) -> str:
        """Decrypt a session password. Raises WrongKey when it was sealed with another key."""
        try:
            return self._fernet.decrypt(sealed).decode()
        except InvalidToken:
            raise WrongKey(
                "A session password was sealed with another secret key: put the right VIGIE_SECRET_KEY "
                f"(or {KEY_FILE} file in the data folder) back."
            ) from None

    def new_session_secrets(self) -> SessionSecrets:
        """Draw an access code and a session password."""
        return SessionSecrets(new_access_code(), self.seal(new_invigilator_password()))

    def is_right(self, typed: str, sealed: bytes | None) -> bool:
        """Compare a typed session password in constant time; without a session, with nobody's, and never right."""
        expected = normal_invigilator_password(self.open(self._nobodys if sealed is None else sealed))
        is_same = hmac.compare_digest(normal_invigilator_password(typed).encode(), expected.encode())
        return is_same and sealed is not None


def secret_key(chosen: str | None, var: Path) -> str:
    """Return the chosen key, else the one kept in the data folder, made at the first start (mode 0600)."""
    return known_secret_key(chosen, var) or _made(var / KEY_FILE)


def known_secret_key(chosen: str | None, var: Path) -> str | None:
    """Return the chosen key, else the one kept in the data folder, else None: none is made."""
    if chosen is not None:
        return chosen
    try:
        return (var / KEY_FILE).read_text().strip()
    except FileNotFoundError:
        return None


def fingerprint(secret_key: str) -> str:
    """Return by what a key is told from another one, without telling the key."""
    return hashlib.sha256(b"vigie secret key\0" + secret_key.encode()).hexdigest()[:FINGERPRINT_DIGITS]


def _made(path: Path) -> str:
    """Make the key file; when another process is faster, its key counts."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    aside = path.with_name(f"{KEY_FILE}.{os.getpid()}")
    with open(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(secrets.token_urlsafe(KEY_BYTES) + "\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(aside, path)
    except FileExistsError:
        pass
    finally:
        aside.unlink()
    return path.read_text().strip()
