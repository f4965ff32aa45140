"""From a file to messages: JSON Lines, one JSON object over as many lines as it likes, or an array.

A message names its case beside its own fields, by `agency` and `tracking_number` or by `case_id`.
Fields that nobody knows are refused here, where the sender can still mend a slip of the pen.
"""

import difflib
import json
from codecs import BOM_UTF8
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from inspect import isclass
from io import BytesIO
from itertools import chain, islice
from typing import Any, BinaryIO, Final, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from conviction_gate.contracts.booking import Booking
from conviction_gate.contracts.fields import Ori, TrackingNumber, WireModel
from conviction_gate.contracts.history import HistoryAnswer
from conviction_gate.contracts.message import Message
from conviction_gate.contracts.names import CaseId
from conviction_gate.contracts.reading import DoesNotFit, read_message, read_object, reasons
from conviction_gate.contracts.signals import SIGNALS

T = TypeVar("T")

CASE_FORM: Final = "booking-case:ORI:NUMBER or ORI:NUMBER, as in CA0190000:A2012-0042117"


LONGEST: Final = 2**20
"""Bytes of a line; the server takes half of it in one message."""
WHOLE_MOST: Final = 2**25
"""Bytes of a file that is not JSON Lines: it is read whole."""
LOOKED_AT: Final = 100
"""Lines of a file that are looked at to tell whether it is JSON Lines."""


@dataclass(frozen=True)
class Item:
    """One piece of a file, and where it stands there, as a person would look for it.

    `text`: as it stood; empty where it is too long to be held. `end`: bytes of the file up to the
    item's end.
    """

    where: str
    text: bytes
    end: int = 0
    flaw: str = ""

    def read(self, reader: Callable[[bytes], T]) -> T:
        """What the reader makes of it; raises `DoesNotFit`."""
        if self.flaw:
            raise DoesNotFit(self.flaw)
        return reader(self.text)


@dataclass(frozen=True)
class Addressed:
    """A message and the case that it is for."""

    message: Message
    case_id: CaseId


def items_in(file: BinaryIO) -> Iterator[Item]:
    """The objects of a file, in order; one that is broken stays broken, for its reader to refuse.

    JSON Lines are read line by line, all else at once.
    """
    lines = iter(lambda: file.readline(LONGEST + 1), b"")
    head: list[bytes] = []
    for line in islice(lines, LOOKED_AT):
        head.append(line if head else line.removeprefix(BOM_UTF8))
        if _is_object(head[-1]) or _is_endless(head[-1]):
            yield from _each(chain(head, lines))
            return
    data = b"".join(head)
    yield from _in_whole(data + file.read(max(WHOLE_MOST + 1 - len(data), 0)))


def _each(lines: Iterable[bytes]) -> Iterator[Item]:
    """Each line for itself; one that is too long may come in pieces."""
    number = end = 0
    inside = False
    for line in lines:
        end += len(line)
        if not inside:
            number += 1
            text = line.removesuffix(b"\n")
            if len(text) > LONGEST:
                yield Item(f"line {number}", b"", end, _TOO_LONG)
            elif text.strip():
                yield Item(f"line {number}", text, end)
        inside = not line.endswith(b"\n")


def _in_whole(data: bytes) -> Iterable[Item]:
    """An array, or one object over many lines."""
    size = len(data)
    if size > WHOLE_MOST:
        return [Item("line 1", b"", size, _TOO_LARGE)]
    try:
        whole = json.loads(data)
    except RecursionError:
        return [Item("line 1", data, size)]
    except ValueError as error:
        lines = [*_each(BytesIO(data))]
        if len(lines) > 1 and not any(_is_object(line.text) for line in lines):
            # One object over many lines, broken somewhere: one complaint, not one a line.
            return [Item(f"line {getattr(error, 'lineno', 1)}", data, size)]
        return lines
    if not isinstance(whole, list):
        return [Item("line 1", data, size)]
    return (
        Item(f"item {n}", json.dumps(value).encode(), size * n // len(whole))
        for n, value in enumerate(whole, 1)
    )


_TOO_LONG: Final = f"longer than {LONGEST // 2**20} MiB; shorten it"
_TOO_LARGE: Final = (
    f"the file is no JSON Lines and larger than {WHOLE_MOST // 2**20} MiB; write one object a line"
)


def _is_endless(line: bytes) -> bool:
    """An object, as it seems, that is longer than any."""
    return len(line) > LONGEST and line.startswith(b"{")


def _is_object(line: bytes) -> bool:
    """A whole object on a line of its own, not one that is indented within another."""
    if not line.startswith(b"{"):
        return False
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return False
    return True


def read_case_id(text: str) -> CaseId | None:
    """A case as a person names it, with or without `booking-case:`."""
    return CaseId.parse(text) or CaseId.parse(f"booking-case:{text}")


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
    """One answer of a history source; raises `DoesNotFit`."""
    fields = read_object(text)
    refuse_unknown(HistoryAnswer, fields)
    try:
        return HistoryAnswer.model_validate_json(json.dumps(fields))
    except ValidationError as error:
        raise DoesNotFit(reasons(error)) from None


def refuse_unknown(model: type[BaseModel], fields: dict[str, Any]) -> None:
    """Raises `DoesNotFit` naming the first fields, at any depth, that the model does not have."""
    unknown = [*islice(_unknown(model, fields, ""), 3)]
    if unknown:
        raise DoesNotFit("; ".join(unknown))


def _unknown(model: type[BaseModel], value: object, path: str) -> Iterator[str]:
    if isinstance(value, list):
        for n, inner in enumerate(value):
            yield from _unknown(model, inner, f"{path}{n}.")
    elif isinstance(value, dict):
        for key, inner in value.items():
            if (field := model.model_fields.get(key)) is None:
                near = difflib.get_close_matches(key, model.model_fields, 1)
                advice = f"did you mean {path}{near[0]}?" if near else "take it out"
                yield f"{path}{key[:64]}: unknown field; {advice}"
            for nested in _models_in(field.annotation if field else None):
                yield from _unknown(nested, inner, f"{path}{key}.")


def _models_in(annotation: object) -> Iterator[type[BaseModel]]:
    if isclass(annotation) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models_in(part)


class _Address(WireModel):
    agency: Ori
    tracking_number: TrackingNumber


def _addressee(fields: dict[str, Any]) -> CaseId | None:
    """Takes a message's address off its fields."""
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
    raise DoesNotFit(f"case_id: names no case; write {CASE_FORM}")


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
            told = " and ".join(map(str, several))
            raise DoesNotFit(f"case_id: two cases are named, {told}; name one")


def _type(said: object, asked: str | None) -> str:
    if not isinstance(said, str):
        raise DoesNotFit(f"type: missing or not a text; name one of {', '.join(SIGNALS)}")
    if asked is not None and said != asked:
        raise DoesNotFit(f"type: '{said[:64]}', but {asked} was asked for; send it as its own type")
    return said
