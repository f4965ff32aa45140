"""Reads text into a message, or into the reason why it does not fit.

All input is read here: signals, the update `submit`, starts, dockets, and files of the command line.
A reason names the field, says what is wrong with it, and how to correct it.
"""

import json
import re
from datetime import UTC, datetime
from typing import Any, Final, Literal, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from conviction_gate.contracts.booking import MAX_CHARGES, Booking, Subject
from conviction_gate.contracts.court import Correction
from conviction_gate.contracts.fields import A_DAY
from conviction_gate.contracts.history import HistoryAnswer, HistoryRecord
from conviction_gate.contracts.message import Message
from conviction_gate.contracts.names import CaseId
from conviction_gate.contracts.signals import SIGNALS, date_of

M = TypeVar("M", bound=BaseModel)

MAX_PAYLOAD_SHOWN: Final = 500
"""Characters that are kept of an input that does not fit."""
MAX_MESSAGE_BYTES: Final = 300_000
"""Bytes of one message; more are refused before they are read. The largest one that fits, a correction that
replaces a booking of 100 charges, every text full, has 256,338 bytes in ASCII."""

RejectionKind = Literal["does_not_fit", "misplaced", "not_taken"]
"""Not a message of the contract; of another case or day; or not one that this case can take."""


class DoesNotFit(ValueError):
    """The input is not a message of the contract, or not one that the case can take; the text is the reason."""

    def __init__(self, reason: str, kind: RejectionKind = "does_not_fit") -> None:
        super().__init__(reason)
        self.kind = kind


def read_message(name: str, text: bytes | str) -> Message:
    """A message of the signal with this name, from its JSON text; raises `DoesNotFit`."""
    signal = SIGNALS.get(name)
    if signal is None:
        raise DoesNotFit(f"type: {_quoted(name)} is not a known signal; send one of {', '.join(SIGNALS)}")
    return _read(signal.model, text)


def read_booking(text: bytes | str) -> Booking:
    """A booking from its JSON text; raises `DoesNotFit`."""
    return _read(Booking, text)


def read_history(text: bytes | str) -> HistoryAnswer:
    """A history source's answer, from its JSON text; raises `DoesNotFit`."""
    return _read(HistoryAnswer, text)


def read_unclear_history(text: bytes | str) -> HistoryAnswer:
    """What is left of a history that does not fit: whose it is, and that a person has to read it.

    Raises `DoesNotFit` where it does not even say whose it is.
    """
    whose = _read(_Whose, text)
    return HistoryAnswer(subject=whose.subject, records=(HistoryRecord(disposition="unknown"),))


class _Whose(BaseModel):
    subject: Subject


def read_typed(text: bytes | str, default: str | None = None) -> Message:
    """A message with its type, `{"type": "<signal name>", …its fields}`; raises `DoesNotFit`."""
    fields = read_object(text)
    name = fields.get("type")
    if name is None:
        name = default
    if name is None:
        raise DoesNotFit(f"type: missing; name one of {', '.join(SIGNALS)}")
    if not isinstance(name, str):
        raise DoesNotFit(f"type: not a text; name one of {', '.join(SIGNALS)}")
    return read_message(name, text)


def read_addressee(text: bytes | str) -> CaseId:
    """The case that a message after the end names by `agency` and `tracking_number`; raises `DoesNotFit`."""
    fields = read_object(text)
    agency, tracking_number = fields.get("agency"), fields.get("tracking_number")
    for name, value in (("agency", agency), ("tracking_number", tracking_number)):
        if not isinstance(value, str):
            raise DoesNotFit(f"{name}: missing or not a text; name the case that it corrects")
    case_id = CaseId.parse(f"booking-case:{agency}:{tracking_number}")
    if case_id is None:
        raise DoesNotFit("agency, tracking_number: name no case; send an ORI and a tracking number")
    return case_id


def read_object(text: bytes | str) -> dict[str, Any]:
    """One JSON object in UTF-8 that can be stored; raises `DoesNotFit`."""
    return _object_in(_plain_text(text))


def _plain_text(text: bytes | str) -> str:
    try:
        text = text.decode() if isinstance(text, bytes) else text
    except UnicodeDecodeError:
        raise DoesNotFit("the payload is not UTF-8; send one JSON object in UTF-8") from None
    return text.removeprefix("\ufeff")


def _object_in(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text, parse_constant=no_constant)
        written = json.dumps(value, ensure_ascii=False) if "\\u" in text else text
        written.encode()
    except (ValueError, RecursionError) as error:
        raise DoesNotFit(_not_json(error)) from None
    if _NUL.search(written):
        raise DoesNotFit("the payload contains a NUL character, which no database stores; leave it out")
    if not isinstance(value, dict):
        raise DoesNotFit(f"the payload is {_kind(value)}; send one JSON object")
    return value


def _check_number_of_charges(fields: dict[str, Any]) -> None:
    """pydantic would collect the problems of each of them first, which takes a second for 100,000."""
    replacement = fields.get("replacement")
    for field, message in (("charges", fields), ("replacement.charges", replacement)):
        charges = message.get("charges") if isinstance(message, dict) else None
        if isinstance(charges, list) and len(charges) > MAX_CHARGES:
            raise DoesNotFit(f"{field}: more than {MAX_CHARGES} of them; send fewer")


def oversize(size: int) -> str | None:
    """Why a message of so many bytes is not even read; None where it is."""
    if size <= MAX_MESSAGE_BYTES:
        return None
    return (
        f"the payload is too large: {size} bytes, and a message has at most {MAX_MESSAGE_BYTES}; "
        "send only the fields of docs/senders.md"
    )


def no_constant(name: str) -> None:
    """JSON has no NaN and no Infinity, which Python's reader would take."""
    raise ValueError(f"{name} is not JSON")


_NUL: Final = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")


def mismatch(message: Message, case_id: CaseId | None, received_at: datetime) -> str | None:
    """Why a well-formed message does not belong to this case at this time; None where it does."""
    if isinstance(message, Booking):
        if case_id is None:
            return (
                "the workflow id is not booking-case:{agency}:{tracking_number}; "
                "start the booking under its own id"
            )
        for field in ("agency", "tracking_number"):
            ours, theirs = getattr(case_id, field), getattr(message, field)
            if ours != theirs:
                return f"{field}: names another case ({case_id} was addressed); send it to {message.case_id}"
    field, dated = date_of(message)
    latest = received_at.astimezone(UTC) + A_DAY
    is_ahead = dated > latest if isinstance(dated, datetime) else dated > latest.date()
    if is_ahead:
        return f"{field}: {dated.isoformat()} is more than a day in the future; check the sender's clock"
    if isinstance(message, Correction) and message.replacement is not None:
        reason = mismatch(message.replacement, case_id, received_at)
        return f"replacement: {reason}" if reason else None
    return None


def _read(model: type[M], text: bytes | str) -> M:
    text = _plain_text(text)
    _check_number_of_charges(_object_in(text))
    try:
        return model.model_validate_json(text)
    except ValidationError as error:
        raise DoesNotFit(reasons(error)) from None


FieldPath = tuple[str | int, ...]
"""Where a field is: names of fields and places in lists, from the outside inwards."""


def field_errors(error: ValidationError) -> list[tuple[FieldPath, str]]:
    """Every field at fault and the reason, without the values themselves; `()` is the whole."""
    problems = error.errors(include_url=False, include_input=False)
    # Of a list whose one entry does not fit, pydantic also says that it is empty.
    inner = {problem["loc"][:-2] for problem in problems if len(problem["loc"]) > 2}
    inner |= {problem["loc"][:-1] for problem in problems}
    problems = [p for p in problems if p["type"] != "too_short" or p["loc"] not in inner]
    return [_field_and_reason(problem) for problem in problems]


def reasons(error: ValidationError) -> str:
    """The first three problems, each as `field: reason`, without the values themselves."""
    problems = field_errors(error)
    first = [_one_reason(*problem) for problem in problems[:3]]
    more = len(problems) - len(first)
    return "; ".join(first) + (f"; and {more} more" if more else "")


_A_DATE: Final = "not a date; write YYYY-MM-DD"
_A_TIME: Final = "not a time; write it as in 2012-05-04T02:15:00-07:00"
_WORDS: Final = {
    "missing": "missing; it is required",
    "string_type": "not a text; put it in quotes",
    "string_too_long": "longer than {max_length} characters; shorten it",
    "string_too_short": "empty; fill it in",
    "string_pattern_mismatch": "not of the form {pattern}; correct it",
    "literal_error": "an unknown word; write {expected}",
    "date_parsing": _A_DATE,
    "date_from_datetime_parsing": _A_DATE,
    "datetime_parsing": _A_TIME,
    "datetime_from_date_parsing": _A_TIME,
    "timezone_aware": "has no offset; write it as in 2012-05-04T02:15:00-07:00",
    "bool_type": "neither true nor false; write one of them, without quotes",
    "model_type": "not an object; send a JSON object",
    "tuple_type": "not a list; send a JSON list",
    "too_short": "an empty list; give at least {min_length} of them",
    "too_long": "more than {max_length} of them; send fewer",
    "json_invalid": "the payload is nested too deeply; send one flat JSON object",
}


def _one_reason(path: FieldPath, reason: str) -> str:
    field = ".".join(str(part)[:64] for part in path)
    return f"{field}: {reason}" if field else reason


def _field_and_reason(problem: ErrorDetails) -> tuple[FieldPath, str]:
    loc = problem["loc"]
    if loc[:1] == ("replacement",):  # behind it comes the type that was recognised
        loc = (*loc[:1], *loc[2:])
    words = _WORDS.get(problem["type"])
    if words is None:
        reason = problem["msg"].removeprefix("Value error, ")
    else:
        reason = words.format_map(problem.get("ctx", {}))
    return loc, reason


def _kind(value: object) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "a truth value"
        case str():
            return "a text"
        case int() | float():
            return "a number"
        case _:
            return "a list"


def _not_json(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "the payload is nested too deeply; send one flat JSON object"
    if isinstance(error, UnicodeEncodeError):
        return "the payload contains half a character (a lone surrogate); send valid Unicode"
    return "the payload is not JSON; send one JSON object"


def _quoted(name: str) -> str:
    return ascii(name[:64])
