"""The socket's commands over HTTP: same bodies, same rights, same results; works without the live store."""

from __future__ import annotations

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from channels import translate, wire
from hub.model import account_author
from hub.ports import Answer
from hub.refusals import Code, Refusal
from hub.service import Order
from web import access
from web.api.binding import bound, number_in, visitor
from web.bodies import JSON, MAX_JSON_BYTES, answer, decoded, read, require_type
from web.errors import Refused, from_validation, not_judged
from web.house import House
from web.throttle import COMMANDS


def routes(house: House) -> list[Route]:
    """Return the routes of this subject."""
    return [bound(house, "/api/sessions/{number:number}/commands", "POST", command)]


async def command(house: House, request: Request) -> Response:
    """Judge one command; 200 with one result per candidate, also when all are refused."""
    known = await visitor(house, request)
    number = number_in(request)
    after_ms = house.throttle.allow((COMMANDS, str(known.account.id)))
    if after_ms is not None:
        raise Refused(429, Code.RATE_LIMITED, after_ms=after_ms)
    await access.require_sight(house.directory, known.account, number)
    require_type(request, JSON)
    frame = frame_of(await read(request, MAX_JSON_BYTES))
    order = Order(
        number,
        account_author(known.account.id),
        translate.to_command(frame),
        translate.targets(frame),
        frame.key,
        translate.body_digest(frame),
    )
    # Read before the deed: a store that goes away afterwards must not make a committed deed look undone.
    names = translate.Names(await house.ledger.roster(number))
    outcome = await house.decisions.submit(order)
    if isinstance(outcome, Refusal):
        raise not_judged(outcome)
    return _told(frame, outcome, names)


def frame_of(body: bytes) -> wire.StaffCommand:
    """Decode a command; the number of the frame, which HTTP does not need, may be left out."""
    fields = {"ref": 0, **decoded(body, dict[str, object])}
    try:
        frame: wire.StaffCommand = msgspec.convert(fields, wire.StaffCommand)
    except msgspec.ValidationError as wrong:
        raise from_validation(wrong) from None
    return frame


def _told(frame: wire.StaffCommand, outcome: Answer, names: translate.Names) -> Response:
    room_refusal = next((one.refusal for one in outcome.results if one.candidate is None and one.refusal), None)
    if room_refusal is not None:
        raise not_judged(room_refusal)
    return answer(translate.staff_reply(frame.ref, outcome, names))
