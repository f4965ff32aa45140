"""The command `charges diff`: which codes two catalogs place differently, and how many cases hold one."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date
from operator import attrgetter
from pathlib import Path
from typing import Annotated, Final, NamedTuple

import typer

from conviction_gate.cli.options import Data, Json
from conviction_gate.cli.printing import console, print_text
from conviction_gate.cli.session import cases, fail, run
from conviction_gate.config.settings import Settings
from conviction_gate.policy.catalog import Catalog, CatalogError, built_in, read_rows

BATCH: Final = 500
"""Cases that are read from the registry at a time."""

Code = tuple[str, str]
Held = tuple[Code, date | None]
"""A code that a case holds, and the day of its booking."""


class Change(NamedTuple):
    """A code that two catalogs place differently. `before`, `after`: class and severity. `ended`, `open`: cases
    that hold this code, as it was sent."""

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
            metavar="NEW", help="Another one; without it, the catalog of this release.", exists=True
        ),
    ] = None,
    with_cases: Annotated[
        bool,
        typer.Option(
            "--cases", help="Count the cases that hold such a code; asks each open one, so it needs a worker."
        ),
    ] = False,
    as_json: Json = False,
    data: Data = None,
) -> None:
    """Show which codes two catalogs place differently. No case changes: each keeps its recorded class."""
    before, after = _read(old), _read(new) if new else built_in()
    found = {(one.scheme, one.code): one for one in changes(before, after)}
    if with_cases:

        def concerns(code: Code, day: date | None) -> bool:
            return _placed(before, *code, day) != _placed(after, *code, day)

        ended, still_open = run(_holding(concerns))
        for code, day in ended | still_open:
            change = Change(*code, _placed(before, *code, day), _placed(after, *code, day))
            known = found.get(code, change)
            found[code] = known._replace(
                ended=known.ended + ended[code, day], open=known.open + still_open[code, day]
            )
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


async def _holding(concerns: Callable[[Code, date | None], bool]) -> tuple[Counter[Held], Counter[Held]]:
    """How many ended cases of the registry, and how many open ones of the server, hold a code of a day."""
    from conviction_gate.registry import Registry

    ended, still_open = Counter[Held](), Counter[Held]()
    async with await Registry.open(Settings().registry) as registry:
        after = ""
        while batch := await registry.recorded_codes(after, BATCH):
            for case in filter(attrgetter("closed"), batch):
                ended.update((code, case.booked_on) for code in case.codes if concerns(code, case.booked_on))
            after = batch[-1].case_id
    async with cases() as client:
        async for view in client.open_cases():
            day = view.booked_at.date() if view.booked_at else None
            codes = {(charge.scheme, charge.code) for charge in view.charges}
            still_open.update((code, day) for code in codes if concerns(code, day))
    return ended, still_open


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
