"""What people see of the facts: charges as they are now, the record in a sentence, what a message did."""

import re
from collections.abc import Iterator
from datetime import date

from conviction_gate.contracts.booking import Booking, Offense
from conviction_gate.contracts.case import ChargeView
from conviction_gate.contracts.court import (
    Amendment,
    Conviction,
    Correction,
    CourtUpdate,
    Dismissal,
    RecordUpdate,
    SubjectFinding,
)
from conviction_gate.contracts.history import History
from conviction_gate.contracts.internal.facts import Facts, OffenseOfRecord
from conviction_gate.contracts.message import Message
from conviction_gate.policy.classification import key_of
from conviction_gate.policy.counting import CountedMessages
from conviction_gate.policy.endings import ChargeState, Ending
from conviction_gate.policy.matter import Matter
from conviction_gate.policy.rules.history import prior_conviction, priority_category, unclear_history


def offenses_to_look_up(facts: Facts) -> tuple[Offense, ...]:
    """Offenses that the facts name and that were not looked up in the catalog yet, each once."""
    looked_up = set(map(key_of, facts.placements))
    return tuple(offense for offense in offenses_named(facts) if key_of(offense) not in looked_up)


def offenses_named(facts: Facts) -> tuple[Offense, ...]:
    """Offenses that charges and convictions name, each once, and those of the history."""
    of_record = offenses_of_record(facts.history) if facts.history is not None else ()
    return (*dict.fromkeys(_of_messages(facts)), *of_record)


def offenses_of_record(history: History) -> tuple[OffenseOfRecord, ...]:
    """What records and warrants name, each once, with the days of its entries."""
    days: dict[tuple[str, str], dict[date | None, None]] = {}
    for scheme, code, day in (
        *((record.scheme, record.code, record.decided_on) for record in history.records),
        *((priority.scheme, priority.code, priority.recorded_on) for priority in history.priorities),
    ):
        if scheme is not None and code is not None:
            days.setdefault((scheme, code), {})[day] = None
    return tuple(OffenseOfRecord(scheme=s, code=c, days=tuple(on)) for (s, c), on in days.items())


def _of_messages(facts: Facts) -> Iterator[Offense]:
    for message in (*facts.messages, *facts.replacements):
        offenses: tuple[Offense | None, ...] = ()
        match message:
            case Booking():
                offenses = message.charges
            case Amendment():
                offenses = (message.charge,)
            case Conviction():
                offenses = (message.convicted_of,)
        yield from (Offense(scheme=one.scheme, code=one.code) for one in offenses if one is not None)


def charge_views(facts: Facts) -> tuple[ChargeView, ...]:
    """Every charge as it is now; its class is null until it was looked up."""
    matter = Matter(facts)
    if not matter.bookings:
        return ()
    looked_up = {(one.scheme, one.code) for one in facts.placements if not one.of_record}
    views = []
    for charge in matter.charges:
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
    matter = Matter(facts)
    if not matter.bookings or facts.history is None:
        return None
    for rule in (prior_conviction, priority_category, unclear_history):
        decision = rule.ask(matter)
        if decision is not None:
            return decision.explanation
    if any(ruling.question.rule == "review.unclear_history" for ruling in matter.rulings):
        return "A person read the record and found it clean."
    return "The record is clean."


def open_charges(facts: Facts) -> tuple[str, ...]:
    """Ids of the charges that a court has yet to end."""
    matter = Matter(facts)
    if not matter.bookings:
        return ()
    return tuple(charge.charge_id for charge in matter.awaited if charge.ending is Ending.OPEN)


def unknown_charges(facts: Facts) -> tuple[str, ...]:
    """Ids under which a court speaks of charges that the case does not have, each once."""
    messages = CountedMessages(facts)
    if not messages.bookings:
        return ()
    known = _charge_ids(messages)
    named: tuple[Conviction | Dismissal | CourtUpdate, ...] = (
        *messages.convictions,
        *messages.dismissals,
        *messages.court_updates,
    )
    ids = dict.fromkeys(message.charge_id for message in named)
    return tuple(charge_id for charge_id in ids if charge_id is not None and charge_id not in known)


def effect_of(message: Message, facts: Facts) -> str:
    """What a message does when it arrives, in a few words; facts are those before it."""
    messages = CountedMessages(facts.including(message)) if facts.corrections else CountedMessages(facts)
    undone_by = messages.undone_by.get(message.key)
    if undone_by is not None:
        return f"corrected by {undone_by}: does not count"
    match message:
        case Booking():
            count = len(message.charges)
            arrest = "the same arrest again" if CountedMessages(facts).bookings else "an arrest"
            return f"{arrest}, on {count} {'charge' if count == 1 else 'charges'}"
        case Conviction(charge_id=charge_id, decided_on=day):
            return _on(charge_id, f"conviction on {day}", messages)
        case Dismissal(charge_id=charge_id, decided_on=day, disposition=word):
            return _on(charge_id, f"{word} on {day}", messages)
        case CourtUpdate(unknown_entry=str() as word):
            return _unknown(word)
        case CourtUpdate(charge_id=charge_id, occurred_on=day, entry=entry):
            return _on(charge_id, f"{entry} on {day}", messages)
        case Amendment(charge=charge, filed_on=day):
            return f"charge {charge.charge_id}: filed on {day}"
        case SubjectFinding(finding=finding):
            return f"finding: {finding}"
        case Correction():
            return _effect_of_correction(message, facts)
        case RecordUpdate():
            return "the criminal history is asked for again"
        case _:
            return "recorded"


def _effect_of_correction(correction: Correction, facts: Facts) -> str:
    messages = CountedMessages(facts.including(correction))
    if correction.message_id in messages.undone_by.values():
        effect = f"message {correction.corrects} no longer counts"
    elif any(booking.message_id == correction.corrects for booking in facts.bookings):
        effect = "only its own sender can correct a booking, as a clerical_error: it counts as before"
    else:
        effect = f"no message {correction.corrects} of that sender has arrived: it will not count if it does"
    if correction.replacement is not None:
        effect += f"; {correction.replacement.message_id} counts in its place"
    if correction.unknown_entry is not None:
        effect += f", with an {_unknown(correction.unknown_entry)}"
    return effect


def _unknown(word: str) -> str:
    return f'unknown entry "{word[:100]}": ends nothing; send one of the words of the contract instead'


def _on(charge_id: str | None, what: str, messages: CountedMessages) -> str:
    if charge_id is None:
        return f"every charge: {what}"
    known = _charge_ids(messages)
    if charge_id in known:
        return f"charge {charge_id}: {what}"
    kept = f"kept until charge {charge_id} is filed: {what}"
    alike = [other for other in sorted(known) if _number(other) == _number(charge_id) is not None]
    return f"{kept}; is it charge {alike[0]}? Then send it again with that id" if alike else kept


def _charge_ids(messages: CountedMessages) -> set[str]:
    known = {charge.charge_id for booking in messages.bookings for charge in booking.charges}
    return known | {amendment.charge.charge_id for amendment in messages.amendments}


def _number(charge_id: str) -> int | None:
    """The one number in an id: courts write `Count 1` or `001` where a jail writes `1`."""
    numbers = re.findall(r"[0-9]+", charge_id)
    return int(numbers[0]) if len(numbers) == 1 else None
