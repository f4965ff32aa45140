"""What the rules cost as a case grows, against reading the same facts back from their JSON."""

import json
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any

from bench.cases import booking
from bench.rows import Row
from bench.scale import Scale
from conviction_gate import policy
from conviction_gate.contracts.history import History
from conviction_gate.contracts.internal.facts import Facts
from conviction_gate.contracts.internal.limits import MAX_CARRIED_BYTES
from conviction_gate.contracts.message import Message
from conviction_gate.contracts.reading import read_booking, read_message
from conviction_gate.policy.catalog import built_in
from workflows.state import CaseState

USUAL, GREATEST = (5, 20), (100, 1_000)
"""Charges and messages of a case."""

_CODES = ("12500(a)", "12951(a)", "23103(a)")
_ENTRIES = ("continuance", "failure_to_appear", "appeal_filed", "appeal_ended", "reinstated", "transferred")
_FIRST_DAY = date(2013, 1, 1)


async def measure(scale: Scale) -> list[Row]:
    """Microseconds and ratios of one decision, and bytes of what is carried on."""
    rows = []
    for charges, messages in (USUAL, GREATEST):
        state = grown(charges, messages)
        facts = state.facts
        edition = policy.edition_at(facts.bookings[0].booked_at)
        text = facts.model_dump_json()
        decided, read_back = [], []
        for _ in range(scale.pairs):
            decided.append(_best(partial(policy.decide, facts, edition)))
            read_back.append(_best(partial(Facts.model_validate_json, text)))
        size = len(state.bounded().model_dump_json().encode())
        what = f"{charges} charges, {messages} messages"
        ratios = [a / b for a, b in zip(decided, read_back, strict=True)]
        rows += [
            Row("deciding", f"decide, {what}, against reading the facts", ratios, at_most=0.7),
            Row("deciding", f"decide, {what}", [one * 1e6 for one in decided], "us here"),
            Row("deciding", f"carried on, {what}", [size / 1024], "KiB", at_most=MAX_CARRIED_BYTES / 1024),
        ]
    return rows


def grown(charges: int, messages: int) -> CaseState:
    """A case of so many charges and messages: every kind of message, on every charge."""
    state = CaseState()
    messages_sent = [
        _booking(charges),
        *(_message(number, str(number % charges)) for number in range(messages)),
    ]
    for message in messages_sent:
        if state.refusal(message) is None:
            state.learn(message)
            state.record(message, datetime(2013, 1, 1, tzinfo=UTC), "noted")
    placements = tuple(
        policy.classified_on(built_in(), one, None) for one in policy.offenses_to_look_up(state.facts)
    )
    state.facts = state.facts.model_copy(update={"history": History(), "placements": placements})
    return state


def _booking(charges: int) -> Message:
    filed = [_charge(str(number), number) for number in range(charges)]
    return read_booking(json.dumps(booking(1) | {"charges": filed}))


def _message(number: int, charge_id: str) -> Message:
    day = (_FIRST_DAY + timedelta(days=number // 3)).isoformat()
    kind, fields = _said(number, charge_id, day)
    return read_message(kind, json.dumps({"message_id": f"m-{number}", "sender": "county-court"} | fields))


def _said(number: int, charge_id: str, day: str) -> tuple[str, dict[str, Any]]:
    match number % 10:
        case 0:
            return "conviction", {"charge_id": charge_id, "decided_on": day, "severity": "infraction"}
        case 1:
            ended = {"charge_id": charge_id, "decided_on": day}
            return "dismissal", ended | {"disposition": "dismissed_without_prejudice"}
        case 2:
            return "amendment", {"filed_on": day, "charge": _charge(charge_id, number)}
        case other:
            entry = _ENTRIES[other % len(_ENTRIES)]
            return "court_update", {"charge_id": charge_id, "occurred_on": day, "entry": entry}


def _charge(charge_id: str, number: int) -> dict[str, Any]:
    code = _CODES[number % len(_CODES)]
    return {"charge_id": charge_id, "scheme": "CA-VC", "code": code, "severity": "misdemeanor"}


def _best(work: Callable[[], object]) -> float:
    """Seconds of the quickest of some tries."""
    work()
    taken = []
    for _ in range(10):
        began = time.perf_counter()
        work()
        taken.append(time.perf_counter() - began)
    return min(taken)
