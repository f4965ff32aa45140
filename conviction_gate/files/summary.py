"""What would become of a file: `convert --check`."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date, datetime
from typing import Any, NamedTuple

from conviction_gate.files.conversion import Conversion
from conviction_gate.files.maps import Map
from conviction_gate.files.tables import Table
from conviction_gate.policy.catalog import Catalog


class Literal(NamedTuple):
    """A literal that the map does not explain, and in how many rows it is."""

    field: str
    column: str
    literal: str
    rows: int


class Code(NamedTuple):
    """A code that the catalog does not place, and in how many charges it is.

    `meant`: schemes that may be meant, where the catalog has none of this name.
    """

    scheme: str
    code: str
    charges: int
    meant: tuple[str, ...] = ()


class Summary(NamedTuple):
    """What would become of a file. `messages`: by type. `form`: encoding and ends of lines."""

    form: str
    rows: int
    messages: dict[str, int]
    refused: int
    repeated: int
    skipped: int
    unclear: int
    unmapped: list[Literal]
    dropped: list[str]
    codes_placed: int
    codes_not_placed: list[Code]


def summary(table: Table, by: Map, done: Conversion, catalog_of: Callable[[str], Catalog]) -> Summary:
    """Count what was made of a table. `catalog_of`: the catalog of an agency; of none, for an empty text."""
    codes = Counter(code for one in done.made for code in _codes(one.message))
    placed, missing = 0, Counter[tuple[str, str, tuple[str, ...]]]()
    for (agency, scheme, code, day), count in codes.items():
        catalog = catalog_of(agency)
        if catalog.look_up(scheme, code, day).charge_class == "unclassified":
            missing[scheme, code, tuple(catalog.schemes_near(scheme))] += count
        else:
            placed += count
    return Summary(
        form=table.form,
        rows=len(table.rows),
        messages=dict(Counter(one.message.get("type", by.makes) for one in done.made).most_common()),
        refused=len(done.refused),
        repeated=done.repeated,
        skipped=done.skipped,
        unclear=done.unclear,
        unmapped=[Literal(*what, rows) for what, rows in done.unmapped.most_common()],
        dropped=[name for name in table.columns if name in by.dropped],
        codes_placed=placed,
        codes_not_placed=[
            Code(scheme, code, count, meant) for (scheme, code, meant), count in missing.most_common()
        ],
    )


def _codes(message: dict[str, Any]) -> Iterator[tuple[str, str, str, date | None]]:
    """The offenses that a message names, with the agency and the day of the law."""
    agency = str(message.get("agency", ""))
    booked_at = message.get("booked_at")
    day = datetime.fromisoformat(booked_at.upper()).date() if booked_at else None
    entries = [*message.get("charges", ()), *message.get("records", ()), *message.get("priorities", ())]
    for one in (*entries, message.get("convicted_of", {})):
        if one.get("scheme") and one.get("code"):
            on = one.get("decided_on") or one.get("recorded_on")
            yield agency, one["scheme"], one["code"], date.fromisoformat(on) if on else day
