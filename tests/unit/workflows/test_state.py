"""What a case carries: what of a docket it has reported already."""

import json

import pytest
from pydantic import ValidationError

from conviction_gate.contracts.case import CaseView
from conviction_gate.contracts.internal.activities import HistoryFound
from conviction_gate.contracts.internal.facts import Facts, Question, Ruling
from tests.contracts.samples import samples
from tests.support.facts import booking, charge, facts_of, made_up, of_record, review
from tests.support.newer_facts import NEWER, unread
from workflows.state import REJECTED_SHOWN, CaseState

MANY = [(f'{{"type": "verdict", "n": {n}}}', "type: no signal") for n in range(REJECTED_SHOWN + 1)]


def test_what_does_not_fit_on_a_docket_is_told_once() -> None:
    state = CaseState()
    assert state.new_misfits(MANY[:2]) == MANY[:2]
    assert state.new_misfits(MANY[:3]) == MANY[2:3]
    assert state.new_misfits(MANY[:3]) == []


def test_more_than_a_case_shows_is_told_once_too() -> None:
    state = CaseState()
    assert state.new_misfits(MANY) == MANY
    assert state.new_misfits(MANY) == []
    assert len(state.docket_misfits) == 1


def test_what_was_mended_and_is_wrong_again_is_told_again() -> None:
    state = CaseState()
    state.new_misfits(MANY[:1])
    assert state.new_misfits([]) == []
    assert state.new_misfits(MANY[:1]) == MANY[:1]


def test_a_held_ruling_of_a_newer_release_makes_the_state_unreadable_and_is_carried_on() -> None:
    state = CaseState()
    question = Question(rule="review.unclassified_charge", charge_id="1", about="a code")
    state.hold(Ruling(decision=review("minor_traffic"), question=question))
    assert state.is_readable
    assert [held.decision.ruling for held in state.held_rulings] == ["minor_traffic"]
    newer = state.model_dump_json().replace("review.unclassified_charge", "review.since_0_9")
    read = CaseState.model_validate_json(newer)
    assert not read.is_readable
    assert read.facts.is_whole
    assert "since_0_9" in CaseState.model_validate_json(read.model_dump_json()).held[0]


@pytest.mark.parametrize("anew", [False, True])
def test_a_charge_keeps_its_class_when_the_history_is_found_again_unless_all_is_classified_anew(
    anew: bool,
) -> None:
    known = made_up("dui")
    other = known.model_copy(update={"charge_class": "non_traffic"})
    state = CaseState(facts=Facts(placements=(known, of_record(known))))
    found = HistoryFound(placements=(other, of_record(other)))
    state.learn_history(found, booked_on=None, classified_anew=anew)
    assert set(state.facts.placements) == {other if anew else known, of_record(other)}


@pytest.mark.parametrize("field", sorted(NEWER))
def test_a_carried_state_keeps_it_across_runs(field: str) -> None:
    carried = CaseState(facts=unread(facts_of(booking(charge())), field), editions=("2012-04-27",))
    again = CaseState.model_validate_json(carried.bounded().model_dump_json())
    assert again == carried
    assert not again.is_readable


def test_a_state_under_an_edition_that_is_not_known_is_not_readable() -> None:
    assert CaseState(editions=("2012-04-27",)).is_readable
    assert not CaseState(editions=("2012-04-27", "2013-01-01")).is_readable


def test_a_word_that_only_is_told_stays_as_it_was() -> None:
    for model in (CaseView, CaseState):
        sample = samples(model)[1] | {"status": "on_hold", "rule": "flag.other", "flag_status": "frozen"}
        assert json.loads(model.model_validate_json(json.dumps(sample)).model_dump_json()) == sample
    with pytest.raises(ValidationError):
        CaseState.model_validate_json('{"status": 1}')
