"""The class of an offense comes from its code, then from an injury, then from a person."""

from typing import Any, get_args

import pytest

from conviction_gate.contracts.fields import ChargeClass
from conviction_gate.contracts.internal.facts import Facts
from conviction_gate.policy.catalog import find
from conviction_gate.policy.classification import EXCLUDED, IN_SCOPE
from tests.support import facts as the
from tests.support.facts import (
    amendment,
    booking,
    charge,
    conviction,
    facts_of,
    made_up,
)
from tests.support.rule_tables import CLASS, EXCLUDED_OFFENSE, NON_TRAFFIC, WAIT, holds, table


def test_the_codes_of_these_tables_are_what_they_are_called() -> None:
    def class_of(code: the.Code) -> tuple[str, str | None]:
        entry = find(*code)
        assert entry is not None
        return entry.charge_class, entry.severity

    assert class_of(the.MINOR) == ("minor_traffic", "misdemeanor")
    assert class_of(the.MINOR_INFRACTION) == ("minor_traffic", "infraction")
    assert class_of(the.MINOR_UNKNOWN) == ("minor_traffic", None)
    assert class_of(the.RECKLESS) == ("reckless_no_injury", "misdemeanor")
    assert class_of(the.DUI_NO_CRIME) == ("dui", "infraction")
    assert class_of(the.HIT_AND_RUN) == ("hit_and_run", "misdemeanor")
    assert class_of(the.RECKLESS_INJURY) == ("reckless_injury", "wobbler")
    assert class_of(the.SERIOUS) == ("other_traffic_serious", "misdemeanor")
    assert class_of(the.SERIOUS_FELONY) == ("other_traffic_serious", "felony")
    assert class_of(the.SERIOUS_WOBBLER) == ("other_traffic_serious", "wobbler")
    assert class_of(the.SERIOUS_UNKNOWN) == ("other_traffic_serious", None)
    assert class_of(the.NON_TRAFFIC)[0] == "non_traffic"
    assert class_of(the.COURT_PROCESS) == ("court_process", "wobbler")
    assert class_of(the.UNCLASSIFIED)[0] == "unclassified"


@pytest.mark.parametrize("code", [("NCIC", "5499"), ("NCIC", "0399"), ("NIBRS", "90Z"), ("X", "1")])
def test_a_code_that_could_be_several_offenses_or_is_unknown_goes_to_a_person(code: the.Code) -> None:
    holds(facts_of(booking(charge(code))), CLASS)


BY_CLASS: dict[ChargeClass, str] = {
    "minor_traffic": WAIT,
    "reckless_no_injury": WAIT,
    "dui": EXCLUDED_OFFENSE,
    "hit_and_run": EXCLUDED_OFFENSE,
    "reckless_injury": EXCLUDED_OFFENSE,
    "other_traffic_serious": CLASS,
    "non_traffic": NON_TRAFFIC,
    "court_process": CLASS,
    "unclassified": CLASS,
}


@pytest.mark.parametrize("severity", ["infraction", "misdemeanor", "felony"])
@pytest.mark.parametrize("booked_as", [None, "infraction", "felony"])
@pytest.mark.parametrize("name", get_args(ChargeClass))
def test_the_class_comes_from_the_offense_never_from_its_severity(
    name: ChargeClass, severity: Any, booked_as: Any
) -> None:
    offense = charge(("X", name), severity=booked_as)
    serious_felony = name == "other_traffic_serious" and severity == "felony"
    expected = EXCLUDED_OFFENSE if serious_felony else BY_CLASS[name]
    holds(facts_of(booking(offense), placed=[made_up(name, severity)]), expected)


def test_every_class_is_in_scope_excluded_or_named_by_a_rule_of_its_own() -> None:
    others = {"other_traffic_serious", "non_traffic", "court_process", "unclassified"}
    assert set(get_args(ChargeClass)) == IN_SCOPE | EXCLUDED | others
    assert set(BY_CLASS) == set(get_args(ChargeClass))


@table(
    (
        "injury makes reckless driving an excluded offense",
        facts_of(booking(charge(the.RECKLESS, injury=True))),
        EXCLUDED_OFFENSE,
    ),
    ("no injury leaves it in scope", facts_of(booking(charge(the.RECKLESS, injury=False))), WAIT),
    ("injury not reported leaves it in scope", facts_of(booking(charge(the.RECKLESS))), WAIT),
    (
        "injury changes no other class",
        facts_of(booking(charge(the.MINOR, injury=True))),
        WAIT,
    ),
    (
        "false never softens a code that itself says injury",
        facts_of(booking(charge(the.RECKLESS_INJURY, injury=False))),
        EXCLUDED_OFFENSE,
    ),
    (
        "injury once reported of a charge counts for the offense of its conviction",
        facts_of(booking(charge(the.MINOR, injury=True)), conviction("2013-01-01", of=the.RECKLESS)),
        EXCLUDED_OFFENSE,
    ),
)
def test_injury(facts: Facts, rule: str) -> None:
    holds(facts, rule)


def test_an_injury_of_any_version_counts_for_what_was_convicted_of() -> None:
    booked = booking(charge(the.MINOR, injury=True))
    amended = amendment(charge(the.MINOR, injury=False), "2013-01-01")
    holds(facts_of(booked, amended, conviction("2013-01-10", of=the.RECKLESS)), EXCLUDED_OFFENSE)


def test_an_offense_that_nobody_placed_has_no_severity() -> None:
    facts = facts_of(booking(), conviction("2013-01-10"))
    holds(facts.model_copy(update={"placements": ()}), CLASS)
