"""What is to be done about a case, by the rules of its edition."""

from conviction_gate.contracts.internal.facts import Facts
from conviction_gate.policy.decision import NO_BOOKING, UNREADABLE, Decision
from conviction_gate.policy.editions import Edition
from conviction_gate.policy.matter import Matter


def decide(facts: Facts, edition: Edition | None) -> Decision:
    """What is to be done about a case, from all that is known of it, under its edition.

    Total and pure. Facts that are not complete yet (no booking, no history) never flag on what is
    missing and never clear: without a booking the case waits. Nothing is decided on facts of which a part
    cannot be read, nor under an edition that this release does not know (None).
    """
    if edition is None or not facts.is_whole:
        return UNREADABLE
    matter = Matter(facts)
    if not matter.bookings:
        return NO_BOOKING
    for rule in edition.rules:
        decision = rule.ask(matter)
        if decision is not None:
            return decision
    raise ValueError(f"edition {edition.name}: no rule answered; its last rule must answer every case")
