"""Reads the bodies of requests, within their limits, into messages that are stamped with their sender."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ValidationError
from starlette.requests import ClientDisconnect, Request

from conviction_gate.contracts.booking import Booking
from conviction_gate.contracts.court import Correction, ReviewDecision
from conviction_gate.contracts.message import Message
from conviction_gate.contracts.names import CaseId
from conviction_gate.contracts.reading import (
    DoesNotFit,
    FieldPath,
    field_errors,
    mismatch,
    no_constant,
    read_object,
)
from conviction_gate.contracts.signals import SIGNALS, type_of
from conviction_gate.contracts.unknown_fields import unknown_fields
from conviction_gate.door.callers import EVERYTHING, REVIEW
from conviction_gate.door.identity import Identity
from conviction_gate.door.problems import Problem, does_not_fit, missing_right, refused_text

MAX_MESSAGE_BYTES: Final = 64 * 1024
MAX_BULK_BYTES: Final = 16 * 1024 * 1024
BODY_WITHIN: Final = 30.0
"""Seconds for the body of one message, or for the next part of a bulk body."""
JSON: Final = "application/json"
NDJSON: Final = "application/x-ndjson"

B = TypeVar("B", bound=BaseModel)


def check_content_type(request: Request, expected: str) -> None:
    """Raises `Problem` where the request says that its body is something else, or says nothing."""
    given = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if given != expected:
        raise Problem(
            "wrong-content-type", f"send {expected} and name it in Content-Type", headers={"Accept": expected}
        )


def check_length(request: Request, most: int) -> None:
    """Raises `Problem` where the request says that its body is too long."""
    length = request.headers.get("content-length", "")
    if length.isdecimal() and int(length) > most:
        raise too_large(most)


def too_large(most: int) -> Problem:
    """The refusal of a body, or of a line, of more than so many bytes."""
    return Problem("too-large", f"more than {most:,} bytes; send less at a time")


async def parts_of(request: Request, most: int) -> AsyncIterator[bytes]:
    """The body as it arrives; raises `Problem` where there is more of it, or where it does not come."""
    check_length(request, most)
    size = 0
    parts = request.stream()
    while True:
        try:
            async with asyncio.timeout(BODY_WITHIN):
                part = await anext(parts)
        except StopAsyncIteration:
            return
        except TimeoutError:
            raise Problem("too-slow", f"no more of the body came within {BODY_WITHIN:.0f} s") from None
        except ClientDisconnect:
            raise Problem("not-json", "the connection was closed before the whole body came") from None
        size += len(part)
        if size > most:
            raise too_large(most)
        yield part


async def read_json(request: Request) -> dict[str, Any]:
    """The JSON object of a request."""
    check_content_type(request, JSON)
    return object_in(b"".join([part async for part in parts_of(request, MAX_MESSAGE_BYTES)]))


def object_in(body: bytes, of: str = "body") -> dict[str, Any]:
    """A JSON object; raises `Problem`. `of`: whether it is the whole body or a line of it."""
    try:
        return read_object(body)
    except DoesNotFit as error:
        if _is_json(body):
            raise does_not_fit([((), str(error))]) from None
        raise Problem("not-json", f"the {of} is not JSON in UTF-8; send one JSON object") from None


def _is_json(body: bytes) -> bool:
    try:
        json.loads(body, parse_constant=no_constant)
    except (ValueError, RecursionError):
        return False
    return True


def read_fields(model: type[B], fields: Mapping[str, Any]) -> B:
    """The model of these fields; raises `Problem` naming each one that does not fit or is unknown."""
    errors: list[tuple[FieldPath, str]] = [*unknown_fields(model, fields)]
    try:
        read = model.model_validate_json(json.dumps(fields))
    except ValidationError as error:
        errors += field_errors(error)
    if errors:
        raise does_not_fit(errors)
    return read


def read_type(fields: Mapping[str, Any]) -> str:
    """The type that a message names; raises `Problem`."""
    name = fields.get("type")
    if isinstance(name, str) and name in SIGNALS:
        return name
    missing = "missing; it is required" if name is None else "an unknown word"
    raise does_not_fit([(("type",), f"{missing}; write one of {', '.join(SIGNALS)}")])


def check_right(identity: Identity, name: str) -> str:
    """The right that sending a type of message needs; raises `Problem` where the caller does not have it."""
    right = REVIEW if name == "review_decision" else name
    if not identity.caller.holds(right):
        raise missing_right(identity.caller, right)
    return right


def read_message(name: str, fields: Mapping[str, Any], identity: Identity) -> Message:
    """A message of this type, stamped with who sends it.

    Raises `Problem`: where it does not fit; where it names another sender or a reviewer; where it corrects what
    the caller may not correct.
    """
    stamped = {key: value for key, value in fields.items() if key != "type"}
    _stamp_sender(stamped, identity)
    if name == "review_decision":
        _stamp_reviewer(stamped, identity)
    if name == "correction":
        _stamp_correction(stamped, identity)
    message = read_fields(SIGNALS[name].model, stamped)
    if isinstance(message, Correction) and message.replacement is not None:
        check_right(identity, type_of(message.replacement))
    return message


def check_addressed(message: Message, case_id: CaseId) -> None:
    """Raises `Problem` where a message names another case, or is dated in the future."""
    if reason := mismatch(message, case_id, datetime.now(UTC)):
        raise refused_text(reason)


def ruling(fields: Mapping[str, Any], identity: Identity) -> ReviewDecision:
    """A ruling of today by the signed-in person."""
    message = read_message(
        "review_decision", {**fields, "decided_on": datetime.now(UTC).date().isoformat()}, identity
    )
    assert isinstance(message, ReviewDecision)
    return message


def person_of(identity: Identity) -> str:
    """The signed-in person's id; raises `Problem` where a program called."""
    if identity.person is None:
        raise Problem(
            "not-permitted",
            f"{identity.caller.name} is not a person, and only a person may do this; sign in, or let the "
            "operator name the `person` whose key it is",
            right=REVIEW,
        )
    return identity.person


def _stamp_sender(fields: dict[str, Any], identity: Identity) -> None:
    name = identity.caller.name
    given = fields.get("sender")
    if isinstance(given, str) and given.strip() not in ("", name):
        raise Problem(
            "not-permitted",
            f"sender: is another one; this caller is {name}, so leave it out",
            pointer="/sender",
        )
    if given is None or isinstance(given, str):
        fields["sender"] = name


def _stamp_reviewer(fields: dict[str, Any], identity: Identity) -> None:
    if "reviewer" in fields:
        raise Problem(
            "not-permitted", "reviewer: is the person who signed in; leave it out", pointer="/reviewer"
        )
    fields["reviewer"] = person_of(identity)


def _stamp_correction(fields: dict[str, Any], identity: Identity) -> None:
    """A caller corrects its own messages, and those of the senders that its entry names."""
    caller = identity.caller
    named = fields.get("corrects_sender")
    if EVERYTHING not in caller.corrects:
        if named is None:
            fields["corrects_sender"] = caller.name
        elif isinstance(named, str) and named.strip() not in (caller.name, *caller.corrects):
            raise Problem(
                "not-permitted",
                f"corrects_sender: {caller.name} may not correct what another sender wrote; ask that sender, "
                "or the operator to add it to `corrects`",
                pointer="/corrects_sender",
            )
    replacement = fields.get("replacement")
    if isinstance(replacement, dict):
        replacement = {**replacement}
        _stamp_sender(replacement, identity)
        fields["replacement"] = replacement


def booking_of(fields: Mapping[str, Any], identity: Identity) -> Booking:
    """A booking, stamped with who sends it; raises `Problem`."""
    message = read_message("booking", fields, identity)
    assert isinstance(message, Booking)
    return message
