"""What a case carries: what of a docket it has told already."""

from conviction_gate.contracts.internal.facts import Question, Ruling
from tests.unit.facts import review
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
