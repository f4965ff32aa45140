"""A released edition decides as it did on the day of its release; a new one takes new bookings only."""

import hashlib
from collections import Counter
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Final, get_args

import pytest

import policy
from contracts.fields import Rule
from policy import Decision, Edition
from tests.unit.facts import booking, charge, decided, facts_of
from tests.unit.grid import grid, told

DATA: Final = Path(__file__).parents[1] / "data"
FIRST: Final = policy.EDITIONS[0]


def test_a_released_edition_decides_the_grid_as_it_did() -> None:
    released = (DATA / f"edition-{FIRST.name}.sha256").read_text().strip()
    digest, rules = hashlib.sha256(), Counter[str]()
    for facts in grid():
        decision = decided(facts)
        digest.update(f"{told(decision)}\n".encode())
        rules[decision.rule] += 1
    print(f"\n{rules.total()} facts decided, {dict(rules)}")
    assert set(rules) == set(get_args(Rule))
    assert digest.hexdigest() == released, (
        f"edition {FIRST.name} decides otherwise than when it was released. A released edition never "
        "changes, since open cases are decided under it for years: undo the change, or make a new edition "
        "of it in policy/editions.py, with rules of its own"
    )


# A second edition ----------------------------------------------------------------------------------


def everybody_is_cleared(matter: object) -> Decision:
    """A rule of an edition that only the tests know."""
    return Decision(rule="clear.no_conviction", explanation="The second edition clears everybody.")


SECOND: Final = Edition("2013-01-01", date(2013, 1, 1), (everybody_is_cleared,))
BOTH: Final = (FIRST, SECOND)


@pytest.mark.parametrize(
    ("booked_at", "edition"),
    [
        (datetime(2001, 1, 1, tzinfo=UTC), FIRST),
        (datetime(2012, 4, 27, tzinfo=UTC), FIRST),
        (datetime(2012, 12, 31, 23, 59, tzinfo=UTC), FIRST),
        (datetime(2013, 1, 1, 0, 0, tzinfo=UTC), SECOND),
        (datetime(2012, 12, 31, 23, 0, tzinfo=timezone(-timedelta(hours=8))), FIRST),
        (datetime(2013, 1, 1, 0, 0, tzinfo=timezone(timedelta(hours=9))), SECOND),
        (datetime(2040, 1, 1, tzinfo=UTC), SECOND),
    ],
    ids=str,
)
def test_the_day_of_the_booking_at_the_jail_says_which_edition(booked_at: datetime, edition: Edition) -> None:
    assert policy.edition_at(booked_at, BOTH) is edition


def test_editions_are_in_the_order_of_their_days() -> None:
    days = [edition.in_force_from for edition in policy.EDITIONS]
    assert days == sorted(set(days))


def test_each_edition_decides_by_its_own_rules() -> None:
    facts = facts_of(booking(charge()))
    assert policy.decide(facts, FIRST).rule == "defer.traffic_only"
    assert policy.decide(facts, SECOND).rule == "clear.no_conviction"
