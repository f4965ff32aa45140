"""A released edition decides as it did on the day of its release; a new one takes new bookings only."""

import hashlib
from datetime import UTC, date, datetime, timedelta, timezone
from itertools import product
from pathlib import Path
from typing import Final, get_args

import pytest

from conviction_gate import policy
from conviction_gate.contracts.fields import RuleName
from conviction_gate.policy import Decision, Edition
from conviction_gate.policy.catalog import normalised
from conviction_gate.policy.rules.rule import policy_rule
from tests.support.facts import (
    booking,
    charge,
    facts_of,
)
from tests.support.facts_grid import decisions

DATA: Final = Path(__file__).parents[2] / "data"
FIRST: Final = policy.EDITIONS[0]
SCHEMES: Final = ("CA-VC", "az_ars", "NY VTL", "IL-625", "NJ", "TX–TC", "NC-GS", "WA-RCW", "NCIC", "X-1", "§")
CODES: Final = (
    *("12500(a)", "CVC § 12500 (A)", "12500a", "12500[a]", "28-3151", "A.R.S. § 28-3151", "28—3151(a)(1)"),
    *("1192.2", "1192.2-a(b)", "1111-a", "625 ILCS 5/6-303", "5/6-303(a 1)", "39:4-50", "N.J.S.A. 39:4-50.2"),
    *("545.401", "Sec. 545.401(b)", "20-138.2A", "20-28(a1)", "20-28(a)(1)", "46.61.502", "2000 1(a)", "5499"),
    *("90Z", "12500(a) VC", "secs. 5", "", "½", "ſ5", "1\x002", "9" * 129),
)
SPELLED: Final = "eeb5ff5f1458b48715d4edc2cb8d9ccf59efde76a8e8235fc222bd51a577a072"


def test_a_released_edition_decides_the_grid_as_it_did() -> None:
    released = (DATA / f"edition-{FIRST.name}.sha256").read_text().strip()
    digest, rules = decisions()
    print(f"\n{rules.total()} facts decided, {dict(rules)}")
    assert set(rules) == set(get_args(RuleName))
    assert digest == released, (
        f"edition {FIRST.name} decides differently from its release. A released edition never changes, since "
        "open cases are decided under it for years: undo the change, or add a new edition to "
        "conviction_gate/policy/editions.py, with rules of its own. Before 0.2.0 is released, record it again: "
        f"python -m tests.support.facts_grid > tests/data/edition-{FIRST.name}.sha256"
    )


def test_codes_are_read_as_they_were_when_the_edition_was_released() -> None:
    """The rules compare codes by their keys, and rulings are bound to them: `normalised` belongs to the
    edition as its rules do. One that reads codes otherwise goes beside it, for the catalog or a new edition."""
    digest = hashlib.sha256()
    for scheme, code in product(SCHEMES, CODES):
        digest.update(f"{normalised(scheme, code)}\n".encode())
    assert digest.hexdigest() == SPELLED


# A second edition ----------------------------------------------------------------------------------


@policy_rule(1)
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
    ids=lambda value: value.name if isinstance(value, Edition) else str(value),
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


def test_a_case_is_decided_under_the_edition_in_force_when_it_was_booked() -> None:
    first = policy.EDITIONS[0]
    later = policy.Edition("2030-01-01", datetime(2030, 1, 1, tzinfo=UTC).date(), first.rules)
    for day, edition in [
        ("2000-01-01", first),
        ("2012-04-26", first),
        ("2012-04-27", first),
        ("2029-12-31", first),
        ("2030-01-01", later),
        ("2040-01-01", later),
    ]:
        booked_at = booking(on=day).booked_at
        assert policy.edition_at(booked_at, (first, later)) is edition
        assert policy.edition_among((first.name, later.name), booked_at, (first, later)) is edition
        assert policy.edition_among((), booked_at, (first, later)) is first
    assert policy.edition_named("2012-04-27") is first
    assert policy.edition_named("2030-01-01") is None
