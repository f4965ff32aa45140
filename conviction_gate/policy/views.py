"""What people see of the facts: charges as they are now, the record in a sentence, what a message did."""

from datetime import date

from conviction_gate.contracts.booking import Booking, Charge, Offense
from conviction_gate.contracts.case import ChargeView
from conviction_gate.contracts.court import (
    Amendment,
    Conviction,
    Correction,
    CourtUpdate,
    Dismissal,
    SubjectFinding,
)
from conviction_gate.contracts.internal.facts import Facts
from conviction_gate.contracts.message import Message
from conviction_gate.policy.endings import ChargeState, Ending
from conviction_gate.policy.matter import Matter
from conviction_gate.policy.rules.history import prior_conviction, priority_category, unclear_history


def offenses_to_look_up(facts: Facts) -> tuple[Offense, ...]:
    """Offenses that the facts name and that were not looked up in the catalog yet, each once."""
    looked_up = {(offense.scheme, offense.code) for offense in facts.placements}
    named: dict[tuple[str, str], Offense] = {}
    charges: list[Charge] = [charge for booking in facts.bookings for charge in booking.charges]
    charges += [amendment.charge for amendment in facts.amendments]
    convicted_of = [c.convicted_of for c in facts.convictions if c.convicted_of is not None]
    for offense in (*charges, *convicted_of):
        key = (offense.scheme, offense.code)
        if key not in looked_up:
            named.setdefault(key, Offense(scheme=offense.scheme, code=offense.code))
    return tuple(named.values())


def charge_views(facts: Facts) -> tuple[ChargeView, ...]:
    """Every charge as it is now; its class is null until it was looked up."""
    if not facts.bookings:
        return ()
    looked_up = {(offense.scheme, offense.code) for offense in facts.placements}
    views = []
    for charge in Matter(facts).charges:
        current = charge.current.charge
        disposition, decided_on = _last_disposition(charge)
        views.append(
            ChargeView(
                charge_id=charge.charge_id,
                scheme=current.scheme,
                code=current.code,
                charge_class=charge.charge_class if (current.scheme, current.code) in looked_up else None,
                severity=current.severity,
                disposition=disposition,
                decided_on=decided_on,
            )
        )
    return tuple(views)


def _last_disposition(charge: ChargeState) -> tuple[str | None, date | None]:
    if charge.ending is Ending.OPEN or not charge.final:
        return (None, None)
    words = {
        "conviction" if isinstance(message, Conviction) else message.disposition for message in charge.final
    }
    return (" and ".join(sorted(words)), charge.final[0].decided_on)


def history_summary(facts: Facts) -> str | None:
    """How the rules read the history, in one sentence without its content; None while it is not known."""
    if not facts.bookings or facts.history is None:
        return None
    matter = Matter(facts)
    for rule in (prior_conviction, priority_category, unclear_history):
        decision = rule.ask(matter)
        if decision is not None:
            return decision.explanation
    if any(ruling.question.rule == "review.unclear_history" for ruling in matter.rulings):
        return "A person read the record and found it clean."
    return "The record is clean."


def open_charges(facts: Facts) -> tuple[str, ...]:
    """Ids of the charges that a court has yet to end."""
    if not facts.bookings:
        return ()
    return tuple(charge.charge_id for charge in Matter(facts).awaited if charge.ending is Ending.OPEN)


def effect_of(message: Message, facts: Facts) -> str:
    """What a message does when it arrives, in a few words; facts are those before it."""
    match message:
        case Booking():
            return "the booking" if not facts.bookings else "the same arrest again"
        case Conviction(charge_id=charge_id, decided_on=day):
            return _on(charge_id, f"conviction on {day}", facts)
        case Dismissal(charge_id=charge_id, decided_on=day, disposition=word):
            return _on(charge_id, f"{word} on {day}", facts)
        case CourtUpdate(charge_id=charge_id, occurred_on=day, entry=entry):
            return _on(charge_id, f"{entry} on {day}", facts)
        case Amendment(charge=charge, filed_on=day):
            return f"charge {charge.charge_id}: filed on {day}"
        case SubjectFinding(finding=finding):
            return f"finding: {finding}"
        case Correction(corrects=corrects):
            return f"message {corrects} no longer counts"
        case _:
            return "recorded"


def _on(charge_id: str | None, what: str, facts: Facts) -> str:
    if charge_id is None:
        return f"every charge: {what}"
    known = {charge.charge_id for booking in facts.bookings for charge in booking.charges}
    known |= {amendment.charge.charge_id for amendment in facts.amendments}
    if charge_id not in known:
        return f"kept until charge {charge_id} is filed: {what}"
    return f"charge {charge_id}: {what}"
