"""The calls that send: bookings, messages, rulings and reopenings."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Final

from pydantic import Field
from starlette.responses import Response

from conviction_gate.client.case_client import ANSWER_WITHIN
from conviction_gate.client.errors import ClientError, NoWorker
from conviction_gate.client.questions import why_no_answer
from conviction_gate.client.replies import Reply
from conviction_gate.contracts.case import CaseView, SubmitAnswer
from conviction_gate.contracts.court import ReviewDecision, RulingWord
from conviction_gate.contracts.fields import Id, Sender, Text, WireModel
from conviction_gate.contracts.internal.facts import Reopening
from conviction_gate.contracts.message import Message
from conviction_gate.contracts.names import CaseId
from conviction_gate.door.answers import Answer, answered, ended, replied
from conviction_gate.door.bodies import (
    booking_of,
    check_addressed,
    check_right,
    person_of,
    read_fields,
    read_message,
    read_type,
    ruling,
)
from conviction_gate.door.callers import MESSAGE_RIGHTS, REVIEW
from conviction_gate.door.calls import Call, json_response
from conviction_gate.door.problems import Problem, does_not_fit, not_found

SECONDS: Final = ANSWER_WITHIN.total_seconds()


class RulingRequest(WireModel):
    """A person's answer to an open question. Who rules, and the day, the door adds."""

    message_id: Id
    sender: Sender = ""
    charge_id: Id | None = None
    ruling: RulingWord
    reason: Annotated[Text, Field(min_length=1)]


class ReopeningRequest(WireModel):
    """Why a case is reopened. Who reopens it the door adds."""

    reason: Annotated[Text, Field(min_length=1)]


async def post_booking(call: Call) -> Response:
    """`POST /v1/bookings`: open the booking's case, or send the booking to it."""
    call.require("booking")
    fields = await call.fields()
    if fields.get("type", "booking") != "booking":
        raise does_not_fit([(("type",), "another type; send a booking here")])
    booking = booking_of(fields, call.identity)
    case_id = booking.case_id
    call.touch(case_id)
    check_addressed(booking, case_id)
    call.count_message(case_id)
    return await replied(call, booking, case_id, await call.cases.start(booking))


async def post_message(call: Call) -> Response:
    """`POST …/messages`: send a message to a case, and wait for its answer."""
    call.require(*MESSAGE_RIGHTS, REVIEW)
    case_id = call.case_id()
    fields = await call.fields()
    name = read_type(fields)
    call.note(right=check_right(call.identity, name))
    message = read_message(name, fields, call.identity)
    check_addressed(message, case_id)
    call.count_message(case_id)
    return await _delivered(call, message, case_id)


async def post_ruling(call: Call) -> Response:
    """`POST …/rulings`: a person answers a question of a case."""
    call.require(REVIEW)
    case_id = call.case_id()
    return await rule(call, case_id, await call.fields())


async def rule(call: Call, case_id: CaseId, fields: Mapping[str, Any]) -> Response:
    """Send the ruling of these fields, as an API or a page has them."""
    if "reviewer" not in fields:  # which is refused with what is right
        given = read_fields(RulingRequest, fields)
        _check_reason(given.reason)
    decision = ruling(fields, call.identity)
    call.count_message(case_id)
    view = await call.cases.case(case_id)
    if view is None:
        raise not_found()
    sent_on = _sent_before(view, decision)
    if sent_on is not None:
        decision = decision.model_copy(update={"decided_on": sent_on})
    else:
        await _check_answers(call, view, decision, case_id)
    return await _delivered(call, decision, case_id)


async def post_reopening(call: Call) -> Response:
    """`POST …/reopenings`: a person opens an ended case again."""
    call.require("reopen")
    case_id = call.case_id()
    return await reopen(call, case_id, await call.fields())


async def reopen(call: Call, case_id: CaseId, fields: Mapping[str, Any]) -> Response:
    """Reopen the case, for the reason in these fields."""
    reason = read_fields(ReopeningRequest, fields).reason
    _check_reason(reason)
    reopening = Reopening(by=person_of(call.identity), reason=reason.strip(), reopened_at=datetime.now(UTC))
    if await call.cases.recorded(case_id) is None and await call.cases.case(case_id) is None:
        raise not_found()
    if (refusal := await call.cases.reopen(case_id, reopening)) is not None:
        raise Problem("not-permitted" if refusal.cause == "not_permitted" else "conflict", refusal.text)
    answer = Answer(accepted=True, duplicate=False, status="checking_history", effect="the case is reopened")
    return json_response(answer)


async def post_order(call: Call) -> Response:
    """`POST …/orders`: not built yet."""
    call.require("order")
    call.case_id()
    raise Problem("not-built", "orders to seal or expunge come with a later release")


async def _delivered(call: Call, message: Message, case_id: CaseId) -> Response:
    """The case's answer; where nobody answers, the message is recorded all the same.

    An update that no worker accepted is not recorded, so the message is sent again as a signal then. A case
    that gets both takes one.
    """
    try:
        async with asyncio.timeout(SECONDS):
            answer = await call.cases.submit(message, case_id)
    except (TimeoutError, NoWorker):
        answer = await call.cases.send(message, case_id, look=False)
        seen = None
    else:
        if isinstance(answer, SubmitAnswer):
            return answered(answer)
        seen = await _effect(call, message, case_id) if _is_sent(answer) else None
    if seen is not None:
        return json_response(seen)
    if not _is_sent(answer):
        return await replied(call, message, case_id, answer)
    return json_response(Answer(accepted=True, duplicate=False, status=None, effect=answer.text), 202)


def _is_sent(reply: Reply) -> bool:
    """Whether an open case has the message as a signal, which has no answer."""
    return reply.status == "accepted" and not reply.corrects


async def _effect(call: Call, message: Message, case_id: CaseId) -> Answer | None:
    """What the case did with a signal; None where it does not answer."""
    try:
        async with asyncio.timeout(SECONDS):
            view = await call.cases.open_case(case_id)
    except (TimeoutError, ClientError):
        return None
    for known in view.messages if view else ():
        if view and (known.sender, known.message_id) == message.key:
            return Answer(accepted=True, duplicate=False, status=view.status, effect=known.effect)
    return None


def _sent_before(view: CaseView, decision: ReviewDecision) -> Any:
    """The day on which the case got a ruling of this id; None where it has none."""
    return next((m.received_at.date() for m in view.messages if (m.sender, m.message_id) == decision.key), None)


async def _check_answers(call: Call, view: CaseView, decision: ReviewDecision, case_id: CaseId) -> None:
    """Raises `Problem` where the ruling answers no question of the case."""
    no_answer = why_no_answer(view, decision.ruling, decision.charge_id)
    if no_answer is None:
        return
    if no_answer.field is not None:
        raise does_not_fit([((no_answer.field,), no_answer.text)])
    recorded = await call.cases.recorded(case_id)
    if recorded is not None and recorded.closed:
        raise ended(recorded, "the case has ended, and asks nothing")
    raise Problem("conflict", f"the case has no open question: it is {view.status}")


def _check_reason(reason: str) -> None:
    if not reason.strip():
        raise does_not_fit([(("reason",), "empty; say why")])
