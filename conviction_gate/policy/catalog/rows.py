"""One file of the catalog, read row by row and held to its rules; an agency's own file as well."""

import csv
import re
from collections.abc import Iterator
from datetime import date
from io import StringIO
from typing import Final, Literal, NamedTuple, cast, get_args

from conviction_gate.contracts.fields import ChargeClass
from conviction_gate.contracts.internal.facts import CatalogSeverity
from conviction_gate.policy.catalog.schemes import folded

Covers = Literal["", "subdivisions", "range"]

REQUIRED: Final = ("scheme", "code", "description", "charge_class", "severity", "source", "verified", "note")
OPTIONAL: Final = ("covers", "except", "severity_source", "from", "until")
_NO_CELLS: Final = dict.fromkeys(OPTIONAL, "")

LONGEST: Final = 128
"""Characters of the longest code (the contract's limit of an id)."""

_CLASSES: Final = get_args(ChargeClass)
_SEVERITIES: Final = ("", *get_args(CatalogSeverity))

# A slip under `minor_traffic` is the one that would hold back a flag which the policy asks for. So
# these look for more than they need to: what they find wrongly is worded in another way.
_CRASH: Final = r"\b(?:accident|crash|collision|wreck|injur|damage)"
_DUTY: Final = r"\b(?:stop|remain|return|render|identi|inform|assist|aid\b)"
_NEVER_MINOR: Final = re.compile(
    r"\b(?:d[uw]i+|dwai|dwui|o[uwv]i|ouil|owvi|bac|drugs?|per se)\b"
    r"|drunk|drink|intoxic|inebriat|alcohol|liquor|impair|influence|sobriety|implied consent"
    r"|narcotic|marijuana|cannabis|controlled substance|\brefus\w+ .*\btest|\btest refus"
    r"|\bhit\W*(?:and|n|&)?\W*(?:run|skip)\b|\bscene\b|\bleav(?:e|es|ing)\b|\bstrik(?:e|es|ing)\b"
    rf"|{_DUTY}.*{_CRASH}|{_CRASH}.*{_DUTY}|\b(?:left|abandon|flee|fled).*{_CRASH}"
    r"|\b(?:stop|give|giving|exchange|provide)\b.*\binformation\b",
    re.IGNORECASE,
)


class CatalogError(ValueError):
    """A file of codes breaks a rule; the text names file, line and code, and what to do."""


class CatalogRow(NamedTuple):
    """One row of the catalog. `where`: its file and line.

    `severity` is what the rules know: null where the code has none of its own, or where nobody has read it
    in the law; `recalled_severity` is one that nobody has read. `covers`: this code alone, or its
    subdivisions too, or all sections from one to another (`21750..21759`) without those `excepted`. `since`,
    `until`: the first and last day on which an offense is placed by this row; null: without end.
    """

    scheme: str
    code: str
    covers: Covers
    excepted: tuple[str, ...]
    description: str
    charge_class: ChargeClass
    severity: CatalogSeverity | None
    recalled_severity: CatalogSeverity | None
    severity_source: str
    source: str
    verified: bool
    since: date | None
    until: date | None
    note: str
    where: str

    def holds_on(self, day: date | None) -> bool:
        """Whether an offense of this day is placed by this row; of an unknown day, only where it always is."""
        if day is None:
            return self.since is self.until is None
        return (self.since or date.min) <= day <= (self.until or date.max)

    def meets(self, other: "CatalogRow") -> bool:
        """Whether there is a day on which both rows hold."""
        first = max(self.since or date.min, other.since or date.min)
        return first <= min(self.until or date.max, other.until or date.max)


def read_rows(text: str, file: str, *, is_tested: bool = False) -> Iterator[CatalogRow]:
    """The rows of a CSV file with the columns of a catalog, in any order. `file`: its name, for messages.
    `is_tested`: the rows are known to hold to the rules, and are read without looking.

    Raises:
        CatalogError: a row breaks a rule.
    """
    for row in read_lines(text, file, is_tested=is_tested):
        if isinstance(row, CatalogError):
            raise row
        yield row


def read_lines(text: str, file: str, *, is_tested: bool = False) -> Iterator[CatalogRow | CatalogError]:
    """The same, with the error in the place of a row that breaks a rule.

    Raises:
        CatalogError: the file as a whole cannot be read.
    """
    lines = csv.reader(StringIO(text, newline=""), strict=True)
    try:
        columns = next(lines, [])
    except csv.Error as error:
        raise _not_csv(error, f"{file} line {lines.line_num}") from None
    if len(set(columns)) < len(columns) or not set(REQUIRED) <= set(columns) <= {*REQUIRED, *OPTIONAL}:
        raise CatalogError(
            f"{file}: its first line must name the columns {','.join(REQUIRED)}, and may name "
            f"{','.join(OPTIONAL)}"
        )
    while True:
        try:
            cells = next(lines, None)
            if cells is None:
                return
            if cells:
                yield _entry(columns, cells, f"{file} line {lines.line_num}", is_tested)
        except csv.Error as error:
            yield _not_csv(error, f"{file} line {lines.line_num}")
        except CatalogError as error:
            yield error


def _not_csv(error: csv.Error, where: str) -> CatalogError:
    return CatalogError(f"{where}: not CSV ({error}); correct the line")


def never_minor(description: str, note: str) -> str | None:
    """The words of a row that speak of drunk driving or of leaving a scene; None where none do."""
    found = _NEVER_MINOR.search(f"{description}; {note}")
    return found[0] if found else None


def _entry(columns: list[str], cells: list[str], where: str, is_tested: bool) -> CatalogRow:
    if len(cells) != len(columns):
        raise CatalogError(f"{where}: not as many cells as columns; put a text that holds a comma into quotes")
    row = _NO_CELLS | dict(zip(columns, cells, strict=True))
    if not is_tested:
        row = {name: cell.strip() for name, cell in row.items()}
        if flaw := _flaw(row):
            raise CatalogError(f"{where}, code {row['code'] or '(none)'}: {flaw}")
    severity = cast("CatalogSeverity | None", row["severity"] or None)
    was_read = row["severity_source"] not in ("", "recalled")
    return CatalogRow(
        scheme=row["scheme"],
        code=row["code"],
        covers=cast(Covers, row["covers"]),
        excepted=tuple(row["except"].split()),
        description=row["description"],
        charge_class=cast(ChargeClass, row["charge_class"]),
        severity=severity if was_read else None,
        recalled_severity=None if was_read else severity,
        severity_source=row["severity_source"],
        source=row["source"],
        verified=row["verified"] == "yes",
        since=_day(row["from"]),
        until=_day(row["until"]),
        note=row["note"],
        where=where,
    )


def _flaw(row: dict[str, str]) -> str | None:
    if not row["code"] or len(row["code"]) > LONGEST or not row["code"].isprintable():
        return f"no code, or none that can be looked up; write at most {LONGEST} characters on one line"
    if folded(row["scheme"]) is None:
        return f"scheme '{row['scheme']}' cannot be looked up; write it in letters and digits, as CA-VC"
    if row["covers"] not in get_args(Covers):
        return f"covers '{row['covers']}' is unknown; write subdivisions, range or nothing"
    if (".." in row["code"]) != (row["covers"] == "range") or (row["except"] and row["covers"] != "range"):
        return "a range is written FIRST..LAST, with covers range; only a range has exceptions"
    for column in ("description", "source"):
        if not row[column]:
            return f"no {column}; say what the code is, and where that is written"
    if row["charge_class"] not in _CLASSES:
        return f"charge_class '{row['charge_class']}' is none of the policy's; write {' or '.join(_CLASSES)}"
    if row["severity"] not in _SEVERITIES:
        return f"severity '{row['severity']}' is unknown; write {', '.join(_SEVERITIES[1:])} or nothing"
    if row["severity_source"] and not row["severity"]:
        return "a severity_source without a severity; write the severity that was read there"
    if row["verified"] not in ("yes", "no"):
        return f"verified '{row['verified']}' is neither yes nor no; write yes only where you read it there"
    if row["verified"] == "yes" and row["source"] == "recalled":
        return "verified, yet only recalled; name where you read it, or write no"
    for column in ("from", "until"):
        if not _is_day(row[column]):
            return f"{column} '{row[column]}' is not a day; write it as in 2014-06-30, or nothing"
    if row["until"] and row["from"] > row["until"]:
        return f"from {row['from']} is after until {row['until']}; write the first and the last day"
    if row["charge_class"] == "minor_traffic" and (found := never_minor(row["description"], row["note"])):
        return (
            f"minor_traffic, yet it speaks of drunk driving or of leaving a scene ('{found}'); place it in "
            "that class, or as unclassified so that a person rules; if it is neither, say it in other words"
        )
    return None


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def _is_day(text: str) -> bool:
    try:
        return not text or date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
