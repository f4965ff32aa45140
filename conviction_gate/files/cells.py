"""One cell: from what an agency writes to what the contract has, or the reason why not."""

import re
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from conviction_gate.files.fields import Kind, Value
from conviction_gate.files.maps import Column

_SHORTENED: Final = re.compile(r"\d(?:[.,]\d+)?E\+\d+", re.IGNORECASE)
"""A long number as a spreadsheet shows it, its last digits gone."""
MAX_SHOWN: Final = 60
"""Characters of a cell that a reason repeats."""


class CellError(ValueError):
    """A cell that the map does not explain. `literal`: the cell, where it lacks a value or a format."""

    def __init__(self, reason: str, literal: str | None = None) -> None:
        super().__init__(reason)
        self.literal = literal


def read_cell(text: str, column: Column, kind: Kind) -> Value | None:
    """What a cell holds; None where it is empty, or the map says that this literal is nothing.

    Raises:
        CellError: the map has no value or format for it.
    """
    if column.meanings is not None:
        if (literal := column.compared(text)) in column.meanings:
            value = column.meanings[literal]
            return None if value == "" else value
        if not text:
            return None
        raise CellError(f"'{_shown(text)}' has no value in the map; add it there, or correct the cell", text)
    if not text:
        return None
    if kind == "id" and _SHORTENED.fullmatch(text):
        raise CellError(f"'{text}' is a number that a spreadsheet shortened; export that column as text")
    if column.formats and kind in ("date", "time"):
        return _by_formats(text, column, kind)
    return text


def _by_formats(text: str, column: Column, kind: Kind) -> str:
    """A date or a time as the contract writes it. Of several formats that fit, all must say the same."""
    found: dict[date, str] = {}
    for form in column.formats:
        try:
            read = datetime.strptime(text, form)  # noqa: DTZ007  a date, or its zone is put in below
        except ValueError:
            continue
        found.setdefault(read.date() if kind == "date" else _in_zone(read, column.zone), form)
    match list(found):
        case [one]:
            return one.isoformat()
        case []:
            wanted = " or ".join(column.formats)
            raise CellError(
                f"'{_shown(text)}' is not written as {wanted}; add its format, or correct the cell", text
            )
        case _:
            both = " and ".join(found.values())
            raise CellError(
                f"'{text}' can be read as {both}, which are different days; keep one of the formats", text
            )


def _in_zone(read: datetime, zone: ZoneInfo | None) -> date:
    """A time with its offset. The hour that a clock skips or shows twice has none that is certain."""
    if read.tzinfo is not None or zone is None:
        return read
    first, second = (read.replace(tzinfo=zone, fold=which) for which in (0, 1))
    if first.utcoffset() != second.utcoffset():
        raise CellError(
            f"the clock of {zone.key} skips this hour of that day or shows it twice; write the time with its "
            "offset, and a format with %z in the map"
        )
    return first


def _shown(text: str) -> str:
    return text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}…"
