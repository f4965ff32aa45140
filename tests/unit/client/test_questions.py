"""What a person is asked, what answers it, and how `conviction-gate review` tells it."""

from typing import Final, get_args

import pytest

from conviction_gate import policy
from conviction_gate.cli.review import OPTIONS
from conviction_gate.client.errors import NotReplayable, NoWorker
from conviction_gate.client.questions import CaseInReview, UnansweredCase, questions_of, why_no_answer
from conviction_gate.contracts.case import MAX_QUESTIONS_SHOWN, CaseView
from conviction_gate.contracts.court import RulingWord as Word
from conviction_gate.contracts.history import HistoryRecord, Priority
from conviction_gate.contracts.internal.facts import Facts, Ruling
from conviction_gate.policy.content import digest
from tests.support import facts as the
from tests.support.facts import (
    booking,
    charge,
    conviction,
    decided,
    facts_of,
    history,
    record,
    review,
)
from tests.support.facts_of_every_kind import view_of, worlds


def test_what_answers_a_question_is_bound_to_it_and_nothing_else_is() -> None:
    for facts in worlds():
        decision = decided(facts)
        if len(decision.questions) == 1:
            question = decision.questions[0]
            bound = {
                word
                for word in get_args(Word)
                if isinstance(policy.bind(review(word, question.charge_id), decision), Ruling)
            }
            assert bound == set(policy.answers_to(question))


def test_a_case_tells_ten_questions_at_most() -> None:
    many = facts_of(booking(*(charge(the.UNCLASSIFIED, str(number)) for number in range(12))))
    assert len(decided(many).questions) == 12
    assert len(view_of(many).questions) == MAX_QUESTIONS_SHOWN


def test_a_question_tells_what_was_filed_from_what_was_convicted_of() -> None:
    filed = facts_of(booking(charge(("CA-VC", "77"))))
    assert [q.asks for q in view_of(filed).questions] == ["What kind of offense is charge 1 (CA-VC 77)?"]
    convicted = facts_of(booking(), conviction("2013-01-01", of=("CA-VC", "77(a)")))
    asked = "The court convicted on charge 1 of CA-VC 77(a): what kind of offense is that?"
    assert [q.asks for q in view_of(convicted).questions] == [asked]


@pytest.mark.parametrize(
    ("doubt", "entry"),
    [
        ("expunged", record("expunged")),
        ("deferral", record("deferred_with_plea")),
        ("outcome", record("a word nobody knows")),
        ("severity", record(severity=None)),
        ("date", record(on=None)),
        ("priority_kind", Priority(kind="a kind nobody knows")),
        ("priority_record", Priority(kind="gang")),
    ],
)
def test_a_ruling_on_the_record_is_bound_to_a_word_that_stays(
    doubt: str, entry: HistoryRecord | Priority
) -> None:
    """It stands in open cases for years: who changes the word asks everybody again."""
    question = decided(facts_of(booking(), past=history(entry))).questions[0]
    assert question.about == digest([f"{doubt}; {entry.model_dump_json()}"])


CLASS: Final = facts_of(booking(*(charge(the.UNCLASSIFIED, str(number)) for number in (1, 2))))
HISTORY: Final = facts_of(booking(), past=history(record("expunged")))


@pytest.mark.parametrize(
    ("facts", "ruling", "charge_id", "reason"),
    [
        (CLASS, "dui", "1", None),
        (CLASS, "dui", None, "--charge: missing, and 2 questions are open; name one of 1, 2"),
        (CLASS, "dui", "3", "--charge: no question about charge '3'; name one of 1, 2"),
        (CLASS, "unclassified", "1", "RULING: 'unclassified' does not answer: What kind of offense is"),
        (HISTORY, "history_clean", None, None),
        (HISTORY, "history_clean", "1", None),
        (HISTORY, "conviction", None, "Write one of history_clean, history_not_clean"),
        (facts_of(booking()), "conviction", "1", "it is waiting_for_court; see `conviction-gate review list`"),
    ],
)
def test_a_ruling_that_answers_no_question_is_refused_with_what_would(
    facts: Facts, ruling: str, charge_id: str | None, reason: str | None
) -> None:
    no_answer = why_no_answer(view_of(facts), ruling, charge_id)
    if reason is None:
        assert no_answer is None
    else:
        assert no_answer is not None
        assert reason in f"{OPTIONS[no_answer.field]}{no_answer.text}"


def test_a_question_that_is_not_told_is_left_to_the_case() -> None:
    many = facts_of(booking(*(charge(the.UNCLASSIFIED, str(number)) for number in range(10, 22))))
    assert why_no_answer(view_of(many), "dui", "21") is None


# `review list` --------------------------------------------------------------------------------------


async def look(case_id: str) -> CaseView | None:
    """A case as it stands; those named "unserved" and "stuck" do not answer."""
    if case_id == "unserved":
        raise NoWorker
    if case_id == "stuck":
        raise NotReplayable
    return {"asks": view_of(CLASS), "answered": view_of(facts_of(booking()))}.get(case_id)


async def test_a_case_that_does_not_answer_hides_no_other() -> None:
    said = await questions_of(["stuck", "asks", "answered", "closed"], look)
    assert [type(one) for one in said] == [UnansweredCase, CaseInReview]
    assert [one.case_id for one in said] == ["stuck", "asks"]
    assert [type(one) for one in await questions_of(["stuck", "stuck"], look)] == [
        UnansweredCase,
        UnansweredCase,
    ]
    with pytest.raises(NoWorker):
        await questions_of(["unserved", "unserved"], look)
    assert await questions_of([], look) == []
