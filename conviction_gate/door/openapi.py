"""The door's OpenAPI 3.1 document, from the models that its calls read and write: `make openapi` writes it.

What senders write is closed: a field that no model has is refused, so no schema of a request allows one.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple, get_args

from pydantic import BaseModel, ConfigDict, create_model
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from conviction_gate.client.case_lookup import ShownCase
from conviction_gate.contracts.booking import Booking
from conviction_gate.contracts.case import FlagStatus
from conviction_gate.contracts.fields import Model, Ori, Status, TrackingNumber
from conviction_gate.contracts.message import Message
from conviction_gate.contracts.names import ORI_PATTERN, TRACKING_NUMBER_PATTERN
from conviction_gate.contracts.schemas import MessageSchemas
from conviction_gate.contracts.signals import SIGNALS
from conviction_gate.door.answers import Answer
from conviction_gate.door.asking import (
    MAX_WAIT,
    CaseList,
    CatalogCode,
    ExplanationText,
    FlagList,
    ReviewList,
)
from conviction_gate.door.bodies import JSON, MAX_BULK_BYTES, NDJSON
from conviction_gate.door.bulk import MAX_LINES, BulkEnd, BulkLine, FieldFault
from conviction_gate.door.callers import MESSAGE_RIGHTS
from conviction_gate.door.cases import CorrectionView
from conviction_gate.door.problems import MEDIA_TYPE, TITLES
from conviction_gate.door.sending import ReopeningRequest, RulingRequest

SCHEMAS: Final = "#/components/schemas/"
PROBLEM: Final = "Problem"


class Problem(Model):
    """Why a call was not answered with success (RFC 9457). Other members say more, as `outcome` of an ended
    case."""

    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    status: int
    detail: str
    errors: tuple[FieldFault, ...] | None = None


class Operation(NamedTuple):
    """One call. `right`: what its caller needs. `answers`: the model of each success by its status. `problems`:
    statuses beside those that every call can have."""

    method: str
    path: str
    name: str
    summary: str
    right: str
    answers: Mapping[int, str | None]
    problems: Sequence[int] = ()
    parameters: Sequence[Mapping[str, Any]] = ()
    body: str | None = None
    media: str = JSON
    headers: Sequence[str] = ()
    links: Mapping[str, Any] | None = None


def _query(name: str, description: str, **schema: Any) -> dict[str, Any]:
    return {"name": name, "in": "query", "description": description, "schema": schema}


def _path(name: str, description: str, **schema: Any) -> dict[str, Any]:
    given = {"type": "string", **schema}
    return {"name": name, "in": "path", "required": True, "description": description, "schema": given}


def _header_in(name: str, description: str) -> dict[str, Any]:
    return {"name": name, "in": "header", "description": description, "schema": {"type": "string"}}


_CASE: Final = (
    _path("agency", "The booking agency's ORI", pattern=ORI_PATTERN),
    _path("tracking_number", "The arrest's tracking number", pattern=TRACKING_NUMBER_PATTERN),
)
_AGENCY: Final = _query("agency", "Only of this agency", type="string", pattern=ORI_PATTERN)
_PAGE: Final = _query("page", "The `next` of the page before", type="string", minLength=1)
_KEY: Final = _header_in("Idempotency-Key", "Equal to `message_id`, which is the key")
_DURATION: Final = "^[1-9][0-9]{0,3}[smhd]$"
_ANY_MESSAGE: Final = f"one of {', '.join(MESSAGE_RIGHTS)}, review; the one of the message"
_SENT: Final = (409, 410, 413, 415, 400, 408)
_OF_BODY: Final = {"agency": "$request.body#/agency", "tracking_number": "$request.body#/tracking_number"}
_LINKS: Final = {
    "case": {"operationId": "getCase", "parameters": _OF_BODY},
    "message": {"operationId": "sendMessage", "parameters": _OF_BODY},
    "explanation": {"operationId": "explainCase", "parameters": _OF_BODY},
    "ruling": {"operationId": "rule", "parameters": _OF_BODY},
}


def _limit(default: int, most: int) -> dict[str, Any]:
    return _query("limit", "How many on a page", type="integer", minimum=1, maximum=most, default=default)


OPERATIONS: Final = (
    Operation(
        "post",
        "/v1/bookings",
        "book",
        "Open the case of a booking, or send the booking to it",
        "booking",
        {201: "Answer", 200: "Answer", 202: "Answer"},
        problems=_SENT,
        parameters=(_KEY,),
        body="BookingRequest",
        headers=("Location",),
        links=_LINKS,
    ),
    Operation(
        "post",
        "/v1/messages",
        "sendMany",
        f"Send many messages, one a line: at most {MAX_LINES:,} lines and {MAX_BULK_BYTES // 2**20} MiB",
        _ANY_MESSAGE,
        {200: "BulkAnswer"},
        problems=(413, 415, 400, 408),
        body="AddressedMessage",
        media=NDJSON,
    ),
    Operation(
        "get",
        "/v1/cases",
        "listCases",
        "List the cases of the caller's agencies, the latest first",
        "read",
        {200: "CaseList"},
        parameters=(
            _AGENCY,
            _query("status", "Only of this status", type="string", enum=[*get_args(Status)]),
            _query("attention", "Only open ones that need a person's attention", type="boolean"),
            _query(
                "waiting_longer_than",
                "Open, and waiting so long",
                type="string",
                pattern=_DURATION,
            ),
            _limit(100, 1000),
            _PAGE,
        ),
    ),
    Operation(
        "get",
        "/v1/cases/{agency}/{tracking_number}",
        "getCase",
        "Read a case; with `wait`, once it has changed",
        "read",
        {200: "Case", 304: None},
        problems=(404,),
        parameters=(
            *_CASE,
            _query(
                "wait", "Seconds to wait for a change", type="integer", minimum=0, maximum=MAX_WAIT, default=0
            ),
            {
                "name": "If-None-Match",
                "in": "header",
                "schema": {"type": "string"},
                "description": "A known `ETag`",
            },
        ),
        headers=("ETag",),
    ),
    Operation(
        "post",
        "/v1/cases/{agency}/{tracking_number}/messages",
        "sendMessage",
        "Send a message to a case. 202: it is recorded, and no case has considered it yet",
        _ANY_MESSAGE,
        {200: "Answer", 201: "Answer", 202: "Answer"},
        problems=(404, *_SENT),
        parameters=(*_CASE, _KEY),
        body="MessageRequest",
        headers=("Location",),
    ),
    Operation(
        "get",
        "/v1/cases/{agency}/{tracking_number}/explanation",
        "explainCase",
        "Explain a case in plain sentences, as JSON or as text",
        "read",
        {200: "ExplanationText"},
        problems=(404,),
        parameters=_CASE,
    ),
    Operation(
        "get",
        "/v1/cases/{agency}/{tracking_number}/corrections/{message_id}",
        "getCorrection",
        "Read what became of a message that this caller sent after the end of a case",
        "correction or read",
        {200: "CorrectionView"},
        problems=(404,),
        parameters=(*_CASE, _path("message_id", "Its id", minLength=1, maxLength=128)),
    ),
    Operation(
        "post",
        "/v1/cases/{agency}/{tracking_number}/rulings",
        "rule",
        "Answer an open question, as the person who signed in",
        "review",
        {200: "Answer", 202: "Answer"},
        problems=(404, *_SENT),
        parameters=(*_CASE, _KEY),
        body="RulingRequest",
    ),
    Operation(
        "post",
        "/v1/cases/{agency}/{tracking_number}/reopenings",
        "reopen",
        "Open an ended case again, as the person who signed in",
        "reopen",
        {200: "Answer"},
        problems=(404, 409, 413, 415, 400, 408),
        parameters=_CASE,
        body="ReopeningRequest",
    ),
    Operation(
        "get",
        "/v1/flags",
        "listFlags",
        "List the flags of the caller's agencies, in the order in which they were written",
        "read_flags",
        {200: "FlagList"},
        parameters=(
            _query("since", "Flagged then or later", type="string", format="date-time"),
            _AGENCY,
            _query("status", "Only of this status", type="string", enum=[*get_args(FlagStatus)]),
            _limit(100, 1000),
            _PAGE,
        ),
    ),
    Operation(
        "get",
        "/v1/reviews",
        "listReviews",
        "List the cases that wait for a ruling, each with its questions and their answers",
        "review",
        {200: "ReviewList"},
        parameters=(_AGENCY, _limit(20, 200), _PAGE),
    ),
    Operation(
        "get",
        "/v1/charges/{scheme}/{code}",
        "lookUpCharge",
        "Look up a code in the catalog: its class, its severity, its source",
        "none",
        {200: "CatalogCode"},
        problems=(404,),
        parameters=(
            _path("scheme", "The scheme of codes, as CA-VC", minLength=1),
            _path("code", "The code, in any spelling", minLength=1),
            _query("on", "The day of the booking", type="string", format="date"),
        ),
    ),
)
_ADDRESS: Final[dict[str, Any]] = {"agency": (Ori, ...), "tracking_number": (TrackingNumber, ...)}
EVERY_CALL: Final = (401, 403, 422, 429, 500, 503)


def document() -> dict[str, Any]:
    """The document, as JSON."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Conviction Gate",
            "version": "1",
            "summary": "Send bookings and court messages, and read cases, flags and open questions.",
            "description": "Every message has a `message_id`, unique for its caller. The same message again "
            "changes nothing, so whoever does not know whether one arrived sends it again.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/"}],
        "security": [{"key": []}],
        "paths": _paths(),
        "components": {
            "securitySchemes": {
                "key": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "An API key, or the access token of a sign-in. A client certificate counts "
                    "where a proxy tells of it.",
                }
            },
            "schemas": _schemas(),
        },
    }


def text() -> str:
    """The document as it is published."""
    return json.dumps(document(), indent=1, ensure_ascii=False) + "\n"


def _paths() -> dict[str, Any]:
    paths: dict[str, Any] = {}
    for operation in OPERATIONS:
        paths.setdefault(operation.path, {})[operation.method] = _described(operation)
    return paths


def _described(operation: Operation) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": operation.name,
        "summary": operation.summary,
        "description": f"Needs the right: {operation.right}.",
    }
    if operation.parameters:
        described["parameters"] = [*operation.parameters]
    if operation.body:
        content = {operation.media: {"schema": {"$ref": f"{SCHEMAS}{operation.body}"}}}
        described["requestBody"] = {"required": True, "content": content}
    statuses = sorted({*operation.answers, *operation.problems, *EVERY_CALL})
    described["responses"] = {str(status): _response(operation, status) for status in statuses}
    return described


def _response(operation: Operation, status: int) -> dict[str, Any]:
    if status not in operation.answers:
        titles = [title for number, title in TITLES.values() if number == status]
        headers = {"Retry-After": _header("Seconds")} if status in (429, 503) else {}
        headers |= {"WWW-Authenticate": _header("How to say who calls")} if status == 401 else {}
        return {
            "description": "; or ".join(titles),
            **({"headers": headers} if headers else {}),
            "content": {MEDIA_TYPE: {"schema": {"$ref": SCHEMAS + PROBLEM}}},
        }
    name = operation.answers[status]
    described: dict[str, Any] = {"description": "It has not changed" if name is None else "As asked"}
    if shown := [header for header in operation.headers if header == "ETag" or status in (201, 202)]:
        described["headers"] = {header: {**_header("Where it is"), "required": False} for header in shown}
    if name is not None:
        content = {operation.media: {"schema": {"$ref": SCHEMAS + name}}}
        if name == "ExplanationText":
            content["text/plain"] = {"schema": {"type": "string"}}
        described["content"] = content
    if operation.links and status in (200, 201):
        described["links"] = dict(operation.links)
    return described


def _header(description: str) -> dict[str, Any]:
    return {"description": description, "schema": {"type": "string"}}


def _schemas() -> dict[str, Any]:
    written: list[type[BaseModel]] = [
        *(_model(name, "Message", {}) for name in SIGNALS),
        *(
            _model(name, "Line", {"agency": (Ori, ...), "tracking_number": (TrackingNumber, ...)})
            for name in SIGNALS
        ),
        create_model("BookingRequest", __base__=Booking, __doc__=Booking.__doc__),
        RulingRequest,
        ReopeningRequest,
    ]
    read: list[type[BaseModel]] = [
        Answer,
        CaseList,
        CatalogCode,
        CorrectionView,
        ExplanationText,
        FlagList,
        ReviewList,
        Problem,
    ]
    read += [BulkLine, BulkEnd, ShownCase]
    requests = _definitions(written, "validation")
    for name, schema in requests.items():
        if schema.get("type") == "object":
            schema["additionalProperties"] = False
        if name.startswith("ReviewDecision"):  # who rules is the signed-in person
            del schema["properties"]["reviewer"]
            schema["required"].remove("reviewer")
    answers = _definitions(read, "serialization")
    answers["Case"] = answers.pop("ShownCase")
    unions = {
        "MessageRequest": _any_of("Message", requests),
        "AddressedMessage": _any_of("Line", requests),
        "BulkAnswer": {"anyOf": [{"$ref": f"{SCHEMAS}BulkLine"}, {"$ref": f"{SCHEMAS}BulkEnd"}]},
    }
    return dict(sorted({**requests, **answers, **unions}.items()))


def _model(name: str, kind: str, fields: dict[str, Any]) -> type[BaseModel]:
    """A message with its `type`, under a name of its own."""
    base: type[Message] = SIGNALS[name].model
    named: Any = {"type": (Literal[name], ...), **fields}
    return create_model(f"{base.__name__}{kind}", __base__=base, __doc__=base.__doc__, **named)


def _definitions(models: Sequence[type[BaseModel]], mode: JsonSchemaMode) -> dict[str, Any]:
    _, defined = models_json_schema(
        [(model, mode) for model in models], ref_template=SCHEMAS + "{model}", schema_generator=MessageSchemas
    )
    definitions: dict[str, Any] = defined["$defs"]
    return definitions


def _any_of(kind: str, requests: Mapping[str, Any]) -> dict[str, Any]:
    names = [f"{SIGNALS[name].model.__name__}{kind}" for name in SIGNALS]
    assert set(names) <= requests.keys()
    return {"anyOf": [{"$ref": f"{SCHEMAS}{name}"} for name in names]}


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(text(), encoding="utf-8")
