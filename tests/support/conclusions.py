"""What tests of the registry share: cases as they end, and a look past the registry."""

import asyncio
from asyncio import AbstractEventLoop
from collections.abc import Coroutine, Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any, TypeVar

from sqlalchemy import Row, make_url
from sqlalchemy.orm import Session
from sqlalchemy.util import await_only

from conviction_gate.contracts.booking import Booking, Charge, Subject
from conviction_gate.contracts.case import CaseResult, CaseView, Outcome
from conviction_gate.contracts.court import Conviction, Dismissal, SubjectFinding
from conviction_gate.contracts.fields import RuleName, Status
from conviction_gate.contracts.internal.activities import Conclusion, Withdrawal
from conviction_gate.contracts.internal.facts import Facts
from conviction_gate.contracts.message import Message
from conviction_gate.contracts.names import CaseId
from conviction_gate.registry.engines import transactions

T = TypeVar("T")

AGENCY = "CA0190000"
NOON = datetime(2013, 7, 15, 12, tzinfo=UTC)
LATER = NOON + timedelta(days=9)
ONE_PERSON = {"fingerprint_id": "T-1", "fbi_number": "F-1", "state_id": "S-1"}


def booking(case: str = "T-1", **ids: str) -> Booking:
    return Booking(
        message_id=f"b-{case}",
        agency=AGENCY,
        tracking_number=case,
        booking_number="B-1",
        booked_at=datetime(2012, 5, 4, 2, 15, tzinfo=timezone(timedelta(hours=-7))),
        subject=Subject(**(ids or ONE_PERSON)),
        charges=(Charge(charge_id="1", scheme="CA-VC", code="12500(a)"),),
    )


CONVICTION = Conviction(message_id="c-1", charge_id="1", decided_on=date(2013, 7, 15))
CITIZEN = SubjectFinding(
    message_id="f-1", finding="us_citizen", found_on=date(2013, 7, 15), source="identity desk"
)
VACATED = Dismissal(message_id="d-1", charge_id="1", decided_on=date(2013, 9, 1), disposition="vacated")


def conclusion(
    outcome: Outcome,
    rule: RuleName,
    *messages: Message,
    case: str = "T-1",
    number: int = 1,
    status: Status | None = None,
    at: datetime = NOON,
    **ids: str,
) -> Conclusion:
    case_id = CaseId(AGENCY, case)
    facts = Facts(bookings=(booking(case, **ids),))
    for message in messages:
        facts = facts.including(message)
    view = CaseView(
        case_id=str(case_id),
        agency=AGENCY,
        tracking_number=case,
        status=status or ("flagged" if outcome == "flagged" else "cleared"),
        rule=rule,
        explanation="as decided",
        policy_edition="2012-04-27",
        charges=(),
        messages=(),
        messages_total=0,
        rejected=(),
        rejected_total=0,
        waiting_since=None,
        next_docket_check_at=None,
        needs_attention=False,
    )
    result = CaseResult(
        outcome=outcome,
        rule=rule,
        explanation="as decided",
        policy_edition="2012-04-27",
        decided_at=at,
        grounds=("c-1",),
    )
    subjects = tuple(booked.subject for booked in facts.bookings)
    found = any(getattr(m, "finding", getattr(m, "ground", None)) == "us_citizen" for m in messages)
    return Conclusion(
        case=view,
        facts=facts,
        result=result,
        number=number,
        subjects=subjects,
        citizen=subjects if found else (),
    )


def flagged(**changes: Any) -> Conclusion:
    return conclusion("flagged", "flag.convicted", CONVICTION, **changes)


def cleared(**changes: Any) -> Conclusion:
    return conclusion("cleared", "clear.no_conviction", **changes)


def withdrawal(rule: RuleName = "clear.no_conviction", number: int = 1) -> Withdrawal:
    return Withdrawal(
        conclusion=conclusion("withdrawn", rule, CONVICTION, VACATED, number=number),
        reason="the conviction was vacated",
        lift_code="L",
        withdrawn_at=LATER,
        ends=rule.startswith("clear."),
    )


CASE_ID = flagged().case.case_id
OTHER_CASE = f"booking-case:{AGENCY}:another"


def meanwhile(loop: AbstractEventLoop, doing: Coroutine[Any, Any, T]) -> T:
    """From within work on a session: have the event loop do something, and wait for it."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:  # in a thread
        return asyncio.run_coroutine_threadsafe(doing, loop).result(20)
    return await_only(doing)


async def sql(url: str, statement: str) -> Sequence[Row[Any]]:
    """Past the registry, straight at the database."""
    reads, writes = transactions(make_url(url))
    try:
        return await writes.do(lambda session: _rows(session, statement))
    finally:
        await writes.close()
        await reads.close()


def _rows(session: Session, statement: str) -> Sequence[Row[Any]]:
    result = session.connection().exec_driver_sql(statement)
    return result.all() if result.returns_rows else ()
