"""Tables of the policy: a sentence, the facts that it is about, and the rule that answers."""

from typing import Any

import pytest

from conviction_gate.contracts.court import Correction
from conviction_gate.contracts.history import Priority
from conviction_gate.contracts.internal.facts import Facts
from conviction_gate.contracts.message import Message
from tests.support import facts as the
from tests.support.facts import (
    booking,
    charge,
    conviction,
    correction,
    decided,
    dismissal,
    facts_of,
    history,
    record,
    update,
)

WAIT, CLEAR, FLAG = "defer.traffic_only", "clear.no_conviction", "flag.convicted"
OUTCOME, SEVERITY = "review.unclear_disposition", "review.unclear_severity"
CLASS, RECORD = "review.unclassified_charge", "review.unclear_history"
EXCLUDED_OFFENSE, NON_TRAFFIC = "flag.excluded_offense", "flag.non_traffic_charge"
PRIOR, PRIORITY = "flag.prior_conviction", "flag.priority_category"
Row = tuple[str, Facts, str]


def table(*rows: Row) -> pytest.MarkDecorator:
    """A table of sentence, facts and the rule that answers."""
    return pytest.mark.parametrize(
        ("facts", "rule"), [pytest.param(facts, rule, id=said) for said, facts, rule in rows]
    )


def holds(facts: Facts, rule: str) -> None:
    """The rule answers, in one plain sentence, with questions where a person is asked."""
    decision = decided(facts)
    assert decision.rule == rule, decision
    assert decision.explanation.endswith(".")
    assert decision.explanation[0].isupper()
    assert decision.explanation.count(". ") == 0
    assert bool(decision.questions) == (decision.answer == "review")


DUI = booking(charge(the.DUI_NO_CRIME))
UNPLACED = facts_of(booking(charge(the.UNCLASSIFIED)))
RACING = facts_of(booking(charge(the.SERIOUS)))
ONLY_COURT = facts_of(booking(charge(the.COURT_PROCESS)))


def with_past(*items: Any, conflicting: bool = False) -> Facts:
    return facts_of(booking(), past=history(*items, conflicting=conflicting))


def priority(kind: str, record_id: str | None = "P-1", of: the.Code | None = None) -> Priority:
    scheme, code = of or (None, None)
    return Priority(kind=kind, record_id=record_id, scheme=scheme, code=code)


EXPUNGED = with_past(record("expunged"))
TWO = booking(charge(), charge(the.MINOR, "2"))
PLEA = update("deferred_with_plea", "2012-09-01")
PLEADED = facts_of(booking(), PLEA)
GUILTY = conviction("2013-01-01")
GUILTY_AGAIN = GUILTY.model_copy(
    update={"message_id": "docket-7", "sender": "docket", "court": "another", "docket_number": "D-7"}
)
DROPPED = dismissal("2013-01-01")


def replaced(wrong: Message, right: Message) -> Correction:
    return correction(wrong).model_copy(update={"replacement": right})


def either_way(before: tuple[Any, ...], one: Any, other: Any) -> Facts:
    """Facts that are decided alike whichever of two messages came first."""
    facts = facts_of(*before, one, other)
    assert decided(facts) == decided(facts_of(*before, other, one))
    return facts
