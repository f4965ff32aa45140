"""What share of a county's bookings waits for a person because of a code: `python -m bench.county`.

    python -m bench.county [--bookings 10000] [--seed 1] [--write FILE]

The county is drawn from `data/okaloosa-arrests.csv`: the 32,526 cases of the public court records of Okaloosa
County, Florida (2010 to 2020), in which somebody was arrested and every charge is of the traffic chapters 316
to 324, by the statutes of the arrest as they were written, and how many cases had just these. The records are
those of github.com/Howard-Center-Investigations/homelessness-in-the-us; nothing but statutes and counts is
taken from them. The bookings go the way of `start --map`: they are written as CSV, read by `county.toml`,
placed by the catalog, and decided by the rules; the records of the people are clean.

`--write` writes the CSV, to be sent by `conviction-gate start --map bench/data/county.toml FILE`.
"""

import argparse
import csv
import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from io import StringIO
from pathlib import Path
from random import Random
from typing import Final, NamedTuple

from conviction_gate import policy
from conviction_gate.contracts.booking import Booking
from conviction_gate.contracts.fields import RuleName
from conviction_gate.contracts.history import History
from conviction_gate.contracts.internal.facts import Facts
from conviction_gate.contracts.reading import read_booking
from conviction_gate.files.conversion import convert
from conviction_gate.files.maps import Map, read_map
from conviction_gate.files.tables import read_table
from conviction_gate.policy.catalog import built_in

BOOKINGS: Final = 10_000
MOST: Final = 0.05
"""The share that may wait for a person because of a code."""
COLUMNS: Final = ("Booking", "OTN", "Person", "Booked", "Statute")
FIRST_DAY: Final = datetime(2012, 5, 4, 8, 0)  # noqa: DTZ001  the map has the zone
WAITS: Final[RuleName] = "review.unclassified_charge"


class Waiting(NamedTuple):
    """How the bookings of a county are decided. `codes`: those that make a booking wait for a person."""

    bookings: int
    rules: Counter[str]
    codes: Counter[str]

    @property
    def share(self) -> float:
        """The share that waits for a person because of a code."""
        return self.rules[WAITS] / self.bookings


def drawn(count: int, seed: int) -> Iterator[tuple[str, ...]]:
    """The codes of so many bookings."""
    with _data("okaloosa-arrests.csv").open(encoding="utf-8") as file:
        table = [(tuple(row["codes"].split("|")), int(row["count"])) for row in csv.DictReader(file)]
    yield from Random(seed).choices([codes for codes, _ in table], [weight for _, weight in table], k=count)


def written(bookings: Sequence[tuple[str, ...]]) -> str:
    """The bookings as a jail's CSV, one row for each charge."""
    text = StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for number, codes in enumerate(bookings, 1):
        booked = FIRST_DAY + timedelta(days=number % 300)
        for code in codes:
            writer.writerow([f"B-{number}", f"A-{number}", f"P-{number}", f"{booked:%m/%d/%Y %H:%M}", code])
    return text.getvalue()


def county_map() -> Map:
    """The map of the CSV."""
    return read_map(_data("county.toml").read_text("utf-8"), "county")


def measured(text: str) -> Waiting:
    """How the bookings of a CSV are decided on the day on which they come."""
    by = county_map()
    done = convert(read_table(text.encode(), by), by, datetime.now(UTC))
    if done.refused:
        raise SystemExit(f"line {done.refused[0].row.line}: {done.refused[0].reason}")
    rules, codes = Counter[str](), Counter[str]()
    for one in done.made:
        booking = read_booking(json.dumps(one.message))
        rule, because = _decided(booking)
        rules[rule] += 1
        codes.update(because)
    return Waiting(len(done.made), rules, codes)


def _decided(booking: Booking) -> tuple[RuleName, set[str]]:
    placed = [built_in().place(charge, booking.booked_at.date()) for charge in booking.charges]
    facts = Facts(history=History(), placements=tuple(dict.fromkeys(placed))).including(booking)
    decision = policy.decide(facts, policy.EDITIONS[0])
    assert decision.rule is not None
    asked = {question.charge_id for question in decision.questions}
    because = {charge.code for charge in booking.charges if charge.charge_id in asked}
    return decision.rule, because if decision.rule == WAITS else set()


def _data(name: str) -> Path:
    return Path(str(files("bench"))) / "data" / name


def main(words: Sequence[str]) -> int:
    """Print the share; 1 where it is too large."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bookings", type=int, default=BOOKINGS)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--write", type=Path, metavar="FILE")
    asked = parser.parse_args(words)
    text = written(list(drawn(asked.bookings, asked.seed)))
    if asked.write:
        asked.write.write_text(text, "utf-8")
        return 0
    found = measured(text)
    print(f"{found.bookings} bookings; {100 * found.share:.1f} % wait for a person because of a code")
    for rule, count in found.rules.most_common():
        print(f"  {rule}: {count} ({100 * count / found.bookings:.1f} %)")
    for code, count in found.codes.most_common(20):
        print(f"    {code}: {count}")
    return found.share >= MOST


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
