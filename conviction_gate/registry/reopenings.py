"""A case that a person opened again: its end is kept, and it goes on."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from conviction_gate.registry.cases import as_kept, locked
from conviction_gate.registry.entries import OpenAgain, RecordedCase
from conviction_gate.registry.tables import ReopeningRow


def reopen(
    session: Session, case_id: str, by: str, reason: str, at: datetime, open_again: OpenAgain
) -> RecordedCase | str:
    """Open an ended case again, or once more one whose run was lost: each time is on record.

    Returns the case as it stands then; or, where it stays closed, why.
    """
    row = locked(session, case_id)
    if row is None:
        return "the registry has no end of it"
    facts = open_again(as_kept(session, row))
    if isinstance(facts, str):
        return facts
    count = select(func.count()).select_from(ReopeningRow).where(ReopeningRow.case_id == case_id)
    session.add(
        ReopeningRow(
            case_id=case_id,
            number=(session.scalar(count) or 0) + 1,
            reopened_by=by,
            reopened_at=at,
            reason=reason,
            result=row.result,
        )
    )
    row.facts, row.closed = facts, False
    session.flush()
    return as_kept(session, row)
