"""Which question a person's ruling answers."""

from typing import Any

import pytest

from conviction_gate import policy
from conviction_gate.contracts.internal.facts import Facts, Ruling
from tests.support import facts as the
from tests.support.facts import (
    booking,
    charge,
    conviction,
    decided,
    facts_of,
    review,
    ruled,
    update,
    with_more,
)
from tests.support.rule_tables import (
    CLASS,
    EXPUNGED,
    GUILTY,
    ONLY_COURT,
    OUTCOME,
    PLEA,
    PLEADED,
    RACING,
    TWO,
    UNPLACED,
    WAIT,
    holds,
)


@pytest.mark.parametrize(
    ("facts", "word", "charge_id", "binds"),
    [
        (facts_of(booking()), "not_conviction", "1", False),
        (facts_of(booking()), "history_not_clean", None, False),
        (facts_of(booking(), GUILTY), "not_conviction", "1", False),
        (UNPLACED, "minor_traffic", "1", True),
        (UNPLACED, "minor_traffic", None, True),
        (UNPLACED, "minor_traffic", "2", False),
        (UNPLACED, "unclassified", "1", False),
        (UNPLACED, "conviction", "1", False),
        (UNPLACED, "history_clean", None, False),
        (ONLY_COURT, "court_process", "1", False),
        (RACING, "other_traffic_serious", "1", True),
        (RACING, "court_process", "1", True),
        (PLEADED, "conviction", "1", True),
        (PLEADED, "minor_traffic", "1", False),
        (PLEADED, "history_clean", None, False),
        (PLEADED, "conviction", "2", False),
        (EXPUNGED, "history_clean", None, True),
        (EXPUNGED, "history_clean", "1", True),
        (EXPUNGED, "not_conviction", "1", False),
        (facts_of(TWO, PLEA, update("deferred_with_plea", "2012-09-01", "2")), "conviction", None, False),
        (facts_of(TWO, PLEA, update("deferred_with_plea", "2012-09-01", "2")), "conviction", "2", True),
    ],
)
def test_a_ruling_answers_only_the_question_that_stands(
    facts: Facts, word: Any, charge_id: str | None, binds: bool
) -> None:
    bound = policy.bind(review(word, charge_id), decided(facts))
    if binds:
        assert isinstance(bound, Ruling)
        assert bound.question in decided(facts).questions
        assert decided(facts.including(bound)) != decided(facts)
    else:
        assert isinstance(bound, str)
        assert bound.startswith("no effect: ")


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        (facts_of(booking()), "no question is open"),
        (EXPUNGED, "dui does not answer the open question (review.unclear_history)"),
        (PLEADED, "dui does not answer the open question (review.unclear_disposition on charge 1)"),
    ],
)
def test_a_ruling_without_effect_names_the_open_question(facts: Facts, why: str) -> None:
    assert policy.bind(review("dui"), decided(facts)) == f"no effect: {why}"


def test_a_ruling_that_came_early_does_not_answer_a_later_question() -> None:
    """It was bound when it arrived, to nothing: so the facts do not hold it at all."""
    assert isinstance(policy.bind(review("conviction"), decided(facts_of(booking()))), str)
    holds(with_more(facts_of(booking()), PLEA), OUTCOME)


@pytest.mark.parametrize(
    "first",
    [
        conviction("2013-01-01", severity="misdemeanor", of=the.COURT_PROCESS),
        conviction("2013-01-01", of=the.SERIOUS_WOBBLER),
        update("deferred_with_plea", "2013-01-01"),
    ],
    ids=["convicted outside the matter", "of unknown severity", "a plea"],
)
def test_a_ruling_on_an_ending_holds_for_that_evidence_alone(first: Any) -> None:
    """Each question names what it is about, so that another word of the court asks anew."""
    facts = facts_of(booking(), first)
    if decided(facts).rule == "review.unclassified_charge":
        facts = ruled(facts, "minor_traffic")
    assert decided(facts).answer == "review"
    answered = ruled(facts, "not_conviction")
    assert decided(answered).rule == "clear.no_conviction"
    later = with_more(answered, conviction("2013-06-01", severity="misdemeanor", of=the.COURT_PROCESS))
    assert decided(later).rule == "review.unclear_disposition"
    before, after = decided(facts).questions[0], decided(later).questions[0]
    assert before.about != after.about


def test_rulings_that_contradict_each_other_ask_again_and_come_to_an_end() -> None:
    facts = ruled(facts_of(booking(charge(the.SERIOUS))), "court_process", on="2014-01-02")
    facts = ruled(facts, "other_traffic_serious", on="2014-01-03")
    holds(facts, CLASS)
    holds(ruled(facts, "minor_traffic", on="2014-01-04"), WAIT)
