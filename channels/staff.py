"""Who a dashboard or a wall belongs to: signed in by a token in its hello, or by the cookie of its handshake."""

from __future__ import annotations

from channels import wire
from channels.close_codes import CloseCode
from channels.line import Goodbye
from hub.directory import Directory
from hub.people import Account
from hub.policy import Thresholds
from hub.tokens import token_digest


async def signed_in(directory: Directory, hello: wire.Hello, cookie: str | None) -> tuple[Account, bytes]:
    """Return the account and the digest of its login. Raises Goodbye."""
    secret = hello.token or cookie
    digest = token_digest(secret) if secret else b""
    account = await directory.find_login(digest) if digest else None
    if account is None:
        raise Goodbye(CloseCode.NOT_SIGNED_IN)
    return account, digest


def thresholds_view(thresholds: Thresholds) -> wire.Thresholds:
    """Return the thresholds as a welcome says them."""
    return wire.Thresholds(
        offline_after_seconds=thresholds.need_offline.total_seconds(),
        lapse_warning_seconds=thresholds.need_lapse.total_seconds(),
        call_again_after_seconds=thresholds.call_again.total_seconds(),
        call_others_after_seconds=thresholds.call_others.total_seconds(),
        call_admin_after_seconds=thresholds.call_admin.total_seconds(),
        claim_seconds=thresholds.claim_life.total_seconds(),
        unattended_after_seconds=thresholds.unattended.total_seconds(),
    )
