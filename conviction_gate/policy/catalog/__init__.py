"""The catalog of offense codes: which class a code of law belongs to, and on whose word.

One CSV file for each scheme; a file that lies here is part of it (docs/catalog.md). A code that is
not in it is not guessed from its text: it is `unclassified`, and a person looks at it. `source` says
where a row comes from; `verified` whether code and offense were checked against it (the class is our
own mapping either way).
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from functools import cache, partial
from importlib.resources import files
from importlib.resources.abc import Traversable

from conviction_gate.contracts.booking import Offense
from conviction_gate.contracts.internal.facts import ClassifiedOffense
from conviction_gate.policy.catalog.citation import Reading
from conviction_gate.policy.catalog.rows import CatalogError, CatalogRow, never_minor, read_lines, read_rows
from conviction_gate.policy.catalog.schemes import folded, scheme_named, schemes_near
from conviction_gate.policy.catalog.spelling import normalised
from conviction_gate.policy.catalog.table import Placing, Table

__all__ = [
    "Catalog",
    "CatalogError",
    "CatalogRow",
    "Placing",
    "Reading",
    "built_in",
    "find",
    "normalised",
    "place",
    "read_lines",
    "read_rows",
]


class Catalog:
    """The tables of all schemes, each read when it is asked for first; and an agency's own beside them."""

    def __init__(
        self,
        tables: Mapping[str, Callable[[], Table]],
        own: "Catalog | None" = None,
        refused: tuple[CatalogError, ...] = (),
    ) -> None:
        """`tables`: by the folded names of their schemes. `refused`: why lines of a file were refused."""
        self._tables = {name: cache(table) for name, table in tables.items()}
        self._own = own
        self.refused = refused

    @classmethod
    def of_rows(cls, rows: Iterable[CatalogRow], refused: list[CatalogError] | None = None) -> "Catalog":
        """A catalog of these rows. Raises `CatalogError` where two are one code on one day; with a list for
        them, the later ones go into the list."""
        by_scheme: dict[str, list[CatalogRow]] = {}
        for row in rows:
            by_scheme.setdefault(_key(row.scheme), []).append(row)
        tables = {name: Table(those[0].scheme, those, refused) for name, those in by_scheme.items()}
        return cls({name: partial(_itself, table) for name, table in tables.items()})

    @property
    def entries(self) -> tuple[CatalogRow, ...]:
        """All rows, in the order of their files."""
        rows = tuple(row for table in self._tables.values() for row in table().rows)
        return rows + (self._own.entries if self._own else ())

    @property
    def schemes(self) -> tuple[str, ...]:
        """The names of all schemes that it holds."""
        own = self._own.schemes if self._own else ()
        return tuple(dict.fromkeys([*(table().scheme.name for table in self._tables.values()), *own]))

    def look_up(self, scheme: str, code: str, on: date | None = None) -> Placing:
        """What a code of any spelling is, and how it was read. `on`: the day of the booking, for a code that
        changed its meaning; without it such a code is left open."""
        table = self._tables.get(_key(scheme))
        placing = table().place(code, on) if table else Placing()
        if placing.charge_class == "unclassified" and self._own:
            own = self._own.look_up(scheme, code, on)
            return own if own.rows else placing
        return placing

    def find(self, scheme: str, code: str, on: date | None = None) -> CatalogRow | None:
        """The one row that places a code; None where no row does, or several do."""
        rows = self.look_up(scheme, code, on).rows
        return rows[0] if len(rows) == 1 else None

    def place(self, offense: Offense, on: date | None = None) -> ClassifiedOffense:
        """Where the catalog places an offense of a day; `unclassified` where it leaves it open.

        Scheme and code are kept as they were sent.
        """
        placing = self.look_up(offense.scheme, offense.code, on)
        return ClassifiedOffense(
            scheme=offense.scheme,
            code=offense.code,
            charge_class=placing.charge_class,
            severity=placing.severity,
        )

    def near(self, scheme: str, code: str) -> list[CatalogRow]:
        """Rows of the same section as a code."""
        table = self._tables.get(_key(scheme))
        return [*(table().near(code) if table else ()), *(self._own.near(scheme, code) if self._own else ())]

    def holds(self, scheme: str) -> bool:
        """Whether it has codes of a scheme of this name."""
        return _key(scheme) in self._tables or bool(self._own and self._own.holds(scheme))

    def name_of(self, scheme: str) -> str:
        """One name for all names and spellings of a scheme."""
        return _key(scheme) or scheme

    def schemes_near(self, scheme: str) -> list[str]:
        """Schemes that may be meant by a name that names none here, the nearest first."""
        return (
            []
            if self.holds(scheme)
            else [name for name in schemes_near(scheme, self.schemes) if self.holds(name)]
        )

    def with_own(self, lines: Iterable[CatalogRow | CatalogError]) -> "Catalog":
        """This catalog and an agency's own rows, which place only what it leaves open.

        A row that cannot be taken is left out and named in `refused`: it places otherwise what the catalog
        places, places without a reason what it leaves open with intent, or is one code with another row.
        """
        rows: list[CatalogRow] = []
        refused: list[CatalogError] = []
        for line in lines:
            if isinstance(line, CatalogError):
                refused.append(line)
            elif flaw := self._overruled_by(line):
                refused.append(CatalogError(f"{line.where}, code {line.code}: {flaw}"))
            else:
                rows.append(line)
        own = Catalog.of_rows(rows, refused)
        return Catalog(self._tables, own, tuple(refused))

    def _overruled_by(self, own: CatalogRow) -> str | None:
        """Why an agency's row cannot stand beside the catalog's; None where it can.

        What a row of the catalog leaves `unclassified` is left so with intent: it can be several offenses.
        """
        if own.covers == "range":
            return "a range; an agency's file names its codes one by one"
        rows = self.look_up(own.scheme, own.code).rows
        if not rows or (len(rows) == 1 and _class_and_severity(rows[0]) == _class_and_severity(own)):
            return None
        held = rows[0]
        as_held = f"the catalog has it as {_class_and_severity(held)} ({held.where})"
        if held.charge_class != "unclassified":
            return (
                f"{as_held}, and no agency's file makes it {_class_and_severity(own)}; take the row out, or "
                "have the catalog corrected"
            )
        if own.charge_class == "minor_traffic" and (other := never_minor(held.description, held.note)):
            return f"{as_held}, as it may be '{other}', so it is never minor_traffic; take the row out"
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
    return Catalog({_key(file.name.removesuffix(".csv")): partial(_read, file) for file in found})


def find(scheme: str, code: str, on: date | None = None) -> CatalogRow | None:
    """See `Catalog.find`, of the built-in one."""
    return built_in().find(scheme, code, on)


def place(offense: Offense, on: date | None = None) -> ClassifiedOffense:
    """See `Catalog.place`, of the built-in one."""
    return built_in().place(offense, on)


def _read(file: Traversable) -> Table:
    rows = list(read_rows(file.read_text("utf-8"), file.name, is_tested=True))
    return Table(rows[0].scheme, rows)


def _key(scheme: str) -> str:
    named = scheme_named(scheme)
    return folded(named.name if named else scheme) or ""


def _itself(table: Table) -> Table:
    return table


def _class_and_severity(entry: CatalogRow) -> str:
    severity = entry.severity or entry.recalled_severity
    return f"{entry.charge_class}, {severity}" if severity else entry.charge_class
