"""Who works here: centers, accounts, invitations, as the directory keeps them. Secrets come here as digests alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NewType

from hub.model import AccountId

CenterId = NewType("CenterId", int)
InvitationId = NewType("InvitationId", str)
INVITATION_LIFE = timedelta(hours=48)
"""How long a link waits for whoever it was given to."""


class EmailTaken(Exception):
    """Another account has this e-mail address."""


class CenterNameTaken(Exception):
    """Another center has this name."""


class Role(StrEnum):
    """What a person is to the installation; rights in one session come from `Standing`."""

    OPERATOR = "operator"
    CENTER_ADMIN = "center_admin"
    INVIGILATOR = "invigilator"
    JURY = "jury"


@dataclass(frozen=True, slots=True)
class Center:
    """A place that holds exams. `time_zone` is an IANA name: local dates and times of its sessions are in it."""

    id: CenterId
    name: str
    time_zone: str


@dataclass(frozen=True, slots=True)
class Account:
    """A member of staff. `centers` are those the person belongs to (an invigilator may belong to none)."""

    id: AccountId
    email: str
    name: str
    role: Role
    is_disabled: bool = False
    centers: tuple[CenterId, ...] = ()


@dataclass(frozen=True, slots=True)
class AccountDraft:
    """An account to be made. Without a password hash nobody can sign in to it yet."""

    email: str
    name: str
    role: Role
    centers: tuple[CenterId, ...] = ()
    password_hash: str | None = None


@dataclass(frozen=True, slots=True)
class Credentials:
    """An account with what its typed password is compared to."""

    account: Account
    password_hash: str | None


@dataclass(frozen=True, slots=True)
class Member:
    """An account as those who manage people see it; `last_access_at` is its last sign-in."""

    account: Account
    centers: tuple[Center, ...]
    last_access_at: datetime | None


@dataclass(frozen=True, slots=True)
class InvitationDraft:
    """A link to be made: for a newcomer, or with an `account` for a forgotten password."""

    secret_hash: bytes
    email: str
    role: Role
    invited_by: AccountId
    centers: tuple[CenterId, ...] = ()
    account: AccountId | None = None


@dataclass(frozen=True, slots=True)
class Invitation:
    """A link that was made. Of an `account` that exists already, e-mail, role and centers are those of today."""

    id: InvitationId
    email: str
    role: Role
    centers: tuple[Center, ...]
    invited_by: Account
    invited_at: datetime
    expires_at: datetime
    used_at: datetime | None = None
    account: Account | None = None
