"""The catalog of offense codes: which class a code of law belongs to, and on whose word.

One file of rows for each scheme. A code that is not in it is not guessed from its text: it is
`unclassified`, and a person looks at it. `source` says where a row comes from; `verified` whether
code and offense were checked against it (the class is our own mapping either way).
"""

import csv
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Final, NamedTuple, cast, get_args

from contracts.booking import Offense
from contracts.facts import CatalogSeverity, PlacedOffense
from contracts.fields import ChargeClass
from policy.catalog.spelling import normalised

__all__ = ["SCHEMES", "Entry", "entries", "find", "normalised", "place"]

SCHEMES: Final = (
    "NCIC",
    "NIBRS",
    "AAMVA-ACD",
    "CA-VC",
    "CA-PC",
    "TX-TC",
    "TX-PC",
    "FL-FS",
    "NY-VTL",
    "NY-PL",
    "IL-625",
    "IL-720",
    "AZ-ARS",
    "GA-OCGA",
    "NC-GS",
    "NJ",
    "VA",
    "WA-RCW",
    "CO-CRS",
)

_CLASSES: Final = frozenset(get_args(ChargeClass))
_SEVERITIES: Final = frozenset((None, *get_args(CatalogSeverity)))


class Entry(NamedTuple):
    """One code of the catalog. `severity` null: the code has none of its own."""

    scheme: str
    code: str
    description: str
    charge_class: ChargeClass
    severity: CatalogSeverity | None
    source: str
    verified: bool
    note: str


@cache
def entries() -> tuple[Entry, ...]:
    """All rows, scheme by scheme."""
    return tuple(entry for scheme in SCHEMES for entry in _rows(scheme))


def find(scheme: str, code: str) -> Entry | None:
    """The row of a code in any spelling; None where the catalog does not hold it."""
    return _by_key().get(normalised(scheme, code))


def place(offense: Offense) -> PlacedOffense:
    """Where the catalog places an offense; `unclassified` where it does not hold the code.

    Scheme and code are kept as they were sent.
    """
    entry = find(offense.scheme, offense.code)
    return PlacedOffense(
        scheme=offense.scheme,
        code=offense.code,
        charge_class=entry.charge_class if entry else "unclassified",
        severity=entry.severity if entry else None,
    )


@cache
def _by_key() -> dict[tuple[str, str], Entry]:
    return {normalised(entry.scheme, entry.code): entry for entry in entries()}


def _rows(scheme: str) -> Iterator[Entry]:
    text = files(__name__).joinpath(f"{scheme.lower()}.csv").read_text(encoding="utf-8")
    for row in csv.DictReader(text.splitlines()):
        charge_class, severity = row["charge_class"], row["severity"] or None
        if charge_class not in _CLASSES or severity not in _SEVERITIES:
            raise ValueError(
                f"catalog {scheme} {row['code']}: class or severity is none of the policy's; "
                f"correct it in {scheme.lower()}.csv"
            )
        yield Entry(
            scheme=scheme,
            code=row["code"],
            description=row["description"],
            charge_class=cast(ChargeClass, charge_class),
            severity=cast(CatalogSeverity | None, severity),
            source=row["source"],
            verified=row["verified"] == "yes",
            note=row["note"],
        )
