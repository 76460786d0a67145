"""The list of a session, line by line: who is on it, and how its admins correct it until somebody starts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import msgspec
from msgspec import UNSET, Struct, UnsetType
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub.model import CandidateId, SessionNumber
from hub.preparation import CandidateChanges, Hindrance, ListedCandidate, PlannedCandidate
from web import access, roster_fields
from web.api.binding import MAX_NUMBER, bound, number_in, visitor
from web.api.session_views import hindered
from web.bodies import answer, nothing, read_json
from web.errors import Refused, invalid
from web.house import House


class CandidateBody(Struct, frozen=True, forbid_unknown_fields=True):
    """Body of `POST /api/sessions/{number}/candidates`, and of a `PATCH` of one; absent is empty, or as it was."""

    last_name: str | UnsetType = UNSET
    first_name: str | UnsetType = UNSET
    birthdate: str | UnsetType = UNSET
    sex: str | UnsetType = UNSET
    birth_country: str | UnsetType = UNSET
    birth_insee_code: str | UnsetType = UNSET
    birth_postal_code: str | UnsetType = UNSET
    birth_town: str | UnsetType = UNSET
    results_email: str | UnsetType = UNSET
    invitation_email: str | UnsetType = UNSET
    external_id: str | UnsetType = UNSET
    extra_time_percentage: int | str | UnsetType = UNSET

    def written(self) -> Mapping[str, str]:
        """Return what was given, as somebody would write it into a file."""
        given = {name: getattr(self, name) for name in self.__struct_fields__}
        return {name: str(value) for name, value in given.items() if value is not UNSET}


class CandidateView(Struct, frozen=True):
    """A candidate on the list of a session, for those who prepare it."""

    id: int
    last_name: str
    first_name: str
    birthdate: date
    sex: str
    birth_country: str
    birth_insee_code: str
    birth_postal_code: str
    birth_town: str
    results_email: str
    invitation_email: str
    external_id: str
    extra_time_percentage: int


class CandidateLine(Struct, frozen=True):
    """A candidate on the list of a session, for those who only watch the room."""

    id: int
    last_name: str
    first_name: str
    birthdate: date
    extra_time_percentage: int


def routes(house: House) -> list[Route]:
    """Return the routes of this subject."""
    every = "/api/sessions/{number:number}/candidates"
    one = f"{every}/{{candidate:number}}"
    return [
        bound(house, every, "GET", list_candidates),
        bound(house, every, "POST", add),
        bound(house, one, "PATCH", change),
        bound(house, one, "DELETE", delete),
    ]


async def list_candidates(house: House, request: Request) -> Response:
    """List a session's candidates: all that was imported for its admins, who they are for its invigilators."""
    known = await visitor(house, request)
    detail = await access.visible_session(house.directory, known.account, number_in(request))
    listed = await house.directory.candidates(detail.summary.number)
    shape = CandidateView if access.may_prepare(known.account, detail.summary.center) else CandidateLine
    return answer({"candidates": _shaped(listed, shape)})


def _shaped(
    listed: Sequence[ListedCandidate], shape: type[CandidateView] | type[CandidateLine]
) -> list[CandidateView | CandidateLine]:
    return [msgspec.convert(candidate, shape, from_attributes=True) for candidate in listed]


async def add(house: House, request: Request) -> Response:
    """Put a candidate on the list."""
    number = await _prepared(house, request)
    judged = _judged((await read_json(request, CandidateBody)).written())
    made = await house.directory.add_candidate(number, judged)
    if isinstance(made, Hindrance):
        raise hindered(made)
    return await _shown(house, number, made, 201)


async def change(house: House, request: Request) -> Response:
    """Correct a line of the list; it is judged as a whole, and only what was given is written."""
    number, candidate = await _prepared(house, request), _candidate_in(request)
    given = (await read_json(request, CandidateBody)).written()
    before = await house.directory.listed_candidate(number, candidate)
    if before is None:
        raise Refused(404, "not_found")
    judged = _judged({**roster_fields.as_written(before), **given})
    changes = msgspec.convert({name: getattr(judged, name) for name in given}, CandidateChanges)
    refusal = await house.directory.change_candidate(number, candidate, changes)
    if refusal is not None:
        raise hindered(refusal)
    return await _shown(house, number, candidate)


async def delete(house: House, request: Request) -> Response:
    """Take a candidate off the list."""
    number, candidate = await _prepared(house, request), _candidate_in(request)
    refusal = await house.directory.delete_candidate(number, candidate)
    if refusal is not None:
        raise hindered(refusal)
    return nothing()


async def _prepared(house: House, request: Request) -> SessionNumber:
    known = await visitor(house, request)
    return (await access.prepared_session(house.directory, known.account, number_in(request))).summary.number


def _candidate_in(request: Request) -> CandidateId:
    candidate: int = request.path_params["candidate"]
    if not 0 < candidate <= MAX_NUMBER:
        raise Refused(404, "not_found")
    return CandidateId(candidate)


def _judged(written: Mapping[str, str]) -> PlannedCandidate:
    judged = roster_fields.judged(written, roster_fields.iso_date)
    if not isinstance(judged, PlannedCandidate):
        raise invalid(**dict(reversed(judged)))
    return judged


async def _shown(house: House, number: SessionNumber, candidate: CandidateId, status: int = 200) -> Response:
    listed = await house.directory.listed_candidate(number, candidate)
    if listed is None:
        raise Refused(404, "not_found")
    return answer(msgspec.convert(listed, CandidateView, from_attributes=True), status)
