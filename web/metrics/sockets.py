"""The figures of sockets: who is connected, what is said, how long it takes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec import Struct
from prometheus_client.core import Metric

from channels.figures import RoleFigures
from hub.figures import Spread
from web.metrics.spelling import counter, gauge, histogram

NO_FRAME = "invalid"
"""The type of what was no frame of this role."""

Roles = Mapping[str, RoleFigures]


def sockets(roles: Roles, refused: Mapping[tuple[str, str], int]) -> Iterator[Metric]:
    """Tell who came, waits, is there, and went."""
    one = ("role",)
    yield gauge("vigie_sockets_open", "Open sockets", {(role,): of.open for role, of in roles.items()}, one)
    yield counter(
        "vigie_sockets_accepted", "Sockets accepted", {(role,): of.accepted for role, of in roles.items()}, one
    )
    yield counter(
        "vigie_sockets_refused", "Sockets refused before any conversation, by reason", refused, ("role", "reason")
    )
    yield counter(
        "vigie_sockets_closed",
        "Sockets closed, by close code; left: the client went, or its line broke",
        {(role, code): count for role, of in roles.items() for code, count in of.closed.items()},
        ("role", "code"),
    )
    yield gauge(
        "vigie_hellos_waiting",
        "Clients that said who they are and have no welcome yet",
        {(role,): of.hellos_waiting for role, of in roles.items()},
        one,
    )
    yield histogram(
        "vigie_hello_seconds", "From hello to welcome", {(role,): of.welcome for role, of in roles.items()}, one
    )


def frames(roles: Roles) -> Iterator[Metric]:
    """Tell what was said in both directions."""
    yield counter(
        "vigie_frames_received",
        "Frames received, by type; invalid: no frame of this role",
        {(role, _type_of(kind)): count for role, of in roles.items() for kind, count in of.heard.items()},
        ("role", "type"),
    )
    yield counter(
        "vigie_frames_sent",
        "Frames handed to sockets, by type",
        {(role, kind.decode()): count for role, of in roles.items() for kind, count in of.sent.items()},
        ("role", "type"),
    )
    yield counter(
        "vigie_sent_bytes",
        "Bytes of the frames handed to sockets",
        {(role,): of.sent_bytes for role, of in roles.items()},
        ("role",),
    )
    yield counter(
        "vigie_replies_refused",
        "What replies refused, by code; one reply may refuse for several candidates",
        {(role, str(code)): count for role, of in roles.items() for code, count in of.refused.items()},
        ("role", "code"),
    )


def waits(roles: Roles) -> Iterator[Metric]:
    """Tell how long people wait: for an answer to a deed, and for what others did."""
    decided: dict[tuple[str, str], Spread] = {}
    for of in roles.values():
        decided |= of.decided
    yield histogram(
        "vigie_decision_seconds",
        "From a deed's frame to its reply handed to the socket, by type of deed and outcome",
        decided,
        ("command", "outcome"),
    )
    yield histogram(
        "vigie_delivery_seconds",
        "From an event's arrival in this process to its frame handed to a socket",
        {(role,): of.delivery for role, of in roles.items() if role != "admin"},
        ("role",),
    )


def _type_of(kind: type) -> str:
    return str(kind.__struct_config__.tag) if issubclass(kind, Struct) else NO_FRAME
