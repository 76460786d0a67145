"""The public address as a browser meets it: certificate, readiness, the addresses behind the proxy, sockets."""

from __future__ import annotations

import asyncio
import ipaddress
import ssl
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from urllib.parse import urlsplit

import httpx
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidHandshake, InvalidStatus
from websockets.typing import Origin, Subprotocol

from channels import wire
from hub.findings import Check, Finding, doubtful, well, wrong
from state.checks.bounded import bounded
from web.doctor.serving import ANSWER_SECONDS, judged, readiness
from web.settings import Settings

CERTIFICATE_DAYS = 21
"""Who renews by hand needs some weeks; who renews by machine has failed twice by then."""
DAY_SECONDS = 86400
NOBODYS = "192.0.2.77"
"""An address reserved for examples: who is taken for it was believed what it wrote into a header."""
UPGRADES = (
    "Let the proxy pass WebSocket upgrades for /ws/ (nginx: proxy_http_version 1.1 and the headers Upgrade and "
    "Connection; Caddy does it by itself)."
)
REFUSED = 403


@dataclass(frozen=True, slots=True)
class Target:
    """The address to look at; `proxies` are those this deployment names."""

    url: str
    proxies: tuple[str, ...]

    @property
    def is_encrypted(self) -> bool:
        """Tell whether there is a certificate to look at."""
        return self.url.startswith("https://")


async def look_at_public(url: str, settings: Settings) -> Sequence[Finding]:
    """Say how people meet the hub at this address; when nobody answers there, only that."""
    target = Target(url, settings.proxies)
    try:
        answer, own = await _asked(target)
    except httpx.HTTPError as accident:
        return [
            wrong(
                Check.PUBLIC,
                f"nobody answers at {url} ({type(accident).__name__})",
                "See that the proxy runs, that the name leads to it, and that no firewall stands between.",
            )
        ]
    looks = [bounded(Check.PUBLIC_CERTIFICATE, partial(_certificate, target))] if target.is_encrypted else []
    looks += [bounded(Check.PUBLIC_SOCKET, partial(_socket, target))]
    addresses = _addresses(target, answer, own)
    return [judged(Check.PUBLIC, url, answer), addresses, *await asyncio.gather(*looks)]


def _any_certificate() -> ssl.SSLContext:
    """Return a context for questions without a secret: the certificate is judged once, by its own check."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


async def _asked(target: Target) -> tuple[httpx.Response, str]:
    """Ask the hub whether it is ready; also return the address of ours that asked."""
    # Whatever a client says of where it comes from, a proxy must write the header anew.
    headers = {"X-Forwarded-For": NOBODYS}
    async with (
        httpx.AsyncClient(verify=_any_certificate(), timeout=ANSWER_SECONDS, trust_env=False) as http,
        http.stream("GET", f"{target.url}/readyz", headers=headers) as answer,
    ):
        # While the line is open: afterwards nobody knows its ends.
        own: str = answer.extensions["network_stream"].get_extra_info("client_addr")[0]
        await answer.aread()
        return answer, own


# ── certificate ────────────────────────────────────────────────────────────────────────────────────────────────


async def _certificate(target: Target) -> Finding:
    parts = urlsplit(target.url)
    try:
        _, writer = await asyncio.open_connection(parts.hostname, parts.port or 443, ssl=ssl.create_default_context())
    except ssl.SSLCertVerificationError as refused:
        return wrong(
            Check.PUBLIC_CERTIFICATE,
            f"browsers will refuse it: {refused.verify_message}",
            "Renew it, or install one for this very name. Of an authority of your own, give its root to every phone, "
            "and to the doctor in SSL_CERT_FILE.",
        )
    found = writer.get_extra_info("peercert")
    writer.close()
    return judged_days((ssl.cert_time_to_seconds(found["notAfter"]) - time.time()) / DAY_SECONDS)


def judged_days(days: float) -> Finding:
    """Judge how long a certificate that is valid now stays so."""
    seen = f"valid for {days:.0f} days"
    if days < CERTIFICATE_DAYS:
        fix = "Renew it, and see why it was not renewed by itself."
        return doubtful(Check.PUBLIC_CERTIFICATE, seen, fix)
    return well(Check.PUBLIC_CERTIFICATE, seen)


# ── addresses ──────────────────────────────────────────────────────────────────────────────────────────────────


def _addresses(target: Target, answer: httpx.Response, own: str) -> Finding:
    told = readiness(answer)
    if told is None or not told.address:
        return doubtful(Check.PUBLIC_ADDRESSES, "the hub does not say whom it sees", "See public.ready first.")
    return judged_address(told.address, own, target.proxies)


def judged_address(seen: str, own: str, proxies: Sequence[str]) -> Finding:
    """Judge whom the hub takes us for, when we connected from our own address through these proxies."""
    rewrite = "Let the proxy set X-Forwarded-For to the address that connects to it ({example})."
    if seen == NOBODYS:
        return wrong(
            Check.PUBLIC_ADDRESSES,
            "the proxy passes on what clients write into X-Forwarded-For: anybody can pretend to come from anywhere",
            rewrite.format(example="nginx: proxy_set_header X-Forwarded-For $remote_addr"),
        )
    if not _is_in(seen, proxies):
        return well(Check.PUBLIC_ADDRESSES, f"we are seen as {seen}")
    if seen == own:
        return doubtful(
            Check.PUBLIC_ADDRESSES,
            f"we are seen as {seen}, which is the proxy's address and our own: nothing can be told from here",
            "Run `vigie doctor --url` with the public address from another machine.",
        )
    return wrong(
        Check.PUBLIC_ADDRESSES,
        f"we are seen as {seen}, the proxy itself: all people seem to come from one address",
        rewrite.format(example="nginx: proxy_set_header X-Forwarded-For $remote_addr"),
    )


def _is_in(address: str, networks: Sequence[str]) -> bool:
    try:
        read = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(read in ipaddress.ip_network(one, strict=False) for one in networks)


# ── sockets ────────────────────────────────────────────────────────────────────────────────────────────────────


async def _socket(target: Target) -> Finding:
    """Shake hands as a candidate's page does, and leave."""
    try:
        async with connect(
            f"{target.url.replace('http', 'ws', 1)}/ws/candidate",
            origin=Origin(target.url),
            subprotocols=[Subprotocol(wire.SUBPROTOCOL)],
            ssl=_any_certificate() if target.is_encrypted else None,
            proxy=None,
            compression=None,
            open_timeout=ANSWER_SECONDS,
            close_timeout=1,
        ) as line:
            chosen = line.subprotocol
    except InvalidStatus as refused:
        return _refused(target, refused.response.status_code)
    except (InvalidHandshake, OSError, TimeoutError) as accident:
        return wrong(Check.PUBLIC_SOCKET, f"no socket opens ({type(accident).__name__})", UPGRADES)
    if chosen != wire.SUBPROTOCOL:
        return wrong(
            Check.PUBLIC_SOCKET,
            "a socket opens, but the subprotocol is lost on the way",
            "Let the proxy pass Sec-WebSocket-Protocol both ways.",
        )
    return well(Check.PUBLIC_SOCKET, f"a socket opens ({wire.SUBPROTOCOL})")


def _refused(target: Target, status: int) -> Finding:
    if status == REFUSED:
        return wrong(
            Check.PUBLIC_SOCKET,
            f"the hub refuses pages of {target.url}",
            "Set VIGIE_PUBLIC_URL to the address that people type, or add this one to VIGIE_ORIGINS.",
        )
    return wrong(Check.PUBLIC_SOCKET, f"no socket opens: the answer is {status}", UPGRADES)
