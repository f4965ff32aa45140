"""The command `charges diff`: which codes two catalogs place differently, and how many cases hold one."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Annotated, Final, NamedTuple

import typer

from conviction_gate.cli.options import Data, Json
from conviction_gate.cli.printing import console, print_text
from conviction_gate.cli.session import fail, run
from conviction_gate.config.settings import Settings
from conviction_gate.policy.catalog import Catalog, CatalogError, built_in, read_rows

BATCH: Final = 500
"""Cases that are read from the registry at a time."""

Code = tuple[str, str]


class Change(NamedTuple):
    """A code that two catalogs place differently. `before`, `after`: class and severity. `ended`, `open`: cases
    in the registry that hold this code, as it was sent."""

    scheme: str
    code: str
    before: str
    after: str
    ended: int = 0
    open: int = 0


def diff(
    old: Annotated[
        Path, typer.Argument(metavar="OLD", help="A file of codes, or a folder of them.", exists=True)
    ],
    new: Annotated[
        Path | None,
        typer.Argument(
            metavar="[NEW]", help="Another one; without it, the catalog of this release.", exists=True
        ),
    ] = None,
    with_cases: Annotated[
        bool, typer.Option("--cases", help="Count the cases in the registry that hold such a code.")
    ] = False,
    as_json: Json = False,
    data: Data = None,
) -> None:
    """Show which codes two catalogs place differently. No case changes: each keeps its recorded class."""
    before, after = _read(old), _read(new) if new else built_in()
    found = {(one.scheme, one.code): one for one in changes(before, after)}
    if with_cases:
        held = run(_held_codes(lambda code, day: _placed(before, *code, day) != _placed(after, *code, day)))
        for code, day in held:
            change = Change(*code, _placed(before, *code, day), _placed(after, *code, day))
            ended, still_open = held[code, day]
            known = found.get(code, change)
            found[code] = known._replace(ended=known.ended + ended, open=known.open + still_open)
    ordered = sorted(found.values(), key=lambda one: (-one.open, -one.ended, one.scheme, one.code))
    if as_json:
        print(json.dumps([one._asdict() for one in ordered], ensure_ascii=False))
        return
    out = console()
    print_text(out, f"{len(ordered)} codes are placed differently")
    for one in ordered:
        cases = f"; {one.ended} ended cases, {one.open} open" if with_cases else ""
        print_text(out, f"{one.scheme} {one.code}: {one.before} -> {one.after}{cases}", prefix="  ")


def changes(before: Catalog, after: Catalog) -> Iterator[Change]:
    """The codes of either catalog that the other places differently, each on a day on which its row holds."""
    rows = {(row.scheme, row.code, row.since or row.until): row for row in (*before.entries, *after.entries)}
    for row in rows.values():
        day = row.since or row.until
        if row.covers == "range":
            continue  # what it places differently shows by the codes in it
        change = Change(
            row.scheme,
            row.code,
            _placed(before, row.scheme, row.code, day),
            _placed(after, row.scheme, row.code, day),
        )
        if change.before != change.after:
            yield change


def _placed(catalog: Catalog, scheme: str, code: str, on: date | None) -> str:
    placing = catalog.look_up(scheme, code, on)
    if not placing.rows:
        return "not placed"
    return f"{placing.charge_class}, {placing.severity}" if placing.severity else placing.charge_class


async def _held_codes(
    concerns: Callable[[Code, date | None], bool],
) -> dict[tuple[Code, date | None], tuple[int, int]]:
    """Ended and open cases of the registry by the codes that they hold and the day of the booking."""
    from conviction_gate.registry import Registry

    ended, still_open = Counter[tuple[Code, date | None]](), Counter[tuple[Code, date | None]]()
    async with await Registry.open(Settings().registry) as registry:
        after = ""
        while batch := await registry.recorded_codes(after, BATCH):
            for case in batch:
                found = {(code, case.booked_on) for code in case.codes if concerns(code, case.booked_on)}
                (ended if case.closed else still_open).update(found)
            after = batch[-1].case_id
    return {code: (ended[code], still_open[code]) for code in ended | still_open}


def _read(place: Path) -> Catalog:
    files = sorted(place.glob("*.csv")) if place.is_dir() else [place]
    if not files:
        fail(f"{place} holds no CSV file; name a catalog's folder, or a file of codes")
    try:
        return Catalog.of_rows(
            row for file in files for row in read_rows(file.read_text("utf-8-sig"), str(file))
        )
    except CatalogError as error:
        fail(str(error))
    except (OSError, UnicodeDecodeError) as error:
        fail(f"{place} cannot be read ({error}); name a catalog's folder, or a file of codes in UTF-8")
