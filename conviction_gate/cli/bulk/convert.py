"""The command `convert`: an agency's CSV as the JSON Lines that the other commands take."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from conviction_gate.cli.bulk.mapped import MAP, Mapped, as_line, default_path_of_rows
from conviction_gate.cli.bulk.refused import require_other_file, write_or_fail
from conviction_gate.cli.options import Data, Json
from conviction_gate.cli.printing import clean, console, print_text
from conviction_gate.cli.session import REFUSED, agency_catalogs
from conviction_gate.files.refused_rows import refused_header, refused_rows
from conviction_gate.files.summary import Summary, summary

MAX_SHOWN = 20
"""Refused rows that are printed one by one; the file has all."""


def convert(
    file: Annotated[
        typer.FileBinaryRead,
        typer.Argument(metavar="FILE|-", help="CSV, or what its map says; - for standard input."),
    ],
    map_file: Annotated[Path, MAP],
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; print what would become of the file.")
    ] = False,
    refused: Annotated[
        Path | None,
        typer.Option(
            "--refused",
            metavar="FILE",
            dir_okay=False,
            help="Where to write refused rows, to be corrected and converted again. Without it, "
            "FILE.refused.csv.",
        ),
    ] = None,
    as_json: Json = False,
    data: Data = None,
) -> None:
    """Turn a CSV file into the JSON Lines of start, send, history import and docket import.

    A row of which the map does not explain everything is refused with the reason, and the rest goes on.
    """
    if (path := refused or default_path_of_rows(file)) is not None:
        require_other_file(path, file)
    mapped = Mapped.read(file, map_file)
    done = mapped.done
    if check:
        found = summary(mapped.table, mapped.map, done, agency_catalogs())
        print(json.dumps(_as_json(found, mapped), ensure_ascii=False)) if as_json else _print(found)
    else:
        for one in done.made:
            print(as_line(one))
    for row, reason in done.refused[:MAX_SHOWN]:
        print(clean(f"line {row.line}: refused: {reason}"), file=sys.stderr)
    if len(done.refused) > MAX_SHOWN:
        print(f"and {len(done.refused) - MAX_SHOWN} more", file=sys.stderr)
    if done.refused and path is not None and not check:
        rows = refused_rows(done.refused, mapped.table, mapped.map)
        write_or_fail(path, refused_header(mapped.table, mapped.map) + rows, is_new=True)
        print(f"the refused rows are in {path}; correct them there, and convert that file", file=sys.stderr)
    if not check:
        print(f"{len(done.made)} messages, {len(done.refused)} refused", file=sys.stderr)
    if done.refused:
        raise typer.Exit(REFUSED)


def _print(found: Summary) -> None:
    out = console()
    print_text(out, f"{found.form}; {found.rows} rows")
    for kind, count in found.messages.items():
        print_text(out, kind, prefix=f"{count:6} ")
    for count, what in (
        (found.refused, "refused"),
        (found.skipped, "left out by skip"),
        (found.repeated, "repeated in the file"),
        (found.unclear, "left to a person, since a row of the history is refused"),
    ):
        if count:
            print_text(out, what, prefix=f"{count:6} ")
    if found.unmapped:
        print_text(out, "Literals that the map does not explain:")
    for one in found.unmapped:
        print_text(out, f"{one.field} (column '{one.column}'): '{one.literal}'", prefix=f"{one.rows:6} ")
    if found.dropped:
        print_text(out, f"Dropped columns: {', '.join(found.dropped)}")
    missing = sum(one.charges for one in found.codes_not_placed)
    if found.codes_placed or missing:
        print_text(out, f"Codes: {found.codes_placed} placed, {missing} not placed, which a person looks at")
    for code in found.codes_not_placed:
        hint = f": no scheme {code.scheme}; did you mean {' or '.join(code.meant)}?" if code.meant else ""
        print_text(out, f"{code.scheme} {code.code}{hint}", prefix=f"{code.charges:6} ")


def _as_json(found: Summary, mapped: Mapped) -> dict[str, object]:
    rows = [{"line": one.row.line, "reason": one.reason} for one in mapped.done.refused]
    return {
        **found._asdict(),
        "unmapped": [one._asdict() for one in found.unmapped],
        "codes_not_placed": [one._asdict() for one in found.codes_not_placed],
        "refused_rows": rows,
    }
