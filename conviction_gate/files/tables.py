"""A file as a table: its encoding found out and named, its columns held to the map, its rows by line."""

import csv
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from io import StringIO
from typing import Final, NamedTuple

from conviction_gate.files.maps import Map

MAX_BYTES: Final = 2**27
"""Of a file: it is read as a whole, since the rows of one booking may be anywhere in it."""
OWN_COLUMNS: Final = ("refused line", "refused because")
"""What the file of refused rows has beside the columns of its source."""

_UTF8: Final = ("utf-8", "utf-8-sig")
_UTF16: Final = ("utf-16", "utf-16-le", "utf-16-be")
_ONE_BYTE: Final = ("cp1252", "iso8859-1")
_NAMES: Final = {"iso8859-1": "latin-1"}
"""What an encoding is called where Python's own name says little."""


class FileError(ValueError):
    """A file cannot be read as its map says; the text names the place and what to do."""


class Row(NamedTuple):
    """A row. `line`: where it begins. `cells`: by column. `flaw`: why it cannot be read, if so."""

    line: int
    cells: dict[str, str]
    flaw: str = ""


class Table(NamedTuple):
    """A file. `form`: its encoding and its ends of lines, in words."""

    form: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]


def read_table(data: bytes, by: Map) -> Table:
    """The rows of a file, without those that are blank.

    Raises:
        FileError: its encoding, its delimiter or its columns are not those of the map.
    """
    if len(data) > MAX_BYTES:
        raise FileError(f"larger than {MAX_BYTES // 2**20} MiB; split it, with the rows of a booking together")
    text, form = _decoded(data.rstrip(b"\x1a"), by.encoding)
    ends = "CRLF" if "\r\n" in text else "CR" if "\r" in text and "\n" not in text else "LF"
    lines = list(_cells_of(text, by))[by.skip_lines :] if not by.positions else list(_cut(text, by))
    if by.header and lines and lines[0][1] == [*by.header, *OWN_COLUMNS]:
        columns = tuple(map(_name, lines.pop(0)[1]))  # refused rows, with their reasons
    elif by.positions or by.header:
        columns = tuple(map(_name, by.positions or by.header))
    elif lines:
        columns = tuple(map(_name, lines.pop(0)[1]))
    else:
        raise FileError("empty; it must begin with the names of its columns")
    while columns and not columns[-1] and not any(any(cells[len(columns) - 1 :]) for _, cells in lines):
        columns = columns[:-1]  # a delimiter at the end of each line
    _check(columns, by)
    return Table(f"{form}, {ends}", columns, tuple(_rows(columns, lines)))


def _rows(columns: Sequence[str], lines: Sequence[tuple[int, list[str]]]) -> Iterator[Row]:
    for line, cells in lines:
        while len(cells) > len(columns) and not cells[-1]:
            cells = cells[:-1]
        if not any(cell.strip() for cell in cells):
            continue
        flaw = ""
        if len(cells) != len(columns):
            flaw = (
                f"{len(cells)} cells where the file has {len(columns)} columns; put a text that holds the "
                "delimiter into quotes"
            )
        yield Row(line, dict(zip(columns, (cell.strip() for cell in cells), strict=False)), flaw)


def _cells_of(text: str, by: Map) -> Iterator[tuple[int, list[str]]]:
    """The cells of each row, with the line on which it begins: a cell in quotes may hold ends of lines."""
    reader = csv.reader(StringIO(text, newline=""), delimiter=by.delimiter, strict=True)
    begins = 1
    try:
        for cells in reader:
            yield begins, cells
            begins = reader.line_num + 1
    except csv.Error as error:
        raise FileError(
            f"line {begins}: not to be read with the delimiter {by.delimiter!r} ({error}); correct its quotes"
        ) from None


def _cut(text: str, by: Map) -> Iterator[tuple[int, list[str]]]:
    """The cells of each line, by the positions of its characters."""
    for number, line in enumerate(text.splitlines(), 1):
        if number > by.skip_lines:
            yield number, [line[first - 1 : last] for first, last in by.positions.values()]


def _check(columns: Sequence[str], by: Map) -> None:
    """Raises where the columns of the file are not those of the map."""
    named = {one.column: f"columns.{name}" for name, one in by.columns.items()}
    named |= {_name(name): f"skip.{name}" for name in by.skip}
    if len(columns) == 1 and len(named) > 1 and (better := _likelier(columns[0], by.delimiter)):
        raise FileError(
            f"its columns are not parted by {by.delimiter!r} but by {better!r}; write delimiter = {better!r}"
        )
    if twice := next((name for name in columns if name and columns.count(name) > 1), None):
        raise FileError(f"two columns are named '{twice}'; give each a name of its own")
    for name, where in named.items():
        if name not in columns:
            near = get_close_matches(name, columns, 1)
            advice = f"did you mean '{near[0]}'?" if near else f"it has {', '.join(filter(None, columns))}"
            raise FileError(f"no column '{name}', which the map names under {where}; {advice}")
    known = {*named, *by.dropped, *OWN_COLUMNS}
    numbered = enumerate(columns, 1)
    if unknown := [name or f"(number {n}, without a name)" for n, name in numbered if name not in known]:
        raise FileError(
            f"{', '.join(unknown)}: neither mapped nor dropped; name each under [columns], or under [drop] "
            "where it must not come in"
        )


def _likelier(line: str, delimiter: str) -> str | None:
    return max((sign for sign in ",;\t|" if sign != delimiter and sign in line), key=line.count, default=None)


def _name(column: str) -> str:
    return " ".join(column.split())


def _decoded(data: bytes, encoding: str) -> tuple[str, str]:
    """The text of a file and its encoding in words; raises where the bytes are of another encoding."""
    found = _encoding_family(data)
    right = {"utf-16": _UTF16, "utf-8": _UTF8, "one byte": _ONE_BYTE}.get(found)
    if right is not None and encoding not in right:
        name, write = {
            "utf-16": ("UTF-16", "utf-16"),
            "utf-8": ("UTF-8", "utf-8-sig"),
            "one byte": ("neither UTF-8 nor UTF-16, so perhaps cp1252 or latin-1", "cp1252"),
        }[found]
        at = f" (line {_line_of_the_first(data)})" if found == "one byte" else ""
        raise FileError(
            f"its bytes are {name}{at}, and the map says {_NAMES.get(encoding, encoding)}; write encoding = "
            f"'{write}'"
        )
    marked = data.startswith((BOM_UTF8, BOM_UTF16_LE, BOM_UTF16_BE))
    if encoding == "utf-16" and not marked:
        raise FileError("UTF-16 without its mark; write encoding = 'utf-16-le' or 'utf-16-be'")
    if encoding in _UTF16[1:] and marked:
        encoding = "utf-16"
    if encoding == "iso8859-1" and any(0x80 <= byte < 0xA0 for byte in data):
        raise FileError("its bytes from 0x80 to 0x9F are letters in cp1252 only; write encoding = 'cp1252'")
    try:
        text = data.decode("utf-8-sig" if encoding == "utf-8" else encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise FileError(f"line {line}: not {encoding} ({error.reason}); save it as CSV in UTF-8") from None
    name = _NAMES.get(encoding, encoding).removesuffix("-sig")
    return text, name + (" with a mark" if marked else "")


def _encoding_family(data: bytes) -> str:
    """Which encodings the bytes can be in: `utf-8`, `utf-16`, `one byte`, or `any` where they do not tell."""
    head = data[:1000]  # of text in UTF-16 about every other byte is zero
    if data.startswith((BOM_UTF16_LE, BOM_UTF16_BE)) or head.count(0) > len(head) // 4:
        return "utf-16"
    if data.startswith(BOM_UTF8):
        return "utf-8"
    if data.isascii():
        return "any"
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return "one byte"
    return "utf-8"


def _line_of_the_first(data: bytes) -> int:
    """The line of the first byte that is none of UTF-8."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        return data.count(b"\n", 0, error.start) + 1
    return 1
