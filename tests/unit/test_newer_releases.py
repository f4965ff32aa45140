"""What only a newer release can read crosses a run, is told on, or says that it was not read."""

import json

import pytest
from pydantic import ValidationError

from conviction_gate.contracts.case import CaseResult, CaseView
from conviction_gate.contracts.internal.activities import (
    Concluded,
    Conclusion,
    HistoryFound,
    OffensesClassified,
)
from conviction_gate.contracts.internal.facts import Facts
from tests.contracts.samples import samples
from tests.unit.facts import booking, charge, facts_of
from tests.unit.test_policy_newer_releases import NEWER, unread, written_by_a_newer_release
from workflows.state import CaseState


@pytest.mark.parametrize("field", sorted(NEWER))
def test_a_carried_state_keeps_it_across_runs(field: str) -> None:
    carried = CaseState(facts=unread(facts_of(booking(charge())), field), editions=("2012-04-27",))
    again = CaseState.model_validate_json(carried.bounded().model_dump_json())
    assert again == carried
    assert not again.is_readable


def test_a_state_under_an_edition_that_is_not_known_is_not_readable() -> None:
    assert CaseState(editions=("2012-04-27",)).is_readable
    assert not CaseState(editions=("2012-04-27", "2013-01-01")).is_readable


# Words that are told on ----------------------------------------------------------------------------


def test_a_word_that_only_is_told_stays_as_it_was() -> None:
    for model in (CaseView, CaseState):
        sample = samples(model)[1] | {"status": "on_hold", "rule": "flag.other", "flag_status": "frozen"}
        assert json.loads(model.model_validate_json(json.dumps(sample)).model_dump_json()) == sample
    with pytest.raises(ValidationError):
        CaseState.model_validate_json('{"status": 1}')


# Answers, and what waits for the newer release -----------------------------------------------------


@pytest.mark.parametrize(
    ("model", "field"),
    [(HistoryFound, "placements"), (HistoryFound, "history"), (OffensesClassified, "placements")],
)
def test_an_answer_that_cannot_be_read_says_so(
    model: type[HistoryFound | OffensesClassified], field: str
) -> None:
    one = NEWER[field]
    answer = {field: one if field == "history" else [one]}
    assert not model.model_validate_json(json.dumps(answer)).is_read
    with pytest.raises(ValidationError):
        model.model_validate({"placements": 7})


def test_an_outcome_that_is_not_known_is_not_read() -> None:
    outcome = samples(CaseResult)[0] | {"outcome": "suspended"}
    assert not Concluded.model_validate_json(json.dumps({"result": outcome})).is_read
    assert not HistoryFound.model_validate_json(json.dumps({"earlier": {"outcome": outcome}})).is_read
    assert Concluded().is_read
    assert Concluded.model_validate_json("{}").is_read


def test_nothing_is_written_of_facts_that_cannot_be_read() -> None:
    sample = samples(Conclusion)[0]
    sample["facts"] = written_by_a_newer_release(Facts(), "bookings")
    with pytest.raises(ValidationError, match="a newer release wrote"):
        Conclusion.model_validate_json(json.dumps(sample))
