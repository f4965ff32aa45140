"""Facts of every kind, and what a case of them says of itself."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

from conviction_gate import policy
from conviction_gate.contracts.case import CaseView, MessageView
from conviction_gate.contracts.court import ReviewDecision
from conviction_gate.contracts.history import PRIORITY_KINDS, History, HistoryAnswer, Priority
from conviction_gate.contracts.internal.facts import Facts, Ruling
from conviction_gate.contracts.message import Message
from conviction_gate.contracts.reading import read_booking, read_message
from conviction_gate.contracts.signals import type_of
from tests.support import facts as the
from tests.support.facts import (
    booking,
    charge,
    conviction,
    decided,
    dismissal,
    facts_of,
    finding,
    history,
    record,
    ruled,
    update,
    with_more,
)

CAME: Final = datetime(2014, 3, 5, 9, tzinfo=UTC)
SCENARIOS: Final = json.loads((Path(__file__).parents[1] / "data" / "scenarios.json").read_text())

CODES: Final = [
    *(the.MINOR, the.RECKLESS, the.DUI_NO_CRIME, the.HIT_AND_RUN, the.RECKLESS_INJURY, the.SERIOUS),
    *(the.SERIOUS_FELONY, the.SERIOUS_WOBBLER, the.NON_TRAFFIC, the.COURT_PROCESS, the.UNCLASSIFIED),
]
PASTS: Final = [
    history(record()),
    *(history(record(word, on=None)) for word in ("convicted", "expunged", "deferred_with_plea", "unknown")),
    history(record(severity=None)),
    *(history(Priority(kind=kind, record_id="P-1")) for kind in sorted(PRIORITY_KINDS)),
    history(Priority(kind="gang")),
    history(Priority(kind="a kind nobody knows", record_id="P-1")),
    history(conflicting=True),
]
SAID: Final[list[tuple[Message, ...]]] = [
    *((conviction("2013-01-01", severity=severity),) for severity in ("infraction", "misdemeanor", None)),
    *((conviction("2013-01-01", of=code),) for code in CODES),
    *((dismissal("2013-01-01", word=word),) for word in the.DISPOSITIONS),
    *((update(entry, "2013-01-01"),) for entry in the.ENTRIES),
    (dismissal("2013-01-01", None),),
    (conviction("2013-01-01"), update("appeal_filed", "2013-01-02")),
    (conviction("2013-01-01"), dismissal("2013-01-01")),
    *((finding(word),) for word in ("us_citizen", "misidentified", "deceased")),
    tuple(conviction("2013-01-01", str(number), severity="infraction") for number in range(1, 8)),
]


@cache
def worlds() -> tuple[Facts, ...]:
    """Facts that lead to every sentence there is."""
    return tuple(_worlds())


def _worlds() -> Iterator[Facts]:
    yield Facts()
    yield facts_of(booking(), past=None)
    many = booking(*(charge(charge_id=str(number)) for number in range(1, 10)))
    for booked in (
        *(booking(charge(code)) for code in CODES),
        booking(charge(the.RECKLESS, injury=True)),
        many,
    ):
        yield (asked := facts_of(booked))
        yield from _answered(asked)
        for said in SAID:
            yield (asked := facts_of(booked, *said))
            yield from _answered(asked)
    for past in PASTS:
        yield (asked := facts_of(booking(), past=past))
        yield from _answered(asked)
    for scenario in SCENARIOS:
        answer = HistoryAnswer.model_validate(scenario["history"])
        facts = Facts(history=History(**answer.model_dump(exclude={"subject"})), us_citizen=answer.us_citizen)
        for step in scenario["steps"]:
            facts = with_more(facts, *_message(step, facts))
            yield facts


def _answered(facts: Facts) -> Iterator[Facts]:
    """The facts with each ruling on the first question that stands."""
    for question in decided(facts).questions[:1]:
        for word in policy.answers_to(question):
            yield ruled(facts, word, question.charge_id)  # type: ignore[arg-type]


def _message(step: dict[str, Any], facts: Facts) -> Iterator[Message | Ruling]:
    """The message of a scenario's step, as far as the case takes it."""
    text = json.dumps(step["input"])
    message = read_message(step["name"], text) if step["do"] == "signal" else read_booking(text)
    if isinstance(message, ReviewDecision):
        bound = policy.bind(message, decided(facts))
        yield from () if isinstance(bound, str) else (bound,)
    else:
        yield message


def view_of(facts: Facts, **changed: Any) -> CaseView:
    """What a case of these facts says of itself."""
    decision, charges = decided(facts), policy.charge_views(facts)
    messages = tuple(
        MessageView(
            message_id=message.message_id,
            sender=message.sender,
            type=type_of(message),
            received_at=CAME,
            effect=policy.effect_of(message, facts),
        )
        for message in facts.messages
    )
    fields: dict[str, Any] = {
        "case_id": "booking-case:CA0190000:A-1",
        "agency": "CA0190000",
        "tracking_number": "A-1",
        "status": decision.status if facts.bookings else "awaiting_booking",
        "rule": decision.rule if facts.bookings else None,
        "explanation": decision.explanation,
        "policy_edition": the.EDITION.name if facts.bookings else None,
        "charges": charges,
        "messages": messages,
        "messages_total": len(messages),
        "rejected": (),
        "rejected_total": 0,
        "waiting_since": None,
        "next_docket_check_at": None,
        "needs_attention": False,
        "booked_at": min((booking.booked_at for booking in facts.bookings), default=None),
        "history": policy.history_summary(facts),
        "questions": policy.question_views(decision, charges, facts.placements),
    }
    return CaseView(**fields | changed)
