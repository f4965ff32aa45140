"""What only a newer release can read decides nothing, and is written back as it came."""

import json
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conviction_gate import policy
from conviction_gate.contracts.case import CaseResult
from conviction_gate.contracts.internal.facts import Facts, Reopening
from conviction_gate.policy import UNREADABLE
from conviction_gate.policy.correction import NotReadable
from tests.support.fact_strategies import any_facts
from tests.support.facts import booking, charge, conviction, correction, decided, facts_of, finding
from tests.support.newer_facts import NEWER, unread, written_by_a_newer_release


def test_every_field_has_an_entry_that_is_not_known() -> None:
    assert set(NEWER) == set(Facts.model_fields) - {"us_citizen"}


@given(any_facts(), st.sampled_from(sorted(NEWER)))
def test_facts_of_which_a_part_cannot_be_read_never_flag_nor_clear(facts: Facts, field: str) -> None:
    unreadable = unread(facts, field)
    assert facts.is_whole
    assert not unreadable.is_whole
    assert decided(unreadable) == UNREADABLE
    assert decided(unreadable.including(booking(charge()))) == UNREADABLE
    assert UNREADABLE.answer == "review"
    assert UNREADABLE.questions == ()


@given(any_facts(), st.sampled_from(sorted(NEWER)))
def test_what_cannot_be_read_is_written_back_as_it_was(facts: Facts, field: str) -> None:
    assert json.loads(unread(facts, field).model_dump_json()) == written_by_a_newer_release(facts, field)


def test_an_edition_that_is_not_known_decides_nothing() -> None:
    facts = facts_of(booking(charge()), conviction("2013-07-15", severity="felony"))
    assert policy.decide(facts, None) == UNREADABLE
    day = facts.bookings[0].booked_at
    first = policy.EDITIONS[0]
    assert policy.edition_among((), day) is policy.edition_among((first.name,), day) is first
    assert policy.edition_among((first.name, "2013-01-01"), day) is None


RESULT: Final = CaseResult.model_validate(
    {
        "outcome": "flagged",
        "rule": "flag.convicted",
        "explanation": "",
        "policy_edition": "2012-04-27",
        "decided_at": booking().booked_at,
    }
)


@pytest.mark.parametrize("edition", ["2012-04-27", "2013-01-01"])
def test_what_comes_after_the_end_waits_for_the_newer_release(edition: str) -> None:
    facts = facts_of(booking(charge()), conviction("2013-07-15", severity="felony"))
    facts = unread(facts, "convictions") if edition == "2012-04-27" else facts
    result = RESULT.model_copy(update={"policy_edition": edition})
    with pytest.raises(NotReadable, match="newer release"):
        policy.judge(facts, result, correction("k-1"), policy.LookedUp())
    cleared = result.model_copy(update={"outcome": "cleared"})
    assert not policy.judge(facts, cleared, finding("us_citizen"), policy.LookedUp()).withdraw
    reopening = Reopening(by="clerk-7", reason="refiled", reopened_at=facts.bookings[0].booked_at)
    assert policy.reopen(facts, cleared, reopening) == UNREADABLE.explanation
