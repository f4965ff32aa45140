"""A case from its booking to its outcome, in plain sentences."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import Final

from conviction_gate.client.case_lookup import LACKS, Found, Source
from conviction_gate.contracts.case import CaseResult, CaseView, ChargeView, Flag
from conviction_gate.contracts.fields import Model
from conviction_gate.contracts.signals import SIGNALS
from conviction_gate.policy import edition_named, ruling_command
from conviction_gate.policy.catalog import find
from conviction_gate.policy.page import CLASSES, RULES, long_date

MAX_GROUNDS_SHOWN: Final = 5


class Part(Model):
    """One part of an explanation. Text that somebody else wrote is in quotes."""

    title: str
    lines: tuple[str, ...]


class Explanation(Model):
    """A case from its booking to its outcome, and where it was looked up."""

    case_id: str
    parts: tuple[Part, ...]
    source: Source


def explanation(found: Found) -> Explanation:
    """Explains a case, as far as the place where it was looked up knows it."""
    view, source, result, flag = found
    parts = {
        "The arrest": _arrest(view),
        "The charges": _charges(view),
        "The record": _record(view, source),
        "What was received": _messages(view),
        "What was rejected": _rejected(view),
        "The decision": _decision(view, result, flag),
        "What comes next": _next(view),
        "Where this comes from": filter(None, [LACKS[source]]),
    }
    written = ((title, tuple(lines)) for title, lines in parts.items())
    return Explanation(
        case_id=view.case_id,
        parts=tuple(Part(title=title, lines=lines) for title, lines in written if lines),
        source=source,
    )


def _arrest(view: CaseView) -> Iterator[str]:
    if view.booked_at is None:
        yield f"The agency {view.agency} has not sent the booking yet."
    else:
        yield f"The agency {view.agency} booked somebody on {_day(view.booked_at)}."
    yield f"Its tracking number is {view.tracking_number}."


def _charges(view: CaseView) -> Iterator[str]:
    for charge in view.charges:
        yield f"Charge {charge.charge_id} is under {charge.scheme} {charge.code}."
        yield from (f"  {line}" for line in _charge(charge))


def _charge(charge: ChargeView) -> Iterator[str]:
    if charge.charge_class is None:
        yield "Its kind has not been looked up yet."
    else:
        words = CLASSES.get(charge.charge_class)
        yield f"Its kind: {words.name}. {words.meaning}" if words else f"Its kind: {charge.charge_class}."
        yield from _why(charge)
    if charge.disposition is None:
        yield "It is still open in court."
    else:
        yield f"It ended on {charge.decided_on}: {charge.disposition.replace('_', ' ')}."


def _why(charge: ChargeView) -> Iterator[str]:
    """The source of a charge's class. The catalog may have changed since the class was looked up."""
    entry = find(charge.scheme, charge.code)
    if entry is not None and entry.charge_class == charge.charge_class:
        if entry.source == "recalled":
            yield "Our catalog says so. We have yet to check it against the law."
        else:
            checked = "" if entry.verified else " We have yet to check it against the law."
            yield f'Our catalog says so, from "{entry.source}".{checked}'
        if entry.note:
            yield f"It notes: {_quoted(entry.note)}"
    elif charge.charge_class == "reckless_injury":
        yield "The charge says that someone was hurt."
    elif charge.charge_class == "unclassified":
        yield "Our catalog does not say what kind it is."
    else:
        yield "Our catalog of today does not say so. A person ruled on it, or the catalog has changed."
        yield "Or the agency has a list of its own."


def _record(view: CaseView, source: Source) -> Iterator[str]:
    if view.history is not None:
        yield view.history
    elif source != "history":
        yield "The record has not been checked yet."


def _messages(view: CaseView) -> Iterator[str]:
    if hidden := view.messages_total - len(view.messages):
        yield f"The first {hidden} are not shown here any more."
    for message in view.messages:
        signal = SIGNALS.get(message.type)  # None where a newer release has written the case
        reported_as = signal.reported_as if signal else message.type
        yield f"{_day(message.received_at)}: {reported_as}: {_quoted(message.effect)}"
        if message.by_door:
            yield f'  The door has proved that its sender is "{message.sender}".'
        elif message.sender:
            yield f'  It says that its sender is "{message.sender}", which nobody has proved.'
    if view.reminders:
        times = "once" if view.reminders == 1 else f"{view.reminders} times"
        yield f"A person was asked to rule, and reminded {times}."
    if view.reopened is not None:
        yield (
            f"{_day(view.reopened.reopened_at)}: a person reopened the case. "
            f'"{view.reopened.by}" gave the reason {_quoted(view.reopened.reason)}'
        )


def _rejected(view: CaseView) -> Iterator[str]:
    if not view.rejected_total:
        return
    many = f"{view.rejected_total} messages" if view.rejected_total > 1 else "One message"
    yield f"{many} did not fit, and changed nothing. The reasons:"
    for reason, count in Counter(rejected.reason for rejected in view.rejected).most_common():
        yield f'  "{reason}" ({count})'


def _decision(view: CaseView, result: CaseResult | None, flag: Flag | None) -> Iterator[str]:
    yield view.explanation
    if view.rule is None:
        return
    if words := RULES.get(view.rule):
        yield f'The rule that fits is "{words.title}".'
        yield f"  When: {words.when}"
        yield f"  Then: {words.then}"
        yield f"  Source: {words.source}."
    else:
        yield f'The rule that fits is "{view.rule}". A newer release knows what it says.'
    if view.policy_edition is not None:
        edition = edition_named(view.policy_edition)
        announced = long_date(edition.in_force_from) if edition else view.policy_edition
        yield f"The case goes by the rules of {announced}."
    if result is not None:
        yield f"It was decided on {_day(result.decided_at)}."
        if result.grounds:
            shown = ", ".join(f'"{ground}"' for ground in result.grounds[:MAX_GROUNDS_SHOWN])
            more = len(result.grounds) - MAX_GROUNDS_SHOWN
            yield f"It rests on these messages: {shown}{f' and {more} more' if more > 0 else ''}."
    if view.flag_status == "withdrawn":
        yield "The flag was withdrawn. Its record is kept, and says so."
        if flag is not None and flag.withdrawn_at is not None:
            yield f"That was on {_day(flag.withdrawn_at)}: {_quoted(flag.withdrawn_reason or '')}"
            withdrew = [message for message in view.messages if message.effect == flag.withdrawn_reason]
            for message in withdrew[-1:]:
                sender = f' from "{message.sender}"' if message.sender else ""
                yield f'The message "{message.message_id}"{sender} did that.'


def _next(view: CaseView) -> Iterator[str]:
    if view.stopped is not None:
        yield f"The case is stuck: {view.stopped}."
        return
    match view.status:
        case "awaiting_booking":
            yield "A court's message came first. The case waits for the booking from the jail."
        case "checking_history":
            yield "The case waits for the check of the record."
        case "waiting_for_court":
            since = f", and has since {_day(view.waiting_since)}" if view.waiting_since else ""
            yield f"The case waits for the court{since}. It waits as long as it takes."
            if view.next_docket_check_at is not None:
                yield f"On {_day(view.next_docket_check_at)} we ask the court again."
        case "needs_review":
            yield "A person has to rule. Until then the case waits."
            for question in view.questions:
                yield f"  {question.asks}"
                yield f'  The answer is one of these: "{", ".join(question.answers)}".'
                yield "  To rule:"
                yield f"  `{ruling_command(view.case_id, question)}`"
        case "flagged" if view.flag_status != "withdrawn":
            yield "The case has ended. An officer may now look at it, and that is all a flag does."
            yield "If the reason for the flag no longer holds, the flag is withdrawn."
        case "flagged" | "cleared":
            yield "The case has ended, and it has no flag now. No message can make one."
            yield "Only a person can reopen it, and must say why."
    if view.needs_attention and view.status not in ("flagged", "cleared", "needs_review"):
        yield "A person should look at this case."


def _quoted(text: str) -> str:
    """Text that somebody else wrote, at the end of a sentence."""
    return f'"{text}"' if text.endswith((".", "!", "?")) else f'"{text}".'


def _day(time: datetime) -> str:
    return time.date().isoformat()
