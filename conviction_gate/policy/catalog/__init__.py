"""The catalog of offense codes: which class a code of law belongs to, and on whose word.

One CSV file for each scheme; a file that lies here is part of it (docs/catalog.md). A code that is
not in it is not guessed from its text: it is `unclassified`, and a person looks at it. `source` says
where a row comes from; `verified` whether code and offense were checked against it (the class is our
own mapping either way).
"""

from collections.abc import Iterable
from datetime import date
from functools import cache
from importlib.resources import files

from conviction_gate.contracts.booking import Offense
from conviction_gate.contracts.internal.facts import ClassifiedOffense
from conviction_gate.policy.catalog.rows import CatalogError, Entry, never_minor, read_rows
from conviction_gate.policy.catalog.spelling import normalised

__all__ = ["Catalog", "CatalogError", "Entry", "built_in", "find", "normalised", "place", "read_rows"]


class Catalog:
    """Codes by their key; the built-in ones, or those with an agency's own beside them."""

    def __init__(self, rows: Iterable[Entry]) -> None:
        """Raises `CatalogError` where two rows are one code on one day."""
        self._by_key: dict[tuple[str, str], list[Entry]] = {}
        for row in rows:
            held = self._by_key.setdefault(normalised(row.scheme, row.code), [])
            if first := next(filter(row.meets, held), None):
                raise CatalogError(
                    f"{row.where}, code {row.code}: the same code as {first.code} of {first.where}; "
                    "keep one of the two, or part them by from and until"
                )
            held.append(row)

    @property
    def entries(self) -> tuple[Entry, ...]:
        """All rows, in the order of their files."""
        return tuple(row for rows in self._by_key.values() for row in rows)

    def find(self, scheme: str, code: str, on: date | None = None) -> Entry | None:
        """The row of a code in any spelling; None where the catalog does not hold it.

        `on`: the day of the booking, for a code that changed its meaning; without it such a code is not found.
        """
        rows = self._by_key.get(normalised(scheme, code), [])
        if on is None:
            return rows[0] if len(rows) == 1 and rows[0].since is rows[0].until is None else None
        return next((row for row in rows if row.holds_on(on)), None)

    def place(self, offense: Offense, on: date | None = None) -> ClassifiedOffense:
        """Where the catalog places an offense of a day; `unclassified` where it does not hold the code.

        Scheme and code are kept as they were sent.
        """
        entry = self.find(offense.scheme, offense.code, on)
        return ClassifiedOffense(
            scheme=offense.scheme,
            code=offense.code,
            charge_class=entry.charge_class if entry else "unclassified",
            severity=entry.severity if entry else None,
        )

    def with_own(self, rows: Iterable[Entry]) -> "Catalog":
        """This catalog and an agency's own rows, which may place only what it leaves open.

        A row that says what the catalog says is no matter: a release may bring what an agency had.

        Raises:
            CatalogError: a row places otherwise what the catalog places, places without a reason what
                it leaves open, or two rows are one code.
        """
        merged = dict(self._by_key)
        for key, own in Catalog(rows)._by_key.items():
            held = merged.get(key, [])
            if [*map(_told, held)] != [*map(_told, own)]:
                for row, flaw in ((row, _overrules(one, row)) for one in held for row in own):
                    if flaw:
                        raise CatalogError(f"{row.where}, code {row.code}: {flaw}")
                merged[key] = own
        return Catalog(row for rows in merged.values() for row in rows)


def _overrules(held: Entry, own: Entry) -> str | None:
    """Why an agency's row cannot stand in the place of the catalog's; None where it can.

    What the catalog leaves `unclassified` is left so with intent: the code can be several offenses.
    """
    as_held = f"the catalog has it as {_told(held)} ({held.where})"
    if held.charge_class != "unclassified":
        return (
            f"{as_held}, and no agency's file makes it {_told(own)}; take the row out, or have the catalog "
            "corrected"
        )
    if own.charge_class == "minor_traffic" and (told := never_minor(held.description, held.note)):
        return (
            f"{as_held}, as it may be '{told}', so it is never minor_traffic; take the row out: a person rules"
        )
    if not own.note:
        return (
            f"{as_held}, as it may be several offenses; say in the note why it is one of them with this "
            "agency, or take the row out: a person rules"
        )
    return None


@cache
def built_in() -> Catalog:
    """The catalog of this release."""
    here = sorted(files(__name__).iterdir(), key=lambda file: file.name)
    found = (file for file in here if file.name.endswith(".csv"))
    return Catalog(row for file in found for row in read_rows(file.read_text("utf-8"), file.name))


def find(scheme: str, code: str, on: date | None = None) -> Entry | None:
    """See `Catalog.find`, of the built-in one."""
    return built_in().find(scheme, code, on)


def place(offense: Offense, on: date | None = None) -> ClassifiedOffense:
    """See `Catalog.place`, of the built-in one."""
    return built_in().place(offense, on)


def _told(entry: Entry) -> str:
    severity = entry.severity or entry.recalled_severity
    return f"{entry.charge_class}, {severity}" if severity else entry.charge_class
