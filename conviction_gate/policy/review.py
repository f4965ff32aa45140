"""What a person's ruling answers: the question that stands when it arrives, or nothing."""

from conviction_gate.contracts.court import ReviewDecision
from conviction_gate.contracts.internal.facts import Ruling
from conviction_gate.policy.asking import answers_to
from conviction_gate.policy.decision import Decision


def bind(ruling: ReviewDecision, standing: Decision) -> Ruling | str:
    """The ruling bound to its question; or, where it has no effect, the reason."""
    if not standing.questions:
        return "no effect: no question stands"
    fitting = [question for question in standing.questions if ruling.ruling in answers_to(question)]
    named = [q for q in fitting if q.charge_id is None or q.charge_id == ruling.charge_id]
    if ruling.charge_id is None and len(standing.questions) == 1:
        named = fitting
    if named:
        return Ruling(decision=ruling, question=named[0])
    return f"no effect: {ruling.ruling} does not answer {_told(standing)}"


def _told(standing: Decision) -> str:
    charges = sorted({q.charge_id for q in standing.questions if q.charge_id is not None})
    which = f" on charge {', '.join(charges[:5])}" if charges else ""
    return f"the question that stands ({standing.rule}{which})"
