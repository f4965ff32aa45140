"""Messages after the end of a case: stored as they arrived, applied once, and answered the same each time."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from conviction_gate.contracts.case import CaseView, CorrectionResult, MessageView
from conviction_gate.contracts.internal.activities import Corrected, CorrectionRequest
from conviction_gate.contracts.internal.limits import MAX_MESSAGES_SHOWN, shortened
from conviction_gate.contracts.message import Message
from conviction_gate.contracts.signals import type_of
from conviction_gate.registry.cases import active_flag, lift, locked, write_result
from conviction_gate.registry.entries import Judge, RecordedCorrection
from conviction_gate.registry.history import ids_of, store_us_citizen
from conviction_gate.registry.tables import CaseRow, CorrectionRow

_ID_TAKEN = "message_id: another message was sent under it, with this sender or none; send it under a new one"


def correct(session: Session, request: CorrectionRequest, judge: Judge) -> Corrected:
    """Judge what arrived, once; the payload is kept whatever it says.

    Without a result where the case is open again: its run knows more than is kept here, and has to take it.
    """
    case_id = request.case_id
    # Locked first: the same request at the same time waits here, and then finds the answer.
    row = locked(session, case_id) if case_id else None
    before = session.get(CorrectionRow, request.correction_id)
    if before is not None:
        if case_id and before.payload != request.payload:  # another sender's, who took the id first
            return Corrected(result=CorrectionResult(outcome="unchanged", explanation=_ID_TAKEN))
        return _answer(before, row)
    judged = _judged(session, request, row, judge)
    if judged is None:
        return Corrected(result=None)
    withdrawn, explanation = judged
    kept = CorrectionRow(
        correction_id=request.correction_id,
        case_id=case_id,
        payload=request.payload,
        received_at=request.received_at,
        outcome="withdrawn" if withdrawn else "unchanged",
        explanation=explanation,
    )
    session.add(kept)
    session.flush()
    return _answer(kept, row)


def corrections(session: Session, case_id: str | None) -> tuple[RecordedCorrection, ...]:
    """Messages after the end of a case, or those that named no case (None), by time of arrival."""
    found = session.scalars(select(CorrectionRow).where(CorrectionRow.case_id == case_id))
    # Sorted here: a database server sorts text by the rules of its locale.
    return tuple(
        RecordedCorrection.model_validate(
            {name: getattr(row, name) for name in RecordedCorrection.model_fields}
        )
        for row in sorted(found, key=lambda row: (row.received_at, row.correction_id))
    )


def _judged(
    session: Session, request: CorrectionRequest, row: CaseRow | None, judge: Judge
) -> tuple[bool, str] | None:
    """Whether the flag was withdrawn, and why or why not; None where the case was reopened."""
    if request.rejection is not None:
        return False, request.rejection
    message = shortened(request.message)
    if row is None:
        return False, f"{request.case_id} has no record of an end; check the agency and tracking number"
    if any(m.key == message.key and m != message for m in (*row.facts.messages, *row.facts.replacements)):
        return False, "message_id: known of this sender with other content; send it under a new one"
    if not row.closed:
        return None
    judgement = judge(row.facts, row.result, message)
    if judgement.facts != row.facts and message not in row.facts.messages:
        row.facts = judgement.facts
        if request.by_door:
            row.facts = row.facts.model_copy(update={"by_door": (*row.facts.by_door, message.full_id)})
        row.view = _with_message(row.view, message, request, judgement.reason)
    store_us_citizen(session, ids_of(judgement.citizen), row.case_id, request.received_at)
    if not judgement.withdraw:
        return False, judgement.reason
    flag = active_flag(session, row.case_id)
    if flag is None:
        return False, "the case has no active flag"
    lift(
        flag,
        reason=judgement.reason,
        code=judgement.lift_code,
        by=request.correction_id,
        at=request.received_at,
    )
    said = {"outcome": "withdrawn", "explanation": judgement.reason}
    write_result(row, row.result.model_copy(update=said))
    row.closed = not judgement.reopens
    return True, judgement.reason


def _with_message(view: CaseView, message: Message, request: CorrectionRequest, effect: str) -> CaseView:
    shown = MessageView(
        message_id=message.message_id,
        sender=message.sender,
        type=type_of(message),
        received_at=request.received_at,
        effect=effect,
        by_door=request.by_door,
    )
    messages = (*view.messages, shown)[-MAX_MESSAGES_SHOWN:]
    total = view.messages_total + 1
    return view.model_copy(update={"messages": messages, "messages_total": total})


def _answer(correction: CorrectionRow, case: CaseRow | None) -> Corrected:
    """What a correction did; and the booking to start its case with, where the case is open again since."""
    result = CorrectionResult.model_validate(
        {"outcome": correction.outcome, "explanation": correction.explanation}
    )
    if case is None or case.closed or correction.outcome != "withdrawn":
        return Corrected(result=result)
    first = min(case.facts.bookings, key=lambda booking: booking.booked_at)
    return Corrected(result=result, reopened=first.model_dump_json())
