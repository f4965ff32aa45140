"""The refused rows of a file, as a file that the same map reads again once they are corrected."""

import csv
from codecs import BOM_UTF8, BOM_UTF16_LE
from collections.abc import Iterable, Sequence
from io import StringIO
from typing import Final

from conviction_gate.files.conversion import Refused
from conviction_gate.files.maps import Map
from conviction_gate.files.tables import OWN_COLUMNS, Table

_MARKED: Final = {"utf-8-sig": (BOM_UTF8, "utf-8"), "utf-16": (BOM_UTF16_LE, "utf-16-le")}
"""Encodings that begin with a mark, and what follows it."""


def refused_header(table: Table, by: Map) -> bytes:
    """The beginning of the file: the names of its columns."""
    mark, _ = _MARKED.get(by.encoding, (b"", ""))
    above = [] if by.positions else [["refused rows"]] * by.skip_lines
    return mark + _written([*above, _columns(table)], by)


def refused_rows(refused: Iterable[Refused], table: Table, by: Map) -> bytes:
    """The rows with the reason of each, in the encoding of their source.

    Dropped columns are left empty, and so is a row of which nobody knows what is in which column.
    """
    lines = []
    for row, reason in refused:
        kept = {} if row.flaw else {name: cell for name, cell in row.cells.items() if name not in by.dropped}
        cells = kept | dict(zip(OWN_COLUMNS, (str(row.line), reason), strict=True))
        lines.append([cells.get(name, "") for name in _columns(table)])
    return _written(lines, by)


def _columns(table: Table) -> list[str]:
    return [*table.columns, *(name for name in OWN_COLUMNS if name not in table.columns)]


def _written(lines: Iterable[Sequence[str]], by: Map) -> bytes:
    text = StringIO(newline="")
    csv.writer(text, delimiter="," if by.positions else by.delimiter, lineterminator="\r\n").writerows(lines)
    _, encoding = _MARKED.get(by.encoding, (b"", by.encoding))
    return text.getvalue().encode(encoding, errors="replace")
