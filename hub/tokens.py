"""Secrets that a client carries: drawn here, kept only as digests."""

from __future__ import annotations

import hashlib
import secrets

CODE_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
CODE_DIGITS = "23456789"
"""Alphabets without look-alikes: no I or O, no 0 or 1."""


def new_token() -> str:
    """Draw a bearer secret: 256 bits, URL-safe."""
    return secrets.token_urlsafe(32)


def token_digest(token: str) -> bytes:
    """Return the SHA-256 (32 bytes) under which a token is stored; a long random secret needs no slow hash."""
    return hashlib.sha256(token.encode()).digest()


def new_access_code() -> str:
    """Draw an access code: four capital letters and two digits, e.g. XGDZ45."""
    return _draw(CODE_LETTERS, 4) + _draw(CODE_DIGITS, 2)


def new_invigilator_password() -> str:
    """Draw a session password: `C-` and eight characters."""
    return "C-" + _draw(CODE_LETTERS + CODE_DIGITS, 8)


def _draw(alphabet: str, length: int) -> str:
    return "".join(secrets.choice(alphabet) for _ in range(length))


def normal_access_code(typed: str) -> str:
    """Return an access code as compared: trimmed, without case."""
    return typed.strip().upper()


def normal_invigilator_password(typed: str) -> str:
    """Return a session password as compared: without the prefix, without case."""
    return typed.strip().upper().removeprefix("C-")
