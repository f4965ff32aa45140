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
    RecordUpdate,
    ReviewDecision,
    SubjectFinding,
)
from conviction_gate.contracts.message import Message


class Signal(NamedTuple):
    """One kind of message.

    `description`: what the web UI shows beside the name. `reported_as`: what `explain` says when one came.
    `date_field`: the field that dates the message. `facts_field`: the field of `Facts` that holds it once it
    is accepted. `after_the_end`: whether a case that has ended in a flag still takes it. `reserve`: how many of
    the reserves of a full case it may use: one for bookings and for what ends a charge, another for what people
    send about the case.
    """

    model: type[Message]
    description: str
    reported_as: str
    date_field: str
    facts_field: str
    after_the_end: bool = True
    reserve: int = 0


SIGNALS: Final[Mapping[str, Signal]] = {
    "conviction": Signal(
        Conviction,
        description="A court found or took a plea of guilt on a charge",
        reported_as="a court reported a conviction",
        date_field="decided_on",
        facts_field="convictions",
        reserve=1,
    ),
    "dismissal": Signal(
        Dismissal,
        description="A charge, or the whole arrest, ended without a conviction",
        reported_as="a court reported that a charge ended without a conviction",
        date_field="decided_on",
        facts_field="dismissals",
        reserve=1,
    ),
    "court_update": Signal(
        CourtUpdate,
        description="A docket entry that ends nothing",
        reported_as="a court sent an entry that ends no charge",
        date_field="occurred_on",
        facts_field="court_updates",
    ),
    "amendment": Signal(
        Amendment,
        description="A charge was filed, added or changed",
        reported_as="a charge was filed or changed",
        date_field="filed_on",
        facts_field="amendments",
    ),
    "subject_finding": Signal(
        SubjectFinding,
        description="The subject is a US citizen, misidentified or dead",
        reported_as="an office found out who the person is",
        date_field="found_on",
        facts_field="findings",
        reserve=2,
    ),
    "correction": Signal(
        Correction,
        description="An earlier message was wrong",
        reported_as="an earlier message was taken back",
        date_field="corrected_on",
        facts_field="corrections",
        reserve=2,
    ),
    "record_update": Signal(
        RecordUpdate,
        description="The subject's criminal history changed",
        reported_as="an office reported that the record changed",
        date_field="reported_on",
        facts_field="record_updates",
        reserve=2,
    ),
    "review_decision": Signal(
        ReviewDecision,
        description="A person answers the open question",
        reported_as="a person ruled",
        date_field="decided_on",
        facts_field="unasked",  # until it is bound to a question: that makes it a `Ruling`, in `rulings`
        after_the_end=False,
        reserve=2,
    ),
    "booking": Signal(
        Booking,
        description="The booking itself, or the same arrest sent again",
        reported_as="the jail sent a booking",
        date_field="booked_at",
        facts_field="bookings",
        reserve=1,
    ),
}
"""By name."""

NOT_TAKEN_AFTER_THE_END: Final = (
    "a case without a flag takes nothing more; a person may reopen it: `conviction-gate reopen`"
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
    return SIGNALS[type_of(message)].after_the_end
