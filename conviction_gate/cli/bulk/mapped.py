"""A file that a map reads, as the commands for JSON Lines take it: its messages and its refused rows."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Annotated, BinaryIO

import typer

from conviction_gate.cli.bulk.refused import RefusedFile, default_path, write_or_fail
from conviction_gate.cli.session import fail
from conviction_gate.client.bulk.items import Item, items_in
from conviction_gate.files.conversion import Conversion, Made, Refused, convert
from conviction_gate.files.maps import Map, MapError, read_map
from conviction_gate.files.refused_rows import refused_header, refused_rows
from conviction_gate.files.tables import MAX_BYTES, FileError, Row, Table, read_table

MAP = typer.Option(
    "--map",
    metavar="MAP",
    dir_okay=False,
    help="The map of a file that is not JSON: what each column of a CSV file is, in TOML (docs/files.md).",
)
MapFile = Annotated[Path | None, MAP]


@dataclass(frozen=True)
class Mapped:
    """A file, its map, and what became of it."""

    table: Table
    map: Map
    done: Conversion

    @classmethod
    def read(cls, file: BinaryIO, map_file: Path) -> "Mapped":
        """Read and convert a file; ends the command where that cannot be done."""
        try:
            by = read_map(map_file.read_text("utf-8-sig"), map_file.stem)
        except (OSError, UnicodeDecodeError) as error:
            fail(f"--map: {map_file} cannot be read ({error}); name a map in TOML")
        except MapError as error:
            fail(f"{map_file}: {error}")
        try:
            table = read_table(file.read(MAX_BYTES + 1), by)
        except FileError as error:
            fail(f"{getattr(file, 'name', '-')}: {error}")
        return cls(table, by, convert(table, by, datetime.now(UTC)))

    @property
    def items(self) -> Iterator[Item]:
        """Its messages and its refused rows, in the order of the file."""
        made = ((one.rows[0].line, Item(one.where, as_line(one).encode())) for one in self.done.made)
        refused = (
            (one.row.line, Item(f"line {one.row.line}", b"", flaw=one.reason)) for one in self.done.refused
        )
        ordered = sorted([*made, *refused], key=lambda found: found[0])
        return (replace(item, end=number) for number, (_, item) in enumerate(ordered, 1))

    @cached_property
    def rows(self) -> dict[str, tuple[Row, ...]]:
        """The rows behind each item, by where it is."""
        of_refused = {f"line {one.row.line}": (one.row,) for one in self.done.refused}
        return {one.where: one.rows for one in self.done.made} | of_refused


class RefusedRows:
    """The file of refused rows, written row by row. Without a refusal there is no file."""

    def __init__(self, path: Path, mapped: Mapped) -> None:
        self.path = path
        self.count = 0
        self._mapped = mapped

    def add(self, item: Item, reason: str) -> bool:
        """Write the rows of an item; ends the command where that fails."""
        table, by = self._mapped.table, self._mapped.map
        rows = refused_rows((Refused(row, reason) for row in self._mapped.rows[item.where]), table, by)
        write_or_fail(
            self.path, rows if self.count else refused_header(table, by) + rows, is_new=not self.count
        )
        self.count += 1
        return True


@dataclass(frozen=True)
class Source:
    """The objects of a file. `refused`: where those go that are refused; None where the file is a pipe.
    `size`: what the ends of all items come to, None where nobody knows."""

    items: Iterator[Item]
    refused: RefusedFile | RefusedRows | None
    size: int | None = None


def source(
    file: BinaryIO, map_file: Path | None, refused: Path | None = None, size: int | None = None
) -> Source:
    """The objects of a file of JSON, or those that a map makes of it. `refused`: where the user wants those."""
    if map_file is None:
        path = refused or default_path(file)
        return Source(items_in(file), RefusedFile(path) if path else None, size)
    mapped = Mapped.read(file, map_file)
    path = refused or default_path_of_rows(file)
    count = len(mapped.done.made) + len(mapped.done.refused)
    return Source(mapped.items, RefusedRows(path, mapped) if path else None, count or None)


def default_path_of_rows(file: BinaryIO) -> Path | None:
    """Where the refused rows of a file go without `--refused`; None for a pipe."""
    name = Path(str(getattr(file, "name", "-")))
    return name.with_name(f"{name.name}.refused.csv") if name.is_file() else None


def as_line(made: Made) -> str:
    """A message as a line of JSON."""
    return json.dumps(made.message, ensure_ascii=False)
