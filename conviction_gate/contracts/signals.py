"""The messages that a case takes, in one table; whatever else lists them reads this table.

A message travels as the signal of its name, or as the update `submit` with that name as its `type`
(contract, "Signals").
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final, NamedTuple

from conviction_gate.contracts.booking import Booking
from conviction_gate.contracts.court import (
    Amendment,
    Conviction,
    Correction,
    CourtUpdate,
    Dismissal,
    ReviewDecision,
    SubjectFinding,
)
from conviction_gate.contracts.message import Message


class Signal(NamedTuple):
    """One kind of message.

    `description`: what the web UI shows beside the name. `date_field`: the field that dates the message.
    `facts_field`: the field of `Facts` that holds it once it is accepted. `after_the_end`: null where a
    case that has ended does not take it; else the values that its fields must have then.
    """

    model: type[Message]
    description: str
    date_field: str
    facts_field: str
    after_the_end: Mapping[str, str] | None = None


SIGNALS: Final[Mapping[str, Signal]] = {
    "conviction": Signal(
        Conviction, "A court found or took a plea of guilt on a charge", "decided_on", "convictions"
    ),
    "dismissal": Signal(
        Dismissal,
        "A charge, or the whole arrest, ended without a conviction",
        "decided_on",
        "dismissals",
        after_the_end={"disposition": "vacated"},
    ),
    "court_update": Signal(CourtUpdate, "A docket entry that ends nothing", "occurred_on", "court_updates"),
    "amendment": Signal(Amendment, "A charge was filed, added or changed", "filed_on", "amendments"),
    "subject_finding": Signal(
        SubjectFinding,
        "The subject is a US citizen, misidentified or dead",
        "found_on",
        "findings",
        after_the_end={},
    ),
    "correction": Signal(
        Correction, "An earlier message was wrong", "corrected_on", "corrections", after_the_end={}
    ),
    # `unasked` until it is bound to a question: that makes it a `Ruling`, which `rulings` holds.
    "review_decision": Signal(ReviewDecision, "A person answers the open question", "decided_on", "unasked"),
    "booking": Signal(Booking, "The booking itself, or the same arrest sent again", "booked_at", "bookings"),
}
"""By name."""

NOT_TAKEN_AFTER_THE_END: Final = (
    "after the end only a correction, a vacatur or a finding about the subject is taken"
)
"""Why a case that has ended does not take a message: the column `after_the_end` in words."""

_NAMES: Final = {signal.model: name for name, signal in SIGNALS.items()}


def type_of(message: Message) -> str:
    """The name under which a message travels."""
    return _NAMES[type(message)]


def typed(message: Message) -> dict[str, Any]:
    """A message as JSON: its fields, and its `type`."""
    return {"type": type_of(message), **message.model_dump(mode="json")}


def date_of(message: Message) -> tuple[str, date | datetime]:
    """The name and the value of the field that dates a message."""
    field = SIGNALS[type_of(message)].date_field
    return field, getattr(message, field)


def is_taken_after_the_end(message: Message) -> bool:
    """Whether a message can still change something once its case has ended."""
    values = SIGNALS[type_of(message)].after_the_end
    return values is not None and all(getattr(message, field) == value for field, value in values.items())
