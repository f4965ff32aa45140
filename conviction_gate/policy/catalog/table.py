"""The rows of one scheme, and which of them places an offense: the most exact one."""

import re
from collections.abc import Iterable, Sequence
from datetime import date
from functools import lru_cache
from typing import Final, NamedTuple

from conviction_gate.contracts.fields import ChargeClass
from conviction_gate.contracts.internal.facts import CatalogSeverity
from conviction_gate.policy.catalog.citation import (
    SIGNS,
    Citation,
    Path,
    Reading,
    as_law_writes,
    readings,
)
from conviction_gate.policy.catalog.rows import LONGEST, CatalogError, CatalogRow
from conviction_gate.policy.catalog.schemes import Scheme, scheme_named, shape_of
from conviction_gate.policy.catalog.words import AN_ATTEMPT, THE_WORDS, speak_of_a_degree, speak_of_more

Order = tuple[tuple[int, str, str], ...]

_OF_A_LOST_LICENSE: Final = re.compile(r"suspen|revo|restrict", re.IGNORECASE)
_LIGHT: Final = ("minor_traffic", "reckless_no_injury")


class Placing(NamedTuple):
    """What the catalog makes of a text. `readings`: how it can be read. `rows`: what places it, none where
    the catalog leaves it open. `severity`: what all of these rows agree on and somebody has read in the law."""

    readings: tuple[Reading, ...] = ()
    rows: tuple[CatalogRow, ...] = ()
    charge_class: ChargeClass = "unclassified"
    severity: CatalogSeverity | None = None


class _Range(NamedTuple):
    first: Order
    last: Order
    without: tuple["_Range | Citation", ...]
    row: CatalogRow

    def reaches(self, citation: Citation, order: Order) -> bool:
        return self.first <= order <= self.last and not any(
            one.first <= order <= one.last if isinstance(one, _Range) else _is_below(citation, one)
            for one in self.without
        )


class Table:
    """All rows of a scheme."""

    def __init__(
        self, name: str, rows: Sequence[CatalogRow], refused: list[CatalogError] | None = None
    ) -> None:
        """Raises `CatalogError` where two rows are one code on one day; with a list for them, the later ones
        go into the list."""
        self.rows: list[CatalogRow] = []
        self.scheme: Final = scheme_named(name) or Scheme(name, shape_of(row.code for row in rows))
        self._as_written: dict[str, list[CatalogRow]] = {}
        self._by_section: dict[str, dict[Path, list[CatalogRow]]] = {}
        self._ranges: list[_Range] = []
        for row in rows:
            try:
                self._add(row)
            except CatalogError as error:
                if refused is None:
                    raise
                refused.append(error)
            else:
                self.rows.append(row)

    def place(self, code: str, on: date | None = None) -> Placing:
        """Where the rows place a code as it was sent, on the day of the booking.

        Where it can be read in more than one way, all readings must lead to one class; except that a code
        written as the law writes it, capitals too, is that code: 14-222a is not 14-222(a), and 14-222A can be
        either. Without a day only what never changed is placed.
        """
        if len(code) > LONGEST:
            return Placing()
        read = readings(self.scheme, code)
        placed = [(reading, self._rows_of(reading, on)) for reading in read]
        written = self._on(self._as_written.get(as_written(code), ()), on)
        rows: dict[CatalogRow, None] = {written: None} if written else {}
        is_exact = written is not None and code.strip() == written.code
        if not is_exact and (written or _is_so_written(code, placed) or all(found for _, found in placed)):
            rows |= {row: None for _, found in placed for row in found}
        if len({row.charge_class for row in rows}) != 1 or self._is_contradicted(code, read, rows):
            return Placing(read)
        severities = {row.severity for row in rows}
        is_attempt = any(AN_ATTEMPT in reading.besides for reading in read)
        return Placing(
            readings=read,
            rows=tuple(rows),
            charge_class=next(iter(rows)).charge_class,
            severity=severities.pop() if len(severities) == 1 and not is_attempt else None,
        )

    def near(self, code: str) -> list[CatalogRow]:
        """Rows of the same section as a code, in the order of the file."""
        sections = {
            citation.section for reading in readings(self.scheme, code) for citation in reading.citations
        }
        return [
            row for section in sections for rows in self._by_section.get(section, {}).values() for row in rows
        ]

    def _add(self, row: CatalogRow) -> None:
        if row.covers == "range":
            self._ranges.append(self._range(row))
            return
        written = as_written(row.code)
        _hold(self._as_written.setdefault(written, []), row)
        found = self._citation(row.code)
        if found is None:
            return  # an agency's own words: taken to the letter
        _hold(self._by_section.setdefault(found.section, {}).setdefault(found.path, []), row)

    def _citation(self, code: str) -> Citation | None:
        """The one offense that a row's code names; of several readings the one that the law writes so."""
        if citation := as_law_writes(self.scheme, code):
            return citation
        read = [one for one in readings(self.scheme, code) if len(one.citations) == 1]
        if len(read) > 1:
            read = [one for one in read if _bare(str(one.citations[0])) == _bare(code)]
        if not read or (read[0].besides and not read[0].suffix):
            return None
        citation = read[0].citations[0]
        return citation._replace(path=(*citation.path, f"-{read[0].suffix}")) if read[0].suffix else citation

    def _range(self, row: CatalogRow) -> _Range:
        first, last = (self._citation(one) for one in row.code.split(".."))
        if first is None or last is None or first.path or last.path or self._order(first) > self._order(last):
            raise CatalogError(f"{row.where}, code {row.code}: no range; write the first and the last section")
        without: list[_Range | Citation] = []
        for one in row.excepted:
            if ".." in one:
                without.append(self._range(row._replace(code=one, excepted=())))
            elif citation := self._citation(one):
                without.append(citation)
            else:
                raise CatalogError(
                    f"{row.where}, code {row.code}: the exception {one} is no code of this scheme"
                )
        return _Range(self._order(first), self._order(last), tuple(without), row)

    def _order(self, citation: Citation) -> Order:
        return _order(citation.section)

    def _is_contradicted(self, code: str, read: Iterable[Reading], rows: Iterable[CatalogRow]) -> bool:
        """Whether a text says more than its code (HIT AND RUN 12500(a)), or can be another section (4176 A)."""
        (charge_class,) = {row.charge_class for row in rows}
        if charge_class in _LIGHT:
            of_a_lost_license = all(_OF_A_LOST_LICENSE.search(row.description) for row in rows)
            words = [
                text.removeprefix(THE_WORDS)
                for one in read
                for text in _words(one)
                if not any(row.code.lower().endswith(f"-{one.suffix}") for row in rows)
            ]
            if speak_of_more(words, of_a_lost_license=of_a_lost_license):
                return True
        return any(
            self._can_be_lettered(code, citation, charge_class)
            or (speak_of_a_degree(_words(one)) and self._holds_others(citation, charge_class))
            for one in read
            for citation in one.citations
        )

    def _can_be_lettered(self, code: str, citation: Citation, charge_class: ChargeClass) -> bool:
        """Whether a letter apart from its section may be a part of its number, and so lead to another class."""
        section, path = citation
        if not path or not path[0].isalpha():
            return False
        if self.scheme.name != "NH-RSA" and f"{section}({path[0]})" in _bare(code):
            return False
        lettered = (self._by_section.get(section + sign + path[0], {}) for sign in ("", "-"))
        return any(
            row.charge_class != charge_class for held in lettered for rows in held.values() for row in rows
        )

    def _holds_others(self, citation: Citation, charge_class: ChargeClass) -> bool:
        """Whether rows below an offense are of another class."""
        return any(
            row.charge_class != charge_class
            for path, rows in self._by_section.get(citation.section, {}).items()
            if path[: len(citation.path)] == citation.path
            for row in rows
        )

    def _rows_of(self, reading: Reading, on: date | None) -> list[CatalogRow]:
        """One row for each offense that a reading names; none where one of these has none."""
        rows: list[CatalogRow] = []
        for citation in reading.citations:
            row = self._row_of(citation, reading.suffix, on)
            if row is None:
                return []
            rows.append(row)
        return rows

    def _row_of(self, citation: Citation, suffix: str, on: date | None) -> CatalogRow | None:
        path, rows = citation.path, self._by_section.get(citation.section, {})
        if suffix and (row := self._on(rows.get((*path, f"-{suffix}"), ()), on)):
            return row
        if row := self._on(rows.get(path, ()), on):
            return row
        passed: list[CatalogRow] = []
        row = None
        for length in range(len(path) - 1, -1, -1):
            held = rows.get(path[:length], ())
            if row := self._on((one for one in held if one.covers == "subdivisions"), on):
                break
            passed += held
        row = row or self._in_a_range(citation, on)
        # Of an offense between the two nobody knows which of them it is.
        return row if row and all(_weighs(one) == _weighs(row) for one in passed) else None

    def _in_a_range(self, citation: Citation, on: date | None) -> CatalogRow | None:
        """The narrowest range that reaches an offense; none where a row below it, or of the section that its
        letter extends, is of another class."""
        order = self._order(citation)
        found = [one for one in self._ranges if one.reaches(citation, order) and self._on([one.row], on)]
        if not found or ("." not in self.scheme.shape and re.search(r"\.\d{3}", citation.section)):
            return None
        row = max(found, key=lambda one: (one.first, [(-n, "", "") for n, _, _ in one.last])).row
        extended = re.sub(r"-?[a-z]$", "", citation.section)
        near = [*self._by_section.get(extended, {}).items()] if extended != citation.section else []
        near += [
            (path, rows)
            for path, rows in self._by_section.get(citation.section, {}).items()
            if path[: len(citation.path)] == citation.path
        ]
        return (
            None if any(other.charge_class != row.charge_class for _, rows in near for other in rows) else row
        )

    @staticmethod
    def _on(rows: Iterable[CatalogRow], day: date | None) -> CatalogRow | None:
        return next((row for row in rows if row.holds_on(day)), None)


@lru_cache(maxsize=65536)
def _order(section: str) -> Order:
    """What sections are sorted by: numbers by their value, what follows a dot as a decimal fraction."""
    return tuple(
        (int(number), letter, fraction)
        for number, letter, fraction in re.findall(r"(\d+)([a-z½]*)((?:\.\d+[a-z]*)*)", section)
    )


def as_written(code: str) -> str:
    """A code to the letter, save for case and blanks."""
    return " ".join(code.split()).casefold()


def _bare(code: str) -> str:
    return "".join(code.translate(SIGNS).split()).lower().replace("1/2", "½")


def _is_so_written(code: str, placed: Iterable[tuple[Reading, list[CatalogRow]]]) -> bool:
    """Whether a text holds a placed section letter for letter, as 39:4-50.4a and not 39:4-50.4(a)."""
    citations = [one for reading, rows in placed if rows for one in reading.citations]
    return any(one.section[-1].isalpha() and _bare(str(one)) in _bare(code) for one in citations)


def _weighs(row: CatalogRow) -> str:
    """What a class means for an arrest: in scope, or of a court, or graver than both."""
    return (
        "light" if row.charge_class in _LIGHT else "court" if row.charge_class == "court_process" else "grave"
    )


def _words(reading: Reading) -> Iterable[str]:
    return (text for text in reading.besides if text.startswith(THE_WORDS))


def _is_below(citation: Citation, other: Citation) -> bool:
    return citation.section == other.section and citation.path[: len(other.path)] == other.path


def _hold(held: list[CatalogRow], row: CatalogRow) -> None:
    if first := next(filter(row.meets, held), None):
        raise CatalogError(
            f"{row.where}, code {row.code}: the same code as {first.code} of {first.where}; keep one of the "
            "two, or part them by from and until"
        )
    held.append(row)
