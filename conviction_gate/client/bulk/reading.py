"""From the text of a file to a message and the case that it is for.

Beside its own fields a message names its case, by `agency` and `tracking_number` or by `case_id`.
Unknown fields are refused here, where the sender can still correct a typing mistake.
"""

import json
from dataclasses import dataclass
from itertools import islice
from typing import Any

from pydantic import BaseModel, ValidationError

from conviction_gate.client.case_names import CASE_FORM, read_case_id
from conviction_gate.contracts import reading
from conviction_gate.contracts.booking import Booking
from conviction_gate.contracts.fields import Ori, TrackingNumber, WireModel
from conviction_gate.contracts.history import HistoryAnswer
from conviction_gate.contracts.message import Message
from conviction_gate.contracts.names import CaseId
from conviction_gate.contracts.reading import DoesNotFit, read_message, read_object, reasons
from conviction_gate.contracts.signals import SIGNALS
from conviction_gate.contracts.unknown_fields import unknown_fields


@dataclass(frozen=True)
class Addressed:
    """A message and the case that it is for."""

    message: Message
    case_id: CaseId


def read_addressed(text: str | bytes, name: str | None = None, case_id: CaseId | None = None) -> Addressed:
    """A message of the type `name` (else its own `type`) for `case_id` (else the case it names).

    Raises `DoesNotFit` naming the field, the reason and what would be right.
    """
    fields = read_object(text)
    name = _type(fields.pop("type", name), name)
    signal = SIGNALS.get(name)
    named = [case_id, _case_of(fields.pop("case_id", None))]
    if name != "booking":
        named.append(_addressee(fields))
    if signal is not None:
        refuse_unknown(signal.model, fields)
    message = read_message(name, json.dumps(fields))
    if isinstance(message, Booking):
        named.append(message.case_id)
    return Addressed(message, _the_one(named))


def read_history(text: str | bytes) -> HistoryAnswer:
    """One answer of a history source, without unknown fields; raises `DoesNotFit`."""
    fields = read_object(text)
    refuse_unknown(HistoryAnswer, fields)
    return reading.read_history(text)


def refuse_unknown(model: type[BaseModel], fields: dict[str, Any]) -> None:
    """Raises `DoesNotFit` naming the first fields, at any depth, that the model does not have."""
    unknown = [*islice(unknown_fields(model, fields), 3)]
    if unknown:
        named = ((".".join(str(part)[:64] for part in path), reason) for path, reason in unknown)
        raise DoesNotFit("; ".join(f"{field}: {reason}" for field, reason in named))


class _Address(WireModel):
    agency: Ori
    tracking_number: TrackingNumber


def _addressee(fields: dict[str, Any]) -> CaseId | None:
    """The case that `agency` and `tracking_number` name; removes them from the fields."""
    given = {name: fields.pop(name) for name in _Address.model_fields if name in fields}
    if not given:
        return None
    try:
        address = _Address.model_validate(given)
    except ValidationError as error:
        raise DoesNotFit(reasons(error)) from None
    return CaseId(address.agency, address.tracking_number)


def _case_of(value: object) -> CaseId | None:
    if value is None:
        return None
    if isinstance(value, str) and (case_id := read_case_id(value)):
        return case_id
    raise DoesNotFit(f"case_id: does not name a case; write {CASE_FORM}")


def _the_one(named: list[CaseId | None]) -> CaseId:
    match list(dict.fromkeys(case_id for case_id in named if case_id)):
        case [case_id]:
            return case_id
        case []:
            raise DoesNotFit(
                "agency: missing; name the case by agency and tracking_number, by case_id, "
                "or by the option --case"
            )
        case several:
            raise DoesNotFit(f"case_id: the message names {' and '.join(map(str, several))}; name one case")


def _type(given: object, expected: str | None) -> str:
    if not isinstance(given, str):
        raise DoesNotFit(f"type: missing or not a text; write one of {', '.join(SIGNALS)}")
    if expected is not None and given != expected:
        raise DoesNotFit(f"type: '{given[:64]}' in a file of {expected}; send it without TYPE, or with its own")
    return given
