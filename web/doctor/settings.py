"""Whether the settings go together and keep people safe; besides them, only the file of the secret key is read."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from urllib.parse import urlsplit

from hub.findings import Check, Finding, doubtful, well, wrong
from state import cluster_url
from web.keyring import KEY_FILE
from web.place import LOOPBACKS, place_of
from web.settings import ANYWHERE, MIN_SECRET_KEY_CHARACTERS, Settings

FEWEST_SIGNS = 10
"""Random characters repeat less: a key of fewer different ones was typed by a person."""
WIDEST_NETWORK = 8
"""Leading bits a network of proxies must name: who is in it can pretend to be anybody."""


def look_at_settings(settings: Settings) -> Iterator[Finding]:
    """Judge everything that can be judged from the settings alone."""
    yield _public_url(settings)
    yield _origins(settings)
    yield _proxies(settings)
    yield _metrics(settings)
    yield _clock_offset(settings)
    yield _secret_key(settings)
    if settings.redis_url is not None:
        yield _redis_line(settings.redis_url)


def is_safe_origin(origin: str) -> bool:
    """Tell whether what is typed into a page of this origin can be read by nobody on the way."""
    parts = urlsplit(origin)
    return parts.scheme == "https" or _is_loopback(parts.hostname or "")


def _is_loopback(host: str) -> bool:
    if host in LOOPBACKS:
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _public_url(settings: Settings) -> Finding:
    url = place_of(settings, settings.port).public_url
    if is_safe_origin(url):
        return well(Check.PUBLIC_URL, url)
    return wrong(
        Check.PUBLIC_URL,
        f"{url} is neither https nor this machine: passwords can be read on the way",
        "Put a proxy with TLS before the hub and set VIGIE_PUBLIC_URL=https://…, as people type it.",
    )


def _origins(settings: Settings) -> Finding:
    unsafe = [one for one in settings.origins if not is_safe_origin(one)]
    if unsafe:
        return doubtful(
            Check.ORIGINS,
            f"pages without TLS may talk to the hub: {', '.join(unsafe)}",
            "Serve these pages over https, or take them out of VIGIE_ORIGINS.",
        )
    return well(Check.ORIGINS, ", ".join(settings.origins) or "only the hub's own pages")


def _proxies(settings: Settings) -> Finding:
    wide = [one for one in settings.proxies if ipaddress.ip_network(one, strict=False).prefixlen < WIDEST_NETWORK]
    if wide:
        return wrong(
            Check.PROXIES,
            f"{', '.join(wide)} is most of the world: anybody could pretend to come from anywhere",
            "Name your proxies alone in VIGIE_PROXIES.",
        )
    if (settings.public_url or "").startswith("https://") and not settings.proxies:
        return wrong(
            Check.PROXIES,
            "the hub has no TLS of its own, so a proxy stands before it, but none is named: all people seem to come "
            "from one address",
            "Set VIGIE_PROXIES to the proxy's address (127.0.0.1 when it is on this machine).",
        )
    return well(Check.PROXIES, ", ".join(settings.proxies) or "none, and none is needed")


def _metrics(settings: Settings) -> Finding:
    if set(ANYWHERE) & set(settings.metrics):
        return doubtful(
            Check.METRICS,
            "anybody may read /metrics",
            "Set VIGIE_METRICS to the address of your Prometheus, unless only your own people reach this network.",
        )
    return well(Check.METRICS, ", ".join(settings.metrics) or "this machine only")


def _clock_offset(settings: Settings) -> Finding:
    if settings.clock_offset:
        return wrong(
            Check.CLOCK_OFFSET,
            f"the hub's clock is made wrong by {settings.clock_offset.total_seconds():+.0f} s",
            "Remove VIGIE_CLOCK_OFFSET_SECONDS: it is for tests.",
        )
    return well(Check.CLOCK_OFFSET, "none")


def _secret_key(settings: Settings) -> Finding:
    if settings.secret_key is not None:
        return _judged_key(settings.secret_key, "VIGIE_SECRET_KEY")
    path = settings.var / KEY_FILE
    try:
        key = path.read_text().strip()
    except FileNotFoundError:
        return doubtful(
            Check.SECRET_KEY,
            "there is none yet: the first start makes one in the data folder",
            "Nothing to do on a new installation; on a restored one put the old key back first.",
        )
    except OSError as refused:
        return wrong(
            Check.SECRET_KEY,
            f"{path} cannot be read ({refused.strerror})",
            "Run the doctor as the user of the hub, and let this user own the file.",
        )
    return _judged_key(key, str(path))


def _judged_key(key: str, place: str) -> Finding:
    if len(key) < MIN_SECRET_KEY_CHARACTERS or len(set(key)) < FEWEST_SIGNS:
        return wrong(
            Check.SECRET_KEY,
            f"the key in {place} can be guessed: it is short or repeats itself",
            "On a new installation draw another (openssl rand -base64 48). With another one the passwords of sessions "
            "that exist already can no longer be read.",
        )
    return well(Check.SECRET_KEY, f"in {place}, long")


def _redis_line(url: str) -> Finding:
    is_encrypted, hosts, has_password = _redis_parts(url)
    if all(_is_loopback(host) for host in hosts):
        return well(Check.REDIS_LINE, "on this machine")
    lacking = [word for word, has in (("TLS", is_encrypted), ("a password", has_password)) if not has]
    if lacking:
        return doubtful(
            Check.REDIS_LINE,
            f"the live store is reached over a network without {' and without '.join(lacking)}",
            "Use rediss:// and a password in VIGIE_REDIS_URL, or a network that nobody else is in.",
        )
    return well(Check.REDIS_LINE, "TLS and a password")


def _redis_parts(url: str) -> tuple[bool, list[str], bool]:
    """Return whether the line is encrypted, its hosts (none for a socket of the file system), whether it logs in."""
    if cluster_url.is_cluster(url):
        cluster = cluster_url.ClusterUrl.parse(url)
        return cluster.scheme == "rediss", [seed.host for seed in cluster.seeds], ":" in cluster.login
    parts = urlsplit(url)
    hosts = [] if parts.scheme == "unix" else [parts.hostname or "localhost"]
    return parts.scheme == "rediss", hosts, bool(parts.password)
