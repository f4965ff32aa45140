"""A person reopens an ended case, for a charge that was filed anew. No message ever does."""

from conviction_gate.contracts.case import CaseResult
from conviction_gate.contracts.court import Conviction, Dismissal
from conviction_gate.contracts.internal.facts import Facts, Reopening
from conviction_gate.contracts.internal.limits import MAX_FACTS_BYTES, size_of_facts
from conviction_gate.contracts.internal.refusal import RefusalReason
from conviction_gate.contracts.message import Message
from conviction_gate.policy.content import content_key, digest
from conviction_gate.policy.deciding import decide
from conviction_gate.policy.decision import UNREADABLE
from conviction_gate.policy.editions import edition_named


def can_be_reopened(result: CaseResult) -> bool:
    """Whether a person may reopen a case with this end. A flag that stands is withdrawn by a correction."""
    return result.outcome != "flagged"


def reopen(facts: Facts, result: CaseResult, reopening: Reopening, ended: bool = True) -> Facts | RefusalReason:
    """The facts of an ended case with the reopening; or, where the case stays closed, why.

    What had ended its charges no longer counts: they wait for the court anew, under the edition of
    the booking. Not so where the case has not `ended` but its run was lost.
    """
    edition = edition_named(result.policy_edition)
    if edition is None or not facts.is_whole:
        return RefusalReason(UNREADABLE.explanation)
    if not can_be_reopened(result):
        return RefusalReason(
            "its flag stands; only a clearance is reopened, a flag is withdrawn by a correction"
        )
    endings: list[Message] = []
    if ended:
        endings += [
            message
            for message in (*facts.messages, *facts.replacements)
            if isinstance(message, (Conviction, Dismissal))
        ]
        endings += [r.decision for r in facts.rulings if r.decision.ruling in ("conviction", "not_conviction")]
    before = {key for earlier in facts.reopenings for key in earlier.set_aside}
    set_aside = {digest([content_key(message)]) for message in endings} - before
    reopening = reopening.model_copy(update={"set_aside": tuple(sorted(set_aside))})
    facts = facts.model_copy(update={"reopenings": (*facts.reopenings, reopening)})
    if ended and size_of_facts(facts) > MAX_FACTS_BYTES:
        return RefusalReason("it holds as much as a case can carry; a new filing needs a booking of its own")
    decision = decide(facts, edition)
    if decision.answer == "clear":
        return RefusalReason(f"it would be cleared again: {decision.explanation} Correct that finding first")
    return facts
