"""The questions that cases ask a reviewer, and what answers them."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Final, Literal, NamedTuple

from conviction_gate.client.errors import ClientError, NotReplayable
from conviction_gate.contracts.case import MAX_QUESTIONS_SHOWN, CaseView, QuestionView
from conviction_gate.contracts.fields import Model

CONCURRENT_QUERIES: Final = 20


class CaseInReview(Model):
    """A case and its open questions."""

    case_id: str
    agency: str
    explanation: str
    questions: tuple[QuestionView, ...]


class UnansweredCase(Model):
    """A case in review that does not answer the query for its questions. `error`: why, and what to do."""

    case_id: str
    error: str


async def questions_of(
    case_ids: Iterable[str], open_case: Callable[[str], Awaitable[CaseView | None]]
) -> list[CaseInReview | UnansweredCase]:
    """The cases with their questions, in this order. A case that was answered meanwhile is left out.

    Raises `ClientError` where no case answers, and the fault is not of the cases.
    """
    slots = asyncio.Semaphore(CONCURRENT_QUERIES)
    failures = []

    async def ask(case_id: str) -> CaseInReview | UnansweredCase | None:
        try:
            async with slots:
                view = await open_case(case_id)
        except ClientError as error:
            failures.append(error)
            return UnansweredCase(case_id=case_id, error=str(error))
        if view is None or not view.questions:
            return None
        return CaseInReview(
            case_id=case_id, agency=view.agency, explanation=view.explanation, questions=view.questions
        )

    answers = await asyncio.gather(*map(ask, case_ids))
    if answers and len(failures) == len(answers) and not isinstance(failures[0], NotReplayable):
        raise failures[0]
    return [answer for answer in answers if answer is not None]


class NoAnswer(NamedTuple):
    """Why a ruling answers no question, and what would. `field`: the one at fault; none where no question is
    open."""

    field: Literal["charge_id", "ruling"] | None
    text: str


def why_no_answer(view: CaseView, ruling: str, charge: str | None) -> NoAnswer | None:
    """Why a ruling answers no question of the case; None where it answers one."""
    if not view.questions:
        return NoAnswer(
            None, f"{view.case_id} has no open question: it is {view.status}; see `conviction-gate review list`"
        )
    asked = [q for q in view.questions if charge is None or q.charge_id in (None, charge)]
    charges = ", ".join(dict.fromkeys(q.charge_id for q in view.questions if q.charge_id))
    if not asked and len(view.questions) == MAX_QUESTIONS_SHOWN:
        return None  # it may be a question beyond those that the view holds; the case decides
    if not asked:
        return NoAnswer("charge_id", f"no question about charge '{charge}'; name one of {charges}")
    if charge is None and len(asked) > 1:
        return NoAnswer("charge_id", f"missing, and {len(asked)} questions are open; name one of {charges}")
    if any(ruling in question.answers for question in asked):
        return None
    words = ", ".join(dict.fromkeys(word for question in asked for word in question.answers))
    return NoAnswer("ruling", f"'{ruling}' does not answer: {asked[0].asks} Write one of {words}")
