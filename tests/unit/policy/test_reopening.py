"""A person opens an ended case again: what had ended its charges ends them no more."""

from datetime import UTC, datetime
from typing import Any

import pytest

from conviction_gate import policy
from conviction_gate.contracts.case import CaseResult
from conviction_gate.contracts.internal.facts import Facts, Reopening
from conviction_gate.contracts.internal.limits import MAX_FACTS_BYTES, size_of, size_of_facts
from conviction_gate.contracts.internal.refusal import RefusalReason
from conviction_gate.contracts.message import Message
from tests.support import facts as given
from tests.support import facts as the
from tests.support.facts import (
    booking,
    charge,
    correction,
    dismissal,
    facts_of,
    finding,
    ruled,
    update,
    with_more,
)
from tests.support.rule_tables import OUTCOME, WAIT, holds

AT = datetime(2014, 5, 2, 9, tzinfo=UTC)
DISMISSED = given.dismissal("2013-07-15")


def ended(*messages: Message, outcome: str = "cleared") -> tuple[Facts, CaseResult]:
    """A case as it ended, on a booking and what a court or a desk said."""
    facts = given.facts_of(given.booking(given.charge()), *messages)
    decision = given.decided(facts)
    return facts, CaseResult.model_validate(
        {
            "outcome": outcome,
            "rule": decision.rule,
            "explanation": decision.explanation,
            "policy_edition": given.EDITION.name,
            "decided_at": AT,
        }
    )


def again(by: str = "clerk-7", reason: str = "refiled") -> Reopening:
    return Reopening(by=by, reason=reason, reopened_at=AT)


def reopened(*messages: Message, **changed: Any) -> Facts:
    facts = policy.reopen(*ended(*messages, **changed), again())
    assert isinstance(facts, Facts)
    return facts


def test_a_reopened_case_waits_for_the_court_again() -> None:
    facts = reopened(DISMISSED)
    assert given.decided(facts).rule == "defer.traffic_only"
    assert policy.open_charges(facts) == ("1",)


@pytest.mark.parametrize("on", ["2013-08-01", "2014-05-01", "2014-06-01"])
def test_a_conviction_after_the_reopening_flags_whatever_its_date(on: str) -> None:
    facts = given.with_more(reopened(DISMISSED), given.conviction(on, severity="misdemeanor"))
    assert given.decided(facts).rule == "flag.convicted"


def test_the_dismissal_that_ended_it_ends_it_no_more_whoever_says_it() -> None:
    again = DISMISSED.model_copy(update={"message_id": "docket-9", "sender": "court", "court": "Kern"})
    assert given.decided(given.with_more(reopened(DISMISSED), again)).rule == "defer.traffic_only"


def test_another_dismissal_ends_it() -> None:
    facts = given.with_more(reopened(DISMISSED), given.dismissal("2014-09-01"))
    assert given.decided(facts).rule == "clear.no_conviction"


def test_an_infraction_that_ended_it_ends_it_no_more() -> None:
    facts = reopened(given.conviction("2013-07-15", severity="infraction"))
    assert given.decided(facts).rule == "defer.traffic_only"


def test_a_ruling_on_the_ending_is_asked_for_again() -> None:
    plea = given.update("deferred_with_plea", "2013-01-09")
    facts, result = ended(plea)
    facts = given.ruled(facts, "not_conviction")
    assert given.decided(facts).rule == "clear.no_conviction"
    opened = policy.reopen(facts, result, again())
    assert isinstance(opened, Facts)
    assert given.decided(opened).rule == "review.unclear_disposition"


def test_it_can_be_reopened_more_than_once() -> None:
    facts = given.with_more(reopened(DISMISSED), given.dismissal("2014-09-01"))
    _, result = ended(DISMISSED)
    opened = policy.reopen(facts, result, again("clerk-8", "refiled twice"))
    assert isinstance(opened, Facts)
    assert [one.by for one in opened.reopenings] == ["clerk-7", "clerk-8"]
    assert given.decided(opened).rule == "defer.traffic_only"


@pytest.mark.parametrize("word", ["us_citizen", "misidentified", "deceased"])
def test_what_would_be_cleared_again_stays_closed(word: Any) -> None:
    answer = policy.reopen(*ended(given.finding(word)), again())
    assert isinstance(answer, RefusalReason)
    assert answer.startswith("it would be cleared again")


def test_a_finding_that_was_corrected_keeps_nothing_closed() -> None:
    found = given.finding("misidentified")
    facts, result = ended(found)
    facts = given.with_more(facts, given.correction(found.message_id))
    opened = policy.reopen(facts, result, again("clerk-7", "the prints were theirs"))
    assert isinstance(opened, Facts)
    assert given.decided(opened).rule == "defer.traffic_only"


def test_a_flag_that_stands_is_not_reopened() -> None:
    facts, result = ended(given.conviction("2013-07-15", severity="misdemeanor"), outcome="flagged")
    answer = policy.reopen(facts, result, again())
    assert isinstance(answer, RefusalReason)
    assert "its flag stands" in answer


def test_a_case_whose_run_was_lost_keeps_what_the_court_said_since() -> None:
    facts = given.with_more(reopened(DISMISSED), given.update("deferred_with_plea", "2014-09-01"))
    _, result = ended(DISMISSED)
    opened = policy.reopen(facts, result, again("clerk-8", "its run was lost"), ended=False)
    assert isinstance(opened, Facts)
    assert [one.set_aside for one in opened.reopenings[1:]] == [()]
    assert given.decided(opened) == given.decided(facts)


def test_what_was_set_aside_is_named_once() -> None:
    facts = given.with_more(reopened(DISMISSED), given.dismissal("2014-09-01"))
    _, result = ended(DISMISSED)
    opened = policy.reopen(facts, result, again("clerk-8", "refiled twice"))
    assert isinstance(opened, Facts)
    assert [len(one.set_aside) for one in opened.reopenings] == [1, 1]


def test_a_case_whose_run_was_lost_keeps_what_ended_one_of_its_charges() -> None:
    _, result = ended(DISMISSED)
    two = given.booking(given.charge(), given.charge(given.MINOR, "2"))
    facts = given.facts_of(two, DISMISSED)
    opened = policy.reopen(facts, result, again("clerk-8", "its run was lost"), ended=False)
    assert isinstance(opened, Facts)
    assert policy.open_charges(opened) == ("2",)


def test_a_case_that_is_full_to_the_byte_is_opened_and_a_fuller_one_stays_closed() -> None:
    """After the end nothing is turned away, so that a case can hold more than its run could carry."""
    facts, result = ended(DISMISSED)
    bare = policy.reopen(facts, result, again("clerk-7", ""))
    assert isinstance(bare, Facts)
    correction = given.correction("nothing")
    many, left = divmod(MAX_FACTS_BYTES - size_of_facts(bare), size_of(correction))
    full = facts.model_copy(update={"corrections": (correction,) * many})
    fits = policy.reopen(full, result, again("clerk-7", "r" * left))
    assert isinstance(fits, Facts)
    assert size_of_facts(fits) == MAX_FACTS_BYTES
    answer = policy.reopen(full, result, again("clerk-7", "r" * (left + 1)))
    assert isinstance(answer, RefusalReason)
    assert "as much as a case can carry" in answer


def test_a_case_whose_run_was_lost_is_opened_however_full_it_is() -> None:
    facts, result = ended()
    full = facts.model_copy(update={"corrections": (given.correction("nothing"),) * 3000})
    assert size_of_facts(full) > MAX_FACTS_BYTES
    opened = policy.reopen(full, result, again("clerk-8", "its run was lost"), ended=False)
    assert isinstance(opened, Facts)


def opened_again(facts: Facts) -> Facts:
    """The facts once a person has opened a withdrawn or cleared case again."""
    result = CaseResult(
        outcome="withdrawn",
        rule="clear.misidentified",
        explanation="It had ended.",
        policy_edition=the.EDITION.name,
        decided_at=datetime(2014, 5, 2, tzinfo=UTC),
    )
    reopening = Reopening(by="clerk-7", reason="refiled", reopened_at=datetime(2014, 5, 3, tzinfo=UTC))
    opened = policy.reopen(facts, result, reopening)
    assert isinstance(opened, Facts)
    return opened


def test_a_persons_ruling_on_a_class_outlasts_the_end_and_one_on_an_ending_does_not() -> None:
    facts = ruled(facts_of(booking(charge(the.UNCLASSIFIED))), "minor_traffic")
    holds(opened_again(with_more(facts, dismissal("2014-02-01"))), WAIT)
    facts = ruled(facts_of(booking(), update("deferred_with_plea", "2013-01-05")), "conviction")
    found = finding("misidentified")
    holds(opened_again(with_more(facts, found, correction(found))), OUTCOME)
