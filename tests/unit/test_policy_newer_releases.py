"""What only a newer release can read decides nothing, and is written back as it came."""

import json
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conviction_gate import policy
from conviction_gate.contracts.case import CaseResult
from conviction_gate.contracts.internal.facts import Facts, Reopening
from conviction_gate.policy import UNREADABLE
from conviction_gate.policy.correction import NotReadable
from tests.unit.facts import booking, charge, conviction, correction, decided, facts_of, finding
from tests.unit.made_up_facts import any_facts

ON: Final = {"message_id": "n-1", "charge_id": "1", "decided_on": "2014-01-09"}
PLACE: Final = {"scheme": "CA-VC", "code": "1"}
NEWER: Final[dict[str, dict[str, Any]]] = {
    "bookings": {"message_id": "n-1", "kind": "by summons"},
    "convictions": ON | {"severity": "petty"},
    "dismissals": ON | {"disposition": "sealed"},
    "court_updates": {"message_id": "n-1", "occurred_on": "2014-01-09", "entry": "plea_withdrawn"},
    "amendments": {"message_id": "n-1", "filed_on": "2014-01-09", "charge": PLACE},
    "findings": {"message_id": "n-1", "finding": "refugee", "found_on": "2014-01-09", "source": "desk"},
    "corrections": {"message_id": "n-1", "corrects": "c", "ground": "pardon", "corrected_on": "2014-01-09"},
    "record_updates": {"message_id": "n-1", "kind": "sealed"},
    "from_docket": {"message_id": "n-1"},
    "rulings": {"decision": {"message_id": "n-1"}, "question": {"rule": "review.else", "about": "x"}},
    "unasked": {"message_id": "n-1", "ruling": "race"},
    "placements": PLACE | {"charge_class": "street_racing"},
    "reopenings": {"by": "clerk-7", "reopened_at": "2014"},
    "history": {"records": [{"disposition": "pardoned"}]},
}
"""One entry of each field of the facts with a word, or of a form, that is not known here."""


def written_by_a_newer_release(facts: Facts, field: str) -> dict[str, Any]:
    written: dict[str, Any] = json.loads(facts.model_dump_json())
    one = NEWER[field]
    return written | {field: one if field == "history" else [*written.get(field, ()), one]}


def unread(facts: Facts, field: str) -> Facts:
    return Facts.model_validate_json(json.dumps(written_by_a_newer_release(facts, field)))


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
