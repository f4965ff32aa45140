"""One admitted call: its request, who sends it, and the door's answer to what went wrong."""

import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote

from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from conviction_gate.client.errors import ClientError, InvalidPageToken, RequestRefused
from conviction_gate.config.settings import SettingsError
from conviction_gate.contracts.encrypted_payloads import CannotDecrypt
from conviction_gate.contracts.names import CaseId
from conviction_gate.door.bodies import read_json
from conviction_gate.door.cases import Cases
from conviction_gate.door.identity import Identities, Identity
from conviction_gate.door.problems import (
    Problem,
    bad_parameter,
    missing_right,
    not_found,
    refused_text,
    too_many,
    unavailable,
)
from conviction_gate.door.rates import Rates
from conviction_gate.encryption.reader import Refusal
from conviction_gate.registry import RegistryError
from conviction_gate.temporal.connect import ConnectError
from conviction_gate.temporal.search_attributes import SetupError

_log = logging.getLogger(__name__)

AWAY: Final = (ClientError, ConnectError, RegistryError, SettingsError, SetupError, CannotDecrypt)
"""What is raised where a service behind the door is away, or cannot be used."""


@dataclass(frozen=True)
class Door:
    """What all calls share. `current`: the callers as they are now."""

    cases: Cases
    current: Callable[[], Awaitable[Identities]]
    rates: Rates


@dataclass(frozen=True)
class Call:
    """A request and who sends it."""

    request: Request
    door: Door
    identity: Identity

    @property
    def cases(self) -> Cases:
        """The cases behind the door."""
        return self.door.cases

    def note(self, **facts: Any) -> None:
        """Write something down in the audit line."""
        if (audit := self.request.scope.get("audit")) is not None:
            audit.update(facts)

    def require(self, *rights: str) -> None:
        """Raises `Problem` where the caller has none of these rights."""
        self.note(right=rights[0])
        if not any(map(self.identity.caller.holds, rights)):
            raise missing_right(self.identity.caller, rights[0])

    def case_id(self) -> CaseId:
        """The case that the address names; raises `Problem` where it is none that the caller may touch."""
        agency, number = self.request.path_params["agency"], self.request.path_params["tracking_number"]
        case_id = CaseId.parse(f"booking-case:{agency}:{number}")
        if case_id is None:
            raise not_found()
        self.touch(case_id)
        return case_id

    def touch(self, case_id: CaseId) -> None:
        """Raises `Problem` where the caller may not touch the case: as if it were not there."""
        self.note(case=str(case_id))
        if not self.identity.may_touch(case_id.agency):
            raise not_found()

    def count_message(self, case_id: CaseId) -> None:
        """Raises `Problem` where the caller has sent the case too many messages today."""
        if wait := self.door.rates.message(self.identity.caller, case_id):
            raise too_many(wait, "this caller has sent this case all the messages that it may send in a day")

    async def fields(self) -> dict[str, Any]:
        """The JSON object of the body."""
        fields = await read_json(self.request)
        message_id = fields.get("message_id")
        if isinstance(message_id, str):
            self.note(message_id=message_id[:128])
        if (key := self.request.headers.get("idempotency-key")) is not None and key.strip('"') != message_id:
            raise Problem(
                "does-not-fit",
                "Idempotency-Key is not the message_id; leave the header out, or let both be the same",
                errors=[{"pointer": "/message_id", "detail": "differs from the header Idempotency-Key"}],
            )
        return fields


Handler = Callable[[Call], Awaitable[Response]]


async def admitted(request: Request, door: Door) -> Call:
    """The call of a request, which counts as one of its caller's until `Rates.end`; raises `Problem` where its
    caller is not known, or sends too much."""
    headers = request.headers
    address = request.client.host if request.client else None
    identities = await door.current()
    try:
        identity = await identities.identify(
            headers.getlist("authorization"), headers.getlist("client-cert"), address
        )
    except Refusal as refusal:
        raise _refused(refusal, request) from None
    call = Call(request, door, identity)
    call.note(caller=identity.caller.name, person=identity.person, by=identity.by)
    if wait := door.rates.request(identity.caller):
        raise too_many(wait, "this caller has sent all that it may send in a minute")
    if wait := door.rates.begin(identity.caller):
        raise too_many(wait, "this caller has as many requests open as it may have at a time")
    return call


def _refused(refusal: Refusal, request: Request) -> Problem:
    match refusal.status:
        case HTTPStatus.UNAUTHORIZED:
            return Problem("unknown-caller", str(refusal), headers={"WWW-Authenticate": "Bearer"})
        case HTTPStatus.FORBIDDEN:
            if refusal.reader is not None and "audit" in request.scope:
                request.scope["audit"].update(person=refusal.reader.who, by=refusal.reader.by)
            return Problem("not-permitted", str(refusal))
        case _:
            return unavailable(str(refusal))


def problem_of(error: Exception) -> Problem:
    """The problem that a caller reads for what was raised; what only an operator may read goes to the log."""
    match error:
        case Problem():
            return error
        case HTTPException():
            return _routing_problem(error)
        case InvalidPageToken():
            return bad_parameter("page", "not a token of this list; copy it from the page before")
        case RequestRefused():
            return refused_text("the message is one that the server does not take; shorten or correct it")
        case _ if isinstance(error, AWAY):
            _log.warning("a call could not be answered: %s", error)
            return unavailable(
                "a service behind the door does not answer; send it again: what arrived already changes nothing"
            )
        case TimeoutError():
            return unavailable(
                "there was no answer in time; send it again: what arrived already changes nothing"
            )
    _log.error("a call failed", exc_info=error)
    return Problem("internal", "the door has failed, and its log says why; send it again, or ask the operator")


def _routing_problem(error: HTTPException) -> Problem:
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        return Problem("method-not-allowed", "use a method that Allow names", headers=error.headers)
    return Problem("not-found", "there is nothing at this address; see /docs")


def json_response(
    body: BaseModel | Mapping[str, Any], status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """A JSON answer. Nothing between us and the caller keeps it."""
    text = body.model_dump_json() if isinstance(body, BaseModel) else json.dumps(body, ensure_ascii=False)
    return Response(text, status, {"Cache-Control": "no-store", **(headers or {})}, "application/json")


def place_of(case_id: CaseId) -> str:
    """The address of a case."""
    return f"/v1/cases/{case_id.agency}/{quote(case_id.tracking_number, safe='')}"
