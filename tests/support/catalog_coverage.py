"""What share of public tables of codes the catalog places, and what a range must not reach: `make coverage`.

    python -m tests.support.catalog_coverage [FOLDER]

FOLDER, by default `tests/data/tables`, holds tables as CSV with the columns `scheme,code,description` and
optionally `count`, one a file, named as in `LEAST`; the shares are compared with the least that is asked. The
tables are public, codes and titles: `SOURCES` says where each is from.
"""

import re
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from conviction_gate.cli.charges import Checked, checked, read_list
from conviction_gate.contracts.fields import ChargeClass
from conviction_gate.policy.catalog import CatalogRow, built_in
from conviction_gate.policy.catalog.schemes import STATES

TABLES: Final = Path(__file__).parents[1] / "data" / "tables"
LEAST: Final = {
    "aamva-acd": 1.0,
    "az-pima": 0.9,
    "ca-doj": 0.95,
    "ca-los-angeles": 0.9,
    "fl-okaloosa": 0.9,
    "va-vacore": 0.9,
}
"""By the name of its file: the share that is placed, or decided to be left open (national lists); by charges
where the table has counts."""
SOURCES: Final = {
    "aamva-acd": "NIEM/NIEM-Releases xsd/codes/aamva_d20.xsd, DrivingOffenseCode (GitHub)",
    "az-pima": "ARS codes of Pima's court calendar, as in public code that renders them",
    "ca-doj": "SanDiegoCountySheriff/Cal-RIPA UI/src/stories/data/statutes.js, Vehicle Code (GitHub)",
    "ca-los-angeles": "hackforla/heart violationCodes.js (GitHub)",
    "fl-okaloosa": "Howard-Center-Investigations/homelessness-in-the-us okaloosa-court-records (GitHub), "
    "arrest charges of chapters 316 to 324",
    "va-vacore": "MFogleman/vacore VacoreScript.js (GitHub)",
}
NATIONAL: Final = ("AAMVA-ACD", "NCIC", "NIBRS")
LEAST_OF_A_STATE: Final = 40
"""Rows of traffic offenses that are placed in the statutes of each state."""
OF_EACH_STATE: Final[tuple[ChargeClass, ...]] = ("minor_traffic", "dui", "hit_and_run", "other_traffic_serious")
TRAFFIC: Final[tuple[ChargeClass, ...]] = (*OF_EACH_STATE, "reckless_no_injury", "reckless_injury")

# Words of public tables for what the policy leaves out.
SERIOUS: Final = re.compile(
    r"\bDU[IL]\b|DRUNK|DRNK|ALCOHOL|\bALC\b|\bDRUGS?\b|MARIJ|EVAD|ELUD|FLEE|DEATH|\bDTH\b|INJUR|\bINJ\b"
    r"|HIT ?(?:AND|&) ?RUN|SPEED CONTEST|RACING|MANSL|HOMICID|\bF$|FELONY",
    re.IGNORECASE,
)


def share_of(done: Checked) -> float:
    """What is placed, by charges where the table has counts; what is left open with intent counts as decided
    in national lists alone."""
    return done.charges_placed / done.charges


def decided(file: Path) -> float:
    """The share of a list's codes that a row of the catalog decides, `unclassified` with a reason too."""
    codes = {(one.scheme, one.code) for one in read_list(file.read_bytes())}
    return sum(bool(built_in().look_up(*code).rows) for code in codes) / len(codes)


def reached_by_a_range(file: Path) -> list[str]:
    """Codes whose words are serious, and which a range places in scope."""
    found = []
    for one in read_list(file.read_bytes()):
        rows = built_in().look_up(one.scheme, one.code).rows
        if SERIOUS.search(one.description) and any(
            row.covers == "range" and row.charge_class == "minor_traffic" for row in rows
        ):
            found.append(f"{one.scheme} {one.code} ({one.description})")
    return found


def states(entries: Iterable[CatalogRow]) -> dict[str, Counter[ChargeClass]]:
    """How many rows the statutes of each state have in each class of traffic offenses."""
    found: dict[str, Counter[ChargeClass]] = {state: Counter() for state in STATES}
    for row in entries:
        state = row.scheme.partition("-")[0]
        if state in STATES and row.scheme != "CA-DOJ" and row.charge_class in TRAFFIC:
            found[state][row.charge_class] += 1
    return found


def lacking(by_state: Mapping[str, Counter[ChargeClass]]) -> list[str]:
    """States with too few rows, or with none of a class that each has."""
    return [
        state
        for state, counts in sorted(by_state.items())
        if counts.total() < LEAST_OF_A_STATE or not all(counts[name] for name in OF_EACH_STATE)
    ]


def main(words: list[str]) -> int:
    """Print the shares; 1 where one is too small, a table is missing, or a range reached what it must not."""
    entries = built_in().entries
    by_scheme = Counter(entry.scheme for entry in entries)
    print(f"{len(entries)} rows of {len(by_scheme)} schemes")
    for name in NATIONAL:
        left_open = sum(entry.scheme == name and entry.charge_class == "unclassified" for entry in entries)
        print(f"  {name}: {by_scheme[name]} rows, {left_open} of them left open with a reason")
    by_state = states(entries)
    counts = sorted((count.total(), state) for state, count in by_state.items())
    (fewest, least), *_, (most, greatest) = counts
    print(
        f"  {len(counts)} states (with DC): {fewest} ({least}) to {most} ({greatest}) traffic offenses placed, "
        f"of each of {len(OF_EACH_STATE)} classes; at least {LEAST_OF_A_STATE}"
    )
    for state in (short := lacking(by_state)):
        print(f"    {state} has too few: {dict(by_state[state])}")
    failed = bool(short)
    found = sorted((Path(words[0]) if words else TABLES).glob("*.csv"))
    for file in found:
        done = checked(list(read_list(file.read_bytes())), built_in())
        share = decided(file) if file.stem == "aamva-acd" else share_of(done)
        least = LEAST.get(file.stem, 0.0)
        counted = f"{done.codes} codes" + (f", {done.charges} charges" if done.charges != done.codes else "")
        print(f"  {file.stem}: {100 * share:.1f} % of {counted}; at least {100 * least:.0f} %")
        failed |= share < least
        for code in reached_by_a_range(file):
            print(f"    a range must not reach {code}")
            failed = True
    for name in sorted(set(LEAST) - {file.stem for file in found}):
        print(f"  {name}: no table here; it is public as {SOURCES[name]}")
        failed = True
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
