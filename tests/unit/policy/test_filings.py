"""The versions of a charge: as booked, booked again, and amended."""

from typing import Any

import pytest

from conviction_gate import policy
from conviction_gate.contracts.internal.facts import Facts
from conviction_gate.policy.classification import Classifier
from conviction_gate.policy.filings import filings_by_charge, severity_now
from tests.support import facts as the
from tests.support.facts import (
    amendment,
    booking,
    charge,
    conviction,
    correction,
    dismissal,
    facts_of,
)
from tests.support.rule_tables import CLASS, CLEAR, FLAG, TWO, WAIT, either_way, holds, table


@table(
    (
        "filed after a dismissal it reopens the charge",
        facts_of(booking(), dismissal("2013-01-01"), amendment(charge(the.RECKLESS), "2013-01-02")),
        WAIT,
    ),
    (
        "after a conviction too",
        facts_of(booking(), conviction("2013-01-01"), amendment(charge(the.RECKLESS), "2013-01-02")),
        WAIT,
    ),
    (
        "filed on its day it does not",
        facts_of(booking(), dismissal("2013-01-01"), amendment(charge(the.RECKLESS), "2013-01-01")),
        CLEAR,
    ),
    (
        "filed before it does not",
        facts_of(booking(), dismissal("2013-01-01"), amendment(charge(the.RECKLESS), "2012-12-01")),
        CLEAR,
    ),
    (
        "it opens that charge only",
        facts_of(TWO, conviction("2013-01-01", "2"), amendment(charge(the.RECKLESS), "2013-01-02")),
        FLAG,
    ),
    (
        "a new charge is waited for",
        facts_of(booking(), dismissal("2013-01-01"), amendment(charge(the.MINOR, "2"), "2013-01-02")),
        WAIT,
    ),
    (
        "withdrawn as an error, the charge is closed again",
        facts_of(
            booking(),
            dismissal("2013-01-01"),
            amendment(charge(), "2013-01-02"),
            correction(amendment(charge(), "2013-01-02")),
        ),
        CLEAR,
    ),
    (
        "the same arrest sent again changes nothing",
        facts_of(booking(), dismissal("2013-01-01"), booking(message_id="again")),
        CLEAR,
    ),
    (
        "booked again with the same charge neither",
        facts_of(booking(), dismissal("2013-01-01"), booking(on="2013-06-01")),
        CLEAR,
    ),
    (
        "in another spelling neither",
        facts_of(booking(), dismissal("2013-01-01"), booking(charge(("ca vc", "14601 (A)")), on="2013-06-01")),
        CLEAR,
    ),
    (
        "booked again with a changed charge counts as an amendment",
        facts_of(booking(), dismissal("2013-01-01"), booking(charge(the.RECKLESS), on="2013-06-01")),
        WAIT,
    ),
    (
        "with an added one",
        facts_of(
            booking(), dismissal("2013-01-01"), booking(charge(), charge(the.MINOR, "2"), on="2013-06-01")
        ),
        WAIT,
    ),
    (
        "a charge that the new booking leaves out is still one",
        facts_of(TWO, booking(charge(), on="2013-06-01"), dismissal("2013-07-01", "1")),
        WAIT,
    ),
    (
        "whichever booking came first",
        facts_of(booking(charge(the.RECKLESS), on="2013-06-01"), booking(), dismissal("2013-01-01")),
        WAIT,
    ),
    (
        "an amendment that repeats the charge reopens it too",
        facts_of(booking(), dismissal("2013-01-01"), amendment(charge(), "2013-01-02")),
        WAIT,
    ),
    (
        "sent twice for one hour, as court process and as an offense: the offense is waited for",
        facts_of(
            booking(charge(), charge(the.MINOR, "2")),
            booking(charge(), charge(the.COURT_PROCESS, "2"), message_id="resent"),
            dismissal("2013-01-01", "1"),
        ),
        WAIT,
    ),
)
def test_amendments_and_bookings_again(facts: Facts, rule: str) -> None:
    holds(facts, rule)


def test_the_first_booking_is_the_booking() -> None:
    assert policy.effect_of(booking(), Facts()) == "an arrest, on 1 charge"
    amended = facts_of(booking(), amendment(charge(the.MINOR, "2"), "2012-06-01"))
    assert policy.effect_of(conviction("2013-01-01", "2"), amended).startswith("charge 2:")


@pytest.mark.parametrize("doubtful", [the.UNCLASSIFIED, the.SERIOUS], ids=str)
@pytest.mark.parametrize("plain", [the.MINOR, the.MINOR_UNKNOWN], ids=str)
def test_of_two_versions_of_one_day_the_doubtful_one_stands(doubtful: the.Code, plain: the.Code) -> None:
    filed = [amendment(charge(code), "2013-01-18") for code in (doubtful, plain)]
    holds(either_way((booking(),), *filed), CLASS)
    booked = [booking(charge(code)).model_copy(update={"message_id": code[1]}) for code in (doubtful, plain)]
    holds(either_way((), *booked), CLASS)


@pytest.mark.parametrize(
    "changed",
    [{"severity": "felony"}, {"injury": False}, {"code": the.MINOR_UNKNOWN}],
    ids=str,
)
def test_a_booking_again_with_a_changed_charge_opens_it_again(changed: dict[str, Any]) -> None:
    ended = (booking(), dismissal("2012-12-01"))
    holds(facts_of(*ended, booking(charge(), on="2013-01-12")), CLEAR)
    holds(facts_of(*ended, booking(charge(**changed), on="2013-01-12")), WAIT)


@pytest.mark.parametrize("earlier", ["a booking", "an amendment"])
def test_a_charge_is_filed_now_as_in_its_last_filing_alone(earlier: str) -> None:
    infraction, misdemeanor = charge(severity="infraction"), charge(severity="misdemeanor")
    filed = [amendment(misdemeanor, "2012-05-04")]
    if earlier == "an amendment":
        filed = [amendment(infraction, "2012-06-01"), amendment(misdemeanor, "2012-06-02")]
    holds(facts_of(booking(infraction), *filed, conviction("2013-01-01")), FLAG)


def test_two_filings_of_one_day_that_differ_in_severity_leave_it_unknown() -> None:
    felony, misdemeanor = (charge(the.SERIOUS_WOBBLER, severity=s) for s in ("felony", "misdemeanor"))
    filed = [
        one.model_copy(update={"message_id": one.charge.severity})
        for one in (amendment(felony, "2012-06-01"), amendment(misdemeanor, "2012-06-01"))
    ]
    versions = filings_by_charge([booking()], filed, Classifier((), {}))["1"]
    assert severity_now(versions) is None
    holds(facts_of(booking(), *filed), CLASS)
