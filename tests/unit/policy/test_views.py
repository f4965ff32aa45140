"""What people see of the facts: charges as they are now, and what a message did."""

from typing import Any

import pytest

from conviction_gate import policy
from conviction_gate.contracts.internal.facts import Facts
from tests.support import facts as the
from tests.support.facts import (
    amendment,
    booking,
    charge,
    conviction,
    correction,
    dismissal,
    facts_of,
    finding,
    record_update,
    review,
    update,
)
from tests.support.rule_tables import GUILTY


def test_charges_as_they_stand() -> None:
    facts = facts_of(
        booking(charge(), charge(the.MINOR, "2"), charge(the.COURT_PROCESS, "3"), charge(the.MINOR, "4")),
        amendment(charge(the.RECKLESS, "2", severity="misdemeanor"), "2012-06-01"),
        GUILTY,
        dismissal("2013-01-01", "1"),
        dismissal("2013-03-01", "4", word="acquitted"),
    )
    views = {view.charge_id: view for view in policy.charge_views(facts)}
    assert list(views) == ["1", "2", "3", "4"]
    assert views["1"].disposition == "conviction and dismissed"
    assert str(views["1"].decided_on) == "2013-01-01"
    assert (views["2"].code, views["2"].charge_class) == ("23103(a)", "reckless_no_injury")
    assert (views["2"].severity, views["2"].disposition, views["2"].decided_on) == ("misdemeanor", None, None)
    assert views["3"].charge_class == "court_process"
    assert views["4"].disposition == "acquitted"
    assert policy.open_charges(facts) == ("2",)


def test_a_class_that_was_not_looked_up_is_null() -> None:
    (view,) = policy.charge_views(Facts(bookings=(booking(),)))
    assert view.charge_class is None


@pytest.mark.parametrize(
    ("message", "effect"),
    [
        (booking(), "the same arrest again, on 1 charge"),
        (GUILTY, "charge 1: conviction on 2013-01-01"),
        (conviction("2013-01-01", "9"), "kept until charge 9 is filed: conviction on 2013-01-01"),
        (dismissal("2013-01-01", None), "every charge: dismissed on 2013-01-01"),
        (update("continuance", "2013-01-01"), "charge 1: continuance on 2013-01-01"),
        (amendment(charge(the.MINOR, "2"), "2012-06-01"), "charge 2: filed on 2012-06-01"),
        (finding("deceased"), "finding: deceased"),
        (
            conviction("2013-01-01", "001"),
            "kept until charge 001 is filed: conviction on 2013-01-01; is it "
            "charge 1? Then send it again with that id",
        ),
        (correction(booking()), "message booking 2012-05-04 no longer counts"),
        (correction("m-1"), "no message m-1 of that sender has arrived: it will not count if it does"),
        (record_update("2013-01-01"), "the criminal history is asked for again"),
        (
            update("GUILTY", "2013-01-01"),
            'unknown entry "GUILTY": ends nothing; send one of the words of the contract instead',
        ),
        (review("conviction"), "recorded"),
    ],
)
def test_effects_are_told_in_a_few_words(message: Any, effect: str) -> None:
    assert policy.effect_of(message, facts_of(booking())) == effect
