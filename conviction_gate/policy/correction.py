"""Messages after the end of a case: whether the ground of its flag fell."""

from conviction_gate.contracts.case import CaseResult
from conviction_gate.contracts.internal.activities import Judgement, LiftCode
from conviction_gate.contracts.internal.facts import Facts
from conviction_gate.contracts.internal.limits import shortened
from conviction_gate.contracts.message import Message
from conviction_gate.contracts.signals import NOT_TAKEN_AFTER_THE_END, is_taken_after_the_end
from conviction_gate.policy.deciding import decide
from conviction_gate.policy.decision import UNREADABLE, Decision
from conviction_gate.policy.editions import edition_named


class NotReadable(ValueError):
    """A newer release wrote what this one cannot read, so this one must not judge it."""


def judge(facts: Facts, result: CaseResult, message: Message) -> Judgement:
    """Decide an ended case anew with one more message. A clearance stays one, whatever comes.

    Raises:
        NotReadable: it has to wait for the newer release that wrote the case.
    """
    if not is_taken_after_the_end(message):
        return Judgement(False, NOT_TAKEN_AFTER_THE_END, "L", facts)
    facts = facts.including(shortened(message))
    if result.outcome != "flagged":
        return Judgement(False, "the case has no active flag", "L", facts)
    decision = decide(facts, edition_named(result.policy_edition))
    if decision == UNREADABLE:
        raise NotReadable(decision.explanation)
    if decision.answer == "flag":
        return Judgement(False, f"the flag stands: {decision.explanation}", "L", facts)
    return Judgement(True, f"the ground fell: {decision.explanation}", lift_code(decision), facts)


def lift_code(decision: Decision) -> LiftCode:
    """Why a flag is lifted, in NIEM's words: U citizen, D died, L lifted."""
    match decision.rule:
        case "clear.us_citizen":
            return "U"
        case "clear.deceased":
            return "D"
        case _:
            return "L"
