"""Two placings of the same rows, made blind to each other: check them, merge them, and measure how they agree.

    python -m tests.support.catalog_codings check FILE...
    python -m tests.support.catalog_codings merge FIRST... --second TODO DONE --out FOLDER [--report FILE]

FIRST are files of the catalog's format (docs/catalog.md). TODO names the rows that the second reader got, with
a number `n` each and without classes; DONE has the reader's `charge_class` for each `n`. A row that both place
alike keeps its class. One that they place differently is `unclassified` until somebody reads the statute; a row
that was placed once only is left out. The merged rows go into FOLDER, one file for each scheme; a code that a
file there has already stays as it is.
"""

import argparse
import csv
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from textwrap import wrap
from typing import Final, NamedTuple, get_args

from conviction_gate.contracts.fields import ChargeClass
from conviction_gate.policy.catalog import Catalog, CatalogError, CatalogRow, read_lines

COLUMNS: Final = (
    *("scheme", "code", "covers", "except", "description", "charge_class", "severity", "severity_source"),
    *("source", "verified", "from", "until", "note"),
)
IN_SCOPE: Final = ("minor_traffic", "reckless_no_injury")
UNCLASSIFIED: Final = "unclassified"

Key = tuple[str, str, str]
Row = dict[str, str]


class Pair(NamedTuple):
    """How two readers placed one row."""

    key: Key
    first: str
    second: str


def kappa(pairs: Sequence[tuple[str, str]]) -> float | None:
    """Cohen's kappa of two readers' classes; None where both know one class only, so that chance is all."""
    if not pairs:
        return None
    firsts, seconds = Counter(one for one, _ in pairs), Counter(two for _, two in pairs)
    agreed = sum(one == two for one, two in pairs) / len(pairs)
    by_chance = sum(firsts[name] * seconds[name] for name in firsts) / len(pairs) ** 2
    return None if by_chance == 1 else (agreed - by_chance) / (1 - by_chance)


def flaws(rows: Iterable[Row], file: str) -> list[str]:
    """What keeps rows out of the catalog, each with file and line."""
    found: list[CatalogError] = []
    entries: list[CatalogRow] = []
    text = "\n".join([",".join(COLUMNS), *(_line(row) for row in rows)])
    for line in read_lines(text, file):
        (found if isinstance(line, CatalogError) else entries).append(line)  # type: ignore[arg-type]
    Catalog.of_rows(entries, found)
    return [str(error) for error in found]


def merged(first: Iterable[Row], second: dict[Key, str]) -> tuple[list[Row], list[Pair]]:
    """The rows that were placed twice, and how; where the two differ the class is `unclassified`."""
    rows, pairs = [], []
    for row in first:
        key = (row["scheme"], row["code"], row["covers"])
        if key not in second:
            continue
        pairs.append(Pair(key, row["charge_class"], second[key]))
        if row["charge_class"] != second[key]:
            note = f"two readers differ: {row['charge_class']}, {second[key]}"
            row = _left_open(row, note)
        rows.append(row)
    return [_left_open(row, note) if (note := _held_below(row, rows)) else row for row in rows], pairs


def report(pairs: Sequence[Pair]) -> str:
    """How two readers agree, by scheme and by class, and where they do not, as Markdown."""
    lines = ["| scheme | rows | agree | kappa |", "| --- | --- | --- | --- |"]
    by_scheme = defaultdict(list)
    for pair in pairs:
        by_scheme[pair.key[0]].append((pair.first, pair.second))
    everything = [(pair.first, pair.second) for pair in pairs]
    lines += [_measured(name, those) for name, those in [*sorted(by_scheme.items()), ("all", everything)]]
    lines += [
        "",
        "| class | first | second | kappa, this class against the rest |",
        "| --- | --- | --- | --- |",
    ]
    for name in get_args(ChargeClass):
        firsts, seconds = (sum(one[at] == name for one in everything) for at in (0, 1))
        against = kappa([(str(one == name), str(two == name)) for one, two in everything])
        lines.append(f"| `{name}` | {firsts} | {seconds} | {_number(against)} |")
    lines += ["", "Placed differently, and `unclassified` until the statute is read a third time:", ""]
    for scheme, those in sorted(by_scheme.items()):
        differ = [pair for pair in pairs if pair.key[0] == scheme and pair.first != pair.second]
        if differ:
            codes = ", ".join(f"{pair.key[1]} ({pair.first}, {pair.second})" for pair in differ)
            text = f"- {scheme}, {len(differ)} of {len(those)}: {codes}"
            lines += wrap(text, 118, subsequent_indent="  ", break_on_hyphens=False)
    return "\n".join(lines) + "\n"


def main(words: Sequence[str]) -> int:
    """Run the command; 1 where a row has a flaw."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("check").add_argument("files", nargs="+", type=Path)
    merge = commands.add_parser("merge")
    merge.add_argument("files", nargs="+", type=Path)
    merge.add_argument("--second", nargs=2, type=Path, action="append", required=True, metavar=("TODO", "DONE"))
    merge.add_argument("--out", type=Path, required=True)
    merge.add_argument("--report", type=Path)
    asked = parser.parse_args(words)
    if asked.command == "check":
        found = [flaw for file in asked.files for flaw in flaws(_rows(file), file.name)]
        print(*found, sep="\n")
        return bool(found)
    rows, pairs = merged(
        [row for file in asked.files for row in _rows(file)],
        {key: name for todo, done in asked.second for key, name in _second(todo, done).items()},
    )
    if asked.report:
        asked.report.write_text(report(pairs), "utf-8")
    return _write(rows, asked.out)


def _write(rows: Sequence[Row], folder: Path) -> int:
    by_scheme = defaultdict(list)
    for row in rows:
        by_scheme[row["scheme"]].append(row)
    found: list[str] = []
    for scheme, those in by_scheme.items():
        file = folder / f"{scheme.lower()}.csv"
        held = list(_rows(file)) if file.exists() else []
        codes = {row["code"] for row in held}
        kept = list(held)
        for row in those:
            if row["code"] in codes:
                continue
            if flaw := flaws([*kept, row], file.name):
                found += flaw
            else:
                kept.append(row)
        with file.open("w", encoding="utf-8", newline="") as out:
            writer = csv.DictWriter(out, COLUMNS, lineterminator="\n", extrasaction="ignore")
            writer.writeheader()
            writer.writerows(kept)
    print(*found, sep="\n")
    return bool(found)


def _held_below(row: Row, rows: Iterable[Row]) -> str | None:
    """Why a bare code cannot be in scope: a row below it is of an excluded class."""
    if row["charge_class"] not in IN_SCOPE:
        return None
    below = (
        other
        for other in rows
        if other["scheme"] == row["scheme"]
        and other["code"].lower().startswith(f"{row['code'].lower()}(")
        and other["charge_class"] not in (*IN_SCOPE, UNCLASSIFIED, "court_process")
    )
    found = next(below, None)
    return f"{found['code']} is {found['charge_class']}" if found else None


def _left_open(row: Row, note: str) -> Row:
    return row | {"charge_class": UNCLASSIFIED, "severity": "", "severity_source": "", "note": note}


def _second(todo: Path, done: Path) -> dict[Key, str]:
    named = {row["n"]: row["charge_class"] for row in _read(done)}
    return {
        (row["scheme"], row["code"], row["covers"]): named[row["n"]] for row in _read(todo) if row["n"] in named
    }


def _rows(file: Path) -> Iterable[Row]:
    for row in _read(file):
        yield {name: (row.get(name) or "").strip() for name in COLUMNS}


def _read(file: Path) -> list[Row]:
    with file.open(encoding="utf-8-sig", newline="") as text:
        return list(csv.DictReader(text))


def _line(row: Row) -> str:
    return ",".join('"{}"'.format(row[name].replace('"', '""')) for name in COLUMNS)


def _measured(name: str, pairs: Sequence[tuple[str, str]]) -> str:
    agreed = sum(one == two for one, two in pairs)
    return f"| {name} | {len(pairs)} | {100 * agreed / len(pairs):.1f} % | {_number(kappa(pairs))} |"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
