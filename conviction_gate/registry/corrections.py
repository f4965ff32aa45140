"""Messages after the end of a case: stored as they arrived, applied once, and answered the same each time."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from conviction_gate.contracts.case import CaseView, CorrectionResult, MessageView
from conviction_gate.contracts.court import Correction, SubjectFinding
from conviction_gate.contracts.internal.activities import CorrectionRequest
from conviction_gate.contracts.internal.limits import MAX_MESSAGES_SHOWN, shortened
from conviction_gate.contracts.message import Message
from conviction_gate.contracts.signals import type_of
from conviction_gate.registry.cases import active_flag, lift, locked, write_result
from conviction_gate.registry.entries import JudgeRule, RecordedCorrection
from conviction_gate.registry.history import store_us_citizen
from conviction_gate.registry.tables import CaseRow, CorrectionRow


def correct(session: Session, request: CorrectionRequest, judge: JudgeRule) -> CorrectionResult | None:
    """Apply a message once; its payload is stored in any case.

    None where the case was reopened: its run has newer facts, and has to take the message.
    """
    case_id = request.case_id
    # Locked first: the same request at the same time waits here, and then finds the answer.
    row = locked(session, case_id) if case_id else None
    before = session.get(CorrectionRow, request.correction_id)
    if before is not None:
        return _answer(before)
    judged = _judged(session, request, row, judge)
    if judged is None:
        return None
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
    return _answer(kept)


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
    session: Session, request: CorrectionRequest, row: CaseRow | None, judge: JudgeRule
) -> tuple[bool, str] | None:
    """Whether the flag was withdrawn, and why or why not; None where the case was reopened."""
    if request.rejection is not None:
        return False, request.rejection
    message = shortened(request.message)
    if row is None:
        return False, f"{request.case_id} has no end on record; check the agency and the tracking number"
    if any(m.key == message.key and m != message for m in row.facts.messages):
        return False, "message_id: this sender has used it for another message; send this one under a new id"
    if _reports_us_citizen(message):
        store_us_citizen(session, row.facts, row.case_id, request.received_at)
    if not row.closed:
        return None
    judgement = judge(row.facts, row.result, message)
    if judgement.facts != row.facts and message not in row.facts.messages:
        row.facts = judgement.facts
        row.view = _with_message(row.view, message, request, judgement.reason)
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
    _withdraw(row, judgement.reason)
    return True, judgement.reason


def _withdraw(row: CaseRow, reason: str) -> None:
    update = {"outcome": "withdrawn", "explanation": reason}
    write_result(row, row.result.model_copy(update=update))


def _with_message(view: CaseView, message: Message, request: CorrectionRequest, effect: str) -> CaseView:
    shown = MessageView(
        message_id=message.message_id,
        sender=message.sender,
        type=type_of(message),
        received_at=request.received_at,
        effect=effect,
    )
    messages = (*view.messages, shown)[-MAX_MESSAGES_SHOWN:]
    total = view.messages_total + 1
    return view.model_copy(update={"messages": messages, "messages_total": total})


def _answer(row: CorrectionRow) -> CorrectionResult:
    return CorrectionResult.model_validate({"outcome": row.outcome, "explanation": row.explanation})


def _reports_us_citizen(message: Message) -> bool:
    match message:
        case SubjectFinding(finding="us_citizen") | Correction(ground="us_citizen"):
            return True
        case _:
            return False
