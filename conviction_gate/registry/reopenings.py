"""A case that a person reopened: its end stays on record, and it goes on."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from conviction_gate.contracts.internal.facts import Reopening
from conviction_gate.contracts.internal.refusal import RefusalReason
from conviction_gate.registry.cases import locked, record_of
from conviction_gate.registry.entries import RecordedCase, Reopen
from conviction_gate.registry.tables import ReopeningRow


def reopen(session: Session, case_id: str, reopening: Reopening, rule: Reopen) -> RecordedCase | RefusalReason:
    """Reopen an ended case, or once more one whose run was lost: each time is on record.

    Returns the case as it is then; or, where it stays closed, why.
    """
    row = locked(session, case_id)
    if row is None:
        return RefusalReason("the registry has no end of it")
    facts = rule(row.facts, row.result, reopening, row.closed)
    if isinstance(facts, RefusalReason):
        return facts
    count = select(func.count()).select_from(ReopeningRow).where(ReopeningRow.case_id == case_id)
    session.add(
        ReopeningRow(
            case_id=case_id,
            number=(session.scalar(count) or 0) + 1,
            reopened_by=reopening.by,
            reopened_at=reopening.reopened_at,
            reason=reopening.reason,
            result=row.result,
        )
    )
    row.facts, row.closed = facts, False
    session.flush()
    return record_of(session, row)
