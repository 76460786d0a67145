"""A proxy with TLS before a hub, well set up or with one of the faults that proxies are set up with."""

from __future__ import annotations

import asyncio
import ipaddress
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

PROXY = "127.0.0.5"
"""From where it connects to the hub: an address of this machine, taken for another one."""
CRLF = b"\r\n"


@dataclass(frozen=True)
class Faults:
    """What a proxy does wrong, header by header."""

    is_silent: bool = False
    is_gullible: bool = False
    is_deaf_to_upgrades: bool = False
    drops_subprotocol: bool = False


NONE = Faults()


@dataclass(frozen=True)
class Certificate:
    """A chain and its key in one file, and the root that vouches for it in another."""

    chain: Path
    root: Path


def make_certificate(folder: Path, name: str = "localhost", days: int = 90) -> Certificate:
    """Let an authority made for this test vouch for a name, until so many days from now."""
    authority, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    root_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "An authority of this test")])
    now = datetime.now(UTC)

    def sign(subject: x509.Name, public: ec.EllipticCurvePublicKey, until: datetime, *, is_root: bool) -> bytes:
        builder = x509.CertificateBuilder(root_name, subject, public, x509.random_serial_number())
        builder = builder.not_valid_before(now - timedelta(days=400)).not_valid_after(until)
        builder = builder.add_extension(x509.BasicConstraints(ca=is_root, path_length=None), critical=True)
        if not is_root:
            names = [x509.DNSName(name), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        return builder.sign(authority, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    leaf_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    leaf = sign(leaf_name, key.public_key(), now + timedelta(days=days), is_root=False)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    chain, root = folder / f"chain-{name}-{days}.pem", folder / f"root-{name}-{days}.pem"
    chain.write_bytes(leaf + private)
    root.write_bytes(sign(root_name, authority.public_key(), now + timedelta(days=400), is_root=True))
    return Certificate(chain, root)


@asynccontextmanager
async def proxy(port: int, hub_port: int, certificate: Certificate, faults: Faults = NONE) -> AsyncIterator[None]:
    """Stand before a hub for a while; every connection carries one request, or a socket."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate.chain)
    tasks: set[asyncio.Task[None]] = set()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(_relay(reader, writer, hub_port, faults))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    server = await asyncio.start_server(accept, "127.0.0.1", port, ssl=context)
    try:
        yield
    finally:
        server.close()
        for task in tuple(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, hub_port: int, faults: Faults) -> None:
    try:
        with suppress(OSError, asyncio.IncompleteReadError):
            head = await reader.readuntil(CRLF + CRLF)
            peer = writer.get_extra_info("peername")[0]
            back, there = await asyncio.open_connection("127.0.0.1", hub_port, local_addr=(PROXY, 0))
            try:
                there.write(_rewritten(head, peer, faults))
                await asyncio.wait(
                    (asyncio.ensure_future(_pipe(reader, there)), asyncio.ensure_future(_pipe(back, writer))),
                    return_when=asyncio.FIRST_COMPLETED,
                )
            finally:
                there.close()
    finally:
        writer.close()


async def _pipe(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await source.read(65536):
            target.write(data)
            await target.drain()


def _rewritten(head: bytes, peer: str, faults: Faults) -> bytes:
    first, *lines = head.removesuffix(CRLF + CRLF).split(CRLF)
    kept = [line for line in lines if not _is_left_out(line.split(b":")[0].lower(), faults)]
    if not faults.is_silent and not faults.is_gullible:
        kept.append(b"X-Forwarded-For: " + peer.encode())
    return CRLF.join([first, *kept]) + CRLF + CRLF


def _is_left_out(name: bytes, faults: Faults) -> bool:
    return (
        (name == b"x-forwarded-for" and not faults.is_gullible)
        or (name in (b"upgrade", b"connection") and faults.is_deaf_to_upgrades)
        or (name == b"sec-websocket-protocol" and faults.drops_subprotocol)
    )
