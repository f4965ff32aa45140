"""From the rows of a table to messages: grouped, named, and held to the contract."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any, Final, NamedTuple

from conviction_gate.contracts.booking import Booking
from conviction_gate.contracts.names import CaseId
from conviction_gate.contracts.reading import DoesNotFit, mismatch, read_history, read_message
from conviction_gate.files.cells import CellError, read_cell
from conviction_gate.files.dispositions import OTHER, fold_word, history_word
from conviction_gate.files.fields import CONVICTION, COURT_ENTRIES, DISMISSALS, ENTRIES_OF, INFRACTION, Value
from conviction_gate.files.maps import Map, fold
from conviction_gate.files.tables import Row, Table

MAX_ID: Final = 128
_OF_A_CONVICTION: Final = ("severity", "convicted_of")


class Made(NamedTuple):
    """A message, as JSON has it, and the rows that it was made of."""

    rows: tuple[Row, ...]
    message: dict[str, Any]

    @property
    def where(self) -> str:
        """Its lines, as in `lines 2, 3`."""
        return _where(self.rows)


class Refused(NamedTuple):
    """A row of which nothing was made, and why."""

    row: Row
    reason: str


class Unmapped(NamedTuple):
    """A literal that the map does not explain."""

    field: str
    column: str
    literal: str


@dataclass
class Conversion:
    """What became of a file.

    `unclear`: histories of which a row was refused, so that a person reads them. `repeated`: messages that the
    file holds again, and that are made once. `skipped`: rows that the map leaves out.
    """

    made: list[Made] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    unmapped: Counter[Unmapped] = field(default_factory=Counter)
    unclear: int = 0
    repeated: int = 0
    skipped: int = 0


@dataclass
class _Read:
    """A row whose cells were read. `reasons`: why it is refused, if so. `word`: the court's own."""

    row: Row
    fields: dict[str, Value]
    reasons: list[str]
    word: str = ""


def convert(table: Table, by: Map, now: datetime) -> Conversion:
    """The messages of a table. `now`: when they are sent, for dates that are yet to come."""
    done = Conversion()
    skip = {" ".join(name.split()): {*map(fold, words)} for name, words in by.skip.items()}
    read: list[_Read] = []
    for row in table.rows:
        if not row.flaw and any(fold(row.cells[name]) in words for name, words in skip.items()):
            done.skipped += 1
        else:
            read.append(_read(row, by, done.unmapped))
    made: dict[tuple[object, ...], list[Made]] = {}
    for group in _grouped(read, by):
        try:
            one = Made(tuple(it.row for it in group), _message(group, by, now))
        except DoesNotFit as reason:
            _refuse(done, group, str(reason))
            if by.makes == "history" and (unclear := _unclear(group)):
                done.unclear += 1
                made.setdefault((group[0].row.line,), []).append(Made((group[0].row,), unclear))
        else:
            made.setdefault(_key(one), []).append(one)
    for several in made.values():
        _add(done, several)
    done.made.sort(key=lambda one: one.rows[0].line)
    done.refused.sort(key=lambda one: one.row.line)
    return done


def _add(done: Conversion, several: Sequence[Made]) -> None:
    """Messages of one id: one where all say the same, else none, for nothing says which of them is right."""
    if all(one.message == several[0].message for one in several):
        done.made.append(several[0])
        done.repeated += len(several) - 1
        return
    for one in several:
        others = ", ".join(str(row.line) for it in several if it is not one for row in it.rows)
        reason = (
            f"the same key as line {others} and other content; keep the right one, or name in the map's key "
            "(or group_by) what tells them apart"
        )
        done.refused += [Refused(row, reason) for row in one.rows]


def _read(row: Row, by: Map, unmapped: Counter[Unmapped]) -> _Read:
    read = _Read(row, dict(by.constants), [row.flaw] if row.flaw else [])
    if row.flaw:
        return read
    for name, column in by.columns.items():
        text = row.cells[column.column]
        try:
            value = read_cell(text, column, by.kinds[name])
        except CellError as error:
            read.reasons.append(f"{name} (column '{column.column}'): {error}")
            if error.literal is not None:
                unmapped[Unmapped(name, column.column, error.literal)] += 1
            continue
        if value is not None:
            read.fields[name] = value
            if name == "disposition":
                read.word = text
        elif name == "charge_id" and "" not in (column.meanings or ()):
            read.reasons.append(
                f"{name} (column '{column.column}'): empty, and a dismissal without it ends every charge; fill "
                "it in, or write values = {'' = ''} in the map"
            )
    return read


def _grouped(read: Iterable[_Read], by: Map) -> Iterator[list[_Read]]:
    """The rows of each message. A row that cannot be read takes with it the message that it may belong to."""
    keys = by.group_by or _whose(by)
    groups: dict[tuple[object, ...], list[_Read]] = {}
    by_cell: dict[str, list[list[_Read]]] = {}
    astray: list[_Read] = []
    previous: list[_Read] = []
    for one in read:
        key = tuple(one.fields.get(name) for name in keys)
        if not keys:
            yield [one]
        elif one.row.flaw:
            astray.append(one)
        elif None in key if by.group_by else not any(key):
            if not one.reasons:
                one.reasons.append(f"{' or '.join(keys)}: empty, so it belongs to no {by.makes}; fill it in")
            yield [one]
            if previous and _holds_an_entry(one, by):
                _doubt(
                    previous, f"line {one.row.line} may be another row of it, since nothing tells whose it is"
                )
        else:
            if key not in groups:
                groups[key] = []
                for part in filter(None, key):
                    by_cell.setdefault(str(part), []).append(groups[key])
            previous = groups[key]
            previous.append(one)
    for one in astray:
        yield [one]
        for cell in {*one.row.cells.values()}:
            for group in by_cell.get(cell, ()):
                _doubt(group, f"line {one.row.line} may be another row of it, and cannot be read")
    yield from groups.values()


def _whose(by: Map) -> tuple[str, ...]:
    """What the rows of a history are grouped by where the map does not say: whose it is."""
    return tuple(name for name in by.columns if name.startswith("subject.")) if by.makes == "history" else ()


def _holds_an_entry(one: _Read, by: Map) -> bool:
    return any(name.partition(".")[0] in ENTRIES_OF[by.makes] for name in one.fields.keys() - by.constants)


def _doubt(group: Sequence[_Read], reason: str) -> None:
    """Refuse a message of which a row may be missing: without that charge it would look harmless."""
    group[0].reasons.append(f"{reason}; correct that line first")


def _message(group: Sequence[_Read], by: Map, now: datetime) -> dict[str, Any]:
    """The message of one group; raises `DoesNotFit`."""
    if bad := [one for one in group if one.reasons]:
        several = len(group) > 1
        raise DoesNotFit(
            "; ".join(f"line {one.row.line}: {it}" if several else it for one in bad for it in one.reasons)
        )
    try:
        message = _fields(group, by)
        if by.makes == "history":
            read_history(json.dumps(message))
        else:
            message["message_id"] = _message_id(message, by)
            _check(message, now)
    except DoesNotFit as reason:
        raise DoesNotFit(_with_column(str(reason), by)) from None
    return message


def _fields(group: Sequence[_Read], by: Map) -> dict[str, Any]:
    """The fields of a message as the contract nests them; raises where the rows of a group differ."""
    entries = ENTRIES_OF[by.makes]
    message: dict[str, Any] = {}
    for one in group:
        parts: dict[str, dict[str, Value]] = {part: {} for part in entries}
        for name, value in one.fields.items():
            part, _, inner = name.partition(".")
            if part in parts:
                parts[part][inner] = history_word(str(value)) if name == "record.disposition" else value
                continue
            held = message.setdefault(part, {}) if inner else message
            if held.setdefault(inner or part, value) != value:
                raise DoesNotFit(
                    f"{name}: line {one.row.line} has another one than line {group[0].row.line}; correct it"
                )
        for part, inside in parts.items():
            said = {name for name, value in one.fields.items() if value is not False} - by.constants.keys()
            if part == "charge" or any(name.startswith(f"{part}.") for name in said):
                message.setdefault(entries[part], []).append(inside)
    if by.makes == "booking":
        for number, charge in enumerate(message.get("charges", ()), 1):
            charge.setdefault("charge_id", str(number))
    elif by.makes != "history":
        message = _by_the_court(message, group[0].word)
    return {name: value for name, value in message.items() if value not in ("", None)}


def _by_the_court(fields: dict[str, Any], word: str) -> dict[str, Any]:
    """A conviction, a dismissal or a docket entry, as the court's word says."""
    sent, decided_on = fields.pop("disposition", None), fields.pop("decided_on", None)
    detail = fields.pop("detail", None) or word
    if sent is None:
        raise DoesNotFit("disposition: empty; a row without one is nothing to send, so leave it out by skip")
    if sent in (CONVICTION, INFRACTION):
        if sent == INFRACTION and fields.setdefault("severity", "infraction") != "infraction":
            raise DoesNotFit(
                f"severity: {fields['severity']}, and the court's word says infraction; correct one of the two"
            )
        return {"type": "conviction", **fields, "decided_on": decided_on}
    for name in _OF_A_CONVICTION:
        fields.pop(name, None)  # what was charged: nobody was convicted of it
    if sent in DISMISSALS:
        return {"type": "dismissal", **fields, "decided_on": decided_on, "disposition": sent}
    if sent == OTHER and word:  # no rule knows it, so that a person is asked to look
        is_an_entry = fold_word(word).replace(" ", "_") in COURT_ENTRIES
        sent = f"the court's word: {word}" if is_an_entry else word
    return {"type": "court_update", **fields, "occurred_on": decided_on, "entry": sent, "detail": detail}


def _message_id(message: Mapping[str, Any], by: Map) -> str:
    """The map's tag and the row's own key: the same for a corrected row, which the case then does not take."""
    if named := message.get("message_id"):
        parts = [named]
    elif names := by.key or by.group_by:
        parts = [_value(message, name) for name in names]
    elif by.makes == "booking":
        parts = [message.get(name) for name in ("agency", "tracking_number", "booking_number")]
    else:
        dated = message.get("decided_on") or message.get("occurred_on")
        parts = [*(message.get(name) for name in ("agency", "tracking_number", "charge_id")), dated]
    key = ":".join(str(part or "").replace("%", "%25").replace(":", "%3A") for part in (by.tag, *parts))
    return key if len(key) <= MAX_ID else f"{by.tag[:40]}:{sha256(key.encode()).hexdigest()[:40]}"


def _value(message: Mapping[str, Any], name: str) -> object:
    if name == "disposition":
        return message.get("disposition") or message.get("entry") or message.get("type")
    if name == "decided_on":
        return message.get("decided_on") or message.get("occurred_on")
    outer, _, inner = name.partition(".")
    return message.get(outer, {}).get(inner) if inner else message.get(outer)


def _check(message: dict[str, Any], now: datetime) -> None:
    """Raises `DoesNotFit` where a case could not take it."""
    fields = {name: value for name, value in message.items() if value is not None}
    name = fields.pop("type", "booking")
    case_id = CaseId.parse(f"booking-case:{fields.get('agency')}:{fields.get('tracking_number')}")
    if name != "booking":
        for named in ("agency", "tracking_number"):
            fields.pop(named, None)
        if case_id is None:
            raise DoesNotFit("agency, tracking_number: name no case; send an ORI and a tracking number")
    read = read_message(name, json.dumps(fields))
    if reason := mismatch(read, read.case_id if isinstance(read, Booking) else case_id, now):
        raise DoesNotFit(reason)


def _unclear(group: Sequence[_Read]) -> dict[str, Any] | None:
    """What is left of a history of which a row was refused: whose it is, and that it is not known."""
    subject = {
        name.removeprefix("subject."): value
        for one in group
        for name, value in one.fields.items()
        if name.startswith("subject.")
    }
    return {"subject": subject, "records": [{"disposition": "unknown"}]} if subject else None


def _refuse(done: Conversion, group: Sequence[_Read], reason: str) -> None:
    for one in group:
        done.refused.append(Refused(one.row, "; ".join(one.reasons) if one.reasons else reason))


def _key(made: Made) -> tuple[object, ...]:
    """What tells a message from others of the file; the subject of a history."""
    message = made.message
    if "subject" in message and "message_id" not in message:
        return (*sorted(message["subject"].items()),)
    return tuple(message.get(name) for name in ("agency", "tracking_number", "sender", "message_id"))


def _with_column(reason: str, by: Map) -> str:
    """A reason of the contract with the column of its field."""
    name, colon, rest = reason.partition(":")
    field_name = {"occurred_on": "decided_on", "entry": "disposition"}.get(name, name)
    column = by.columns.get(field_name)
    return f"{field_name} (column '{column.column}'){colon}{rest}" if column and colon else reason


def _where(rows: Sequence[Row]) -> str:
    lines = [str(row.line) for row in rows]
    return f"line {lines[0]}" if len(lines) == 1 else f"lines {', '.join(lines)}"
