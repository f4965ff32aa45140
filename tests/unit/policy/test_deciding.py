"""The rules together: their order, and what a decision says."""

from typing import Any, get_args

import pytest

from conviction_gate import policy
from conviction_gate.contracts.fields import RuleName
from tests.support import facts as the
from tests.support.facts import (
    booking,
    charge,
    conviction,
    decided,
    dismissal,
    facts_of,
    finding,
    history,
    record,
    review,
    ruled,
    update,
    with_more,
)
from tests.support.rule_tables import (
    CLASS,
    CLEAR,
    DUI,
    EXCLUDED_OFFENSE,
    FLAG,
    GUILTY,
    GUILTY_AGAIN,
    NON_TRAFFIC,
    OUTCOME,
    PLEA,
    PLEADED,
    PRIOR,
    PRIORITY,
    RECORD,
    UNPLACED,
    WAIT,
    holds,
    priority,
)


def test_a_case_without_its_booking_waits_whatever_came() -> None:
    facts = facts_of(GUILTY, dismissal("2013-01-01", None), finding("us_citizen"), past=None)
    holds(facts, WAIT)
    assert policy.charge_views(facts) == ()
    assert policy.open_charges(facts) == ()


def test_the_rules_are_asked_in_the_order_of_the_policy() -> None:
    """Every rule has an answer; taking away what one speaks of lets the next one speak."""
    charges = (
        charge(the.DUI_NO_CRIME, "1"),
        charge(the.NON_TRAFFIC, "2"),
        charge(the.UNCLASSIFIED, "3"),
        charge(the.MINOR, "4"),
        charge(the.MINOR, "5"),
    )
    findings = (finding("us_citizen"), finding("misidentified"), finding("deceased"))
    facts = facts_of(
        booking(*charges),
        *findings,
        conviction("2013-01-01", "4"),
        update("deferred_with_plea", "2013-01-01", "5"),
        past=history(record(), priority("gang"), record("expunged")),
    )
    taken_away: list[tuple[dict[str, Any], str]] = [
        ({}, "clear.us_citizen"),
        ({"findings": findings[1:]}, "clear.misidentified"),
        ({"findings": findings[2:]}, "clear.deceased"),
        ({"findings": ()}, EXCLUDED_OFFENSE),
        ({"bookings": (booking(*charges[1:]),)}, NON_TRAFFIC),
        ({"bookings": (booking(*charges[2:]),)}, CLASS),
        ({"bookings": (booking(*charges[3:]),)}, PRIOR),
        ({"history": history(priority("gang"), record("expunged"))}, PRIORITY),
        ({"history": history(record("expunged"))}, RECORD),
        ({"history": the.CLEAN}, FLAG),
        ({"bookings": (booking(charges[4]),)}, OUTCOME),
        ({"court_updates": (), "dismissals": (dismissal("2014-01-01", "5"),)}, CLEAR),
        ({"dismissals": ()}, WAIT),
    ]
    for less, rule in taken_away:
        facts = facts.model_copy(update=less)
        holds(facts, rule)


def test_a_decision_says_what_it_does() -> None:
    status = {
        FLAG: ("flag", "flagged", False),
        CLEAR: ("clear", "cleared", False),
        CLASS: ("review", "needs_review", True),
        WAIT: ("wait", "waiting_for_court", True),
    }
    for rule, expected in status.items():
        decision = policy.Decision(rule=rule, explanation="Said.")
        assert (decision.answer, decision.status, decision.is_open) == expected
    assert {rule.partition(".")[0] for rule in get_args(RuleName)} == {"flag", "clear", "review", "defer"}


def test_grounds_are_the_messages_that_decided() -> None:
    assert decided(facts_of(booking(), GUILTY, GUILTY_AGAIN)).grounds == (
        "conviction 1 2013-01-01 None None",
        "docket-7",
    )
    assert decided(DUI_FACTS := facts_of(DUI)).grounds == ("booking 2012-05-04",)
    assert decided(with_more(DUI_FACTS, finding("deceased"))).grounds == ("finding deceased",)
    pleaded = with_more(PLEADED, conviction("2013-09-01"))
    assert decided(pleaded).grounds == (conviction("2013-09-01").message_id,)
    pleaded = ruled(PLEADED, "conviction")
    assert decided(pleaded).grounds == (PLEA.message_id, review("conviction").message_id)


@pytest.mark.parametrize("ruling", ["dui", "non_traffic"])
def test_grounds_name_the_ruling_that_gave_a_charge_its_class(ruling: Any) -> None:
    flagged = decided(ruled(UNPLACED, ruling))
    assert flagged.answer == "flag"
    assert flagged.grounds == ("booking 2012-05-04", review(ruling).message_id)
