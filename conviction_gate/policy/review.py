"""Which question a person's ruling answers: one that is open when the ruling arrives, or none."""

from conviction_gate.contracts.court import ReviewDecision
from conviction_gate.contracts.internal.facts import Ruling
from conviction_gate.policy.decision import Decision
from conviction_gate.policy.questions import answers_to


def bind(ruling: ReviewDecision, decision: Decision) -> Ruling | str:
    """The ruling bound to its question; or, where it has no effect, the reason."""
    if not decision.questions:
        return "no effect: no question is open"
    fitting = [question for question in decision.questions if ruling.ruling in answers_to(question)]
    named = [q for q in fitting if q.charge_id is None or q.charge_id == ruling.charge_id]
    if ruling.charge_id is None and len(decision.questions) == 1:
        named = fitting
    if named:
        return Ruling(decision=ruling, question=named[0])
    return f"no effect: {ruling.ruling} does not answer {_open_question(decision)}"


def _open_question(decision: Decision) -> str:
    charges = sorted({q.charge_id for q in decision.questions if q.charge_id is not None})
    which = f" on charge {', '.join(charges[:5])}" if charges else ""
    return f"the open question ({decision.rule}{which})"
