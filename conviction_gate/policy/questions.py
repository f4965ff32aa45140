"""What a person is asked, in one plain sentence, and the rulings that answer it."""

import shlex
from collections.abc import Iterable, Mapping
from typing import get_args

from conviction_gate.contracts.case import MAX_QUESTIONS_SHOWN, ChargeView, QuestionView
from conviction_gate.contracts.fields import ChargeClass
from conviction_gate.contracts.internal.facts import ClassifiedOffense, Question
from conviction_gate.policy.catalog import normalised
from conviction_gate.policy.decision import Decision


def answers_to(question: Question) -> tuple[str, ...]:
    """The rulings that answer a question; no other has an effect on it."""
    match question.rule:
        case "review.unclear_history":
            return ("history_clean", "history_not_clean")
        case "review.unclear_disposition" | "review.unclear_severity":
            return ("conviction", "not_conviction")
        case _:
            # The class that is asked about is no answer; only "other_traffic_serious" is: it means excluded.
            settled = {"unclassified", _asked_as(question)} - {"other_traffic_serious"}
            return tuple(name for name in get_args(ChargeClass) if name not in settled)


def question_views(
    decision: Decision, charges: Iterable[ChargeView], placements: Iterable[ClassifiedOffense]
) -> tuple[QuestionView, ...]:
    """The questions of a decision, as people read them: each code as it was sent."""
    filed = {charge.charge_id: _key(charge) for charge in charges}
    sent = {_key(placed): f"{placed.scheme} {placed.code}" for placed in placements}
    return tuple(
        QuestionView(
            rule=question.rule,
            charge_id=question.charge_id,
            asks=_asks(question, filed.get(question.charge_id or ""), sent),
            answers=answers_to(question),
        )
        for question in decision.questions[:MAX_QUESTIONS_SHOWN]
    )


def ruling_command(case_id: str, question: QuestionView) -> str:
    """The command that answers a question, to be completed with the ruling, the reason and the id."""
    case = case_id.removeprefix("booking-case:")
    command = ["conviction-gate", "review", "decide", case, "RULING"]
    command += [] if question.charge_id is None else ["--charge", question.charge_id]
    return f"{shlex.join(command)} --reason WHY --by ID"


def _asks(question: Question, filed: str | None, sent: Mapping[str, str]) -> str:
    charge = f"charge {question.charge_id}"
    match question.rule:
        case "review.unclear_history":
            return "Is the record clean, with no crime before this arrest and no other priority?"
        case "review.unclear_disposition":
            return f"Did {charge} end in a conviction for a crime?"
        case "review.unclear_severity":
            return f"Was the conviction on {charge} for a crime?"
    offense = question.about.rpartition(" as ")[0].removesuffix(" with injury")
    name = sent.get(offense, offense)
    if offense != filed:
        return f"The court convicted on {charge} of {name}: what kind of offense is that?"
    charge += f" ({name})"
    match _asked_as(question):
        case "other_traffic_serious":
            return f'Is {charge} minor, or so grave that the policy leaves it out ("other_traffic_serious")?'
        case "court_process":
            return f"What kind of offense is behind {charge}, which is a court matter?"
        case _:
            return f"What kind of offense is {charge}?"


def _key(offense: ChargeView | ClassifiedOffense) -> str:
    return " ".join(normalised(offense.scheme, offense.code))


def _asked_as(question: Question) -> str:
    return question.about.rpartition(" as ")[2]
