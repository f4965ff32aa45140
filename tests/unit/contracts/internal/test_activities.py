"""Answers of activities, and what of them only a newer release can read."""

import json

import pytest
from pydantic import ValidationError

from conviction_gate.contracts.case import CaseResult
from conviction_gate.contracts.internal.activities import (
    Concluded,
    Conclusion,
    HistoryFound,
    OffensesClassified,
)
from conviction_gate.contracts.internal.facts import Facts
from tests.contracts.samples import samples
from tests.support.newer_facts import NEWER, written_by_a_newer_release


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
