"""Outcomes of cases: flags, clearances, and flags whose ground no longer held when the case closed.

Each function is the work of one transaction, and returns the outcome on record when it is repeated.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from conviction_gate.contracts.booking import Subject
from conviction_gate.contracts.case import CaseResult, Flag, FlagStatus
from conviction_gate.contracts.internal.activities import (
    Concluded,
    Conclusion,
    EarlierRecord,
    LiftCode,
    Withdrawal,
)
from conviction_gate.registry.docket import has_docket
from conviction_gate.registry.entries import Background, RecordedCase
from conviction_gate.registry.history import history, ids_of, is_us_citizen, store_us_citizen
from conviction_gate.registry.tables import ACTIVE, WITHDRAWN, CaseRow, FlagRow


def outcome(session: Session, case_id: str) -> CaseResult | None:
    """How the case ended; None where it has not, or where its flag was withdrawn and its run continues."""
    row = session.get(CaseRow, case_id)
    return row.result if row is not None and row.closed else None


def earlier(session: Session, case_id: str) -> EarlierRecord:
    """What the registry holds of a case of this id when its run starts."""
    row = session.get(CaseRow, case_id)
    if row is None:
        return EarlierRecord()
    flags = select(func.count()).select_from(FlagRow).where(FlagRow.case_id == case_id)
    return EarlierRecord(
        outcome=row.result if row.closed else None,
        is_open=not row.closed,
        flags=session.scalar(flags) or 0,
    )


def background(session: Session, subjects: Sequence[Subject], case_id: str) -> Background:
    """All that a case needs from the registry when its run starts."""
    return Background(
        history=history(session, subjects),
        us_citizen=is_us_citizen(session, ids_of(subjects), case_id),
        has_docket=has_docket(session),
        earlier=earlier(session, case_id),
    )


def recorded_case(session: Session, case_id: str) -> RecordedCase | None:
    """The case as it was last written, with the status of its latest flag."""
    row = session.get(CaseRow, case_id)
    return None if row is None else record_of(session, row)


def flag(session: Session, conclusion: Conclusion, *, check_citizenship: bool) -> Concluded:
    """Write a flag, unless an outcome is on record or the subject is a known US citizen.

    A finding that another transaction writes at the same time counts as written afterwards.
    """
    case_id = conclusion.case.case_id
    row = locked(session, case_id)
    if row is not None and (row.closed or _numbered(session, conclusion) is not None):
        _add_late_messages(session, row, conclusion)
        return Concluded(result=row.result)
    considered = conclusion.facts.us_citizen  # a person has ruled on it since
    if check_citizenship and not considered and is_us_citizen(session, ids_of(conclusion.subjects), case_id):
        return Concluded(result=None, us_citizen=True)
    _record(session, row, conclusion, conclusion.result, closed=True)
    result = conclusion.result
    session.add(
        FlagRow(
            case_id=case_id,
            number=conclusion.number,
            status=ACTIVE,
            rule=result.rule,
            explanation=result.explanation,
            policy_edition=result.policy_edition,
            grounds=result.grounds,
            flagged_at=result.decided_at,
        )
    )
    session.flush()
    return Concluded(result=result)


def clear(session: Session, conclusion: Conclusion) -> Concluded:
    """Write the end of a case without a flag, or with one that was withdrawn before."""
    row = locked(session, conclusion.case.case_id)
    if row is not None and row.closed:
        _add_late_messages(session, row, conclusion)
        if conclusion.citizen:  # known, whatever stands of this case
            _store_finding(session, conclusion)
        return Concluded(result=row.result)
    _record(session, row, conclusion, conclusion.result, closed=True)
    return Concluded(result=conclusion.result)


def withdraw(session: Session, withdrawal: Withdrawal) -> Concluded:
    """Withdraw the flag of the conclusion's number if it is active; else change nothing."""
    conclusion = withdrawal.conclusion
    row = locked(session, conclusion.case.case_id)
    if row is None:
        return Concluded(result=None)
    flag = _numbered(session, conclusion)
    if flag is None or flag.status != ACTIVE:
        _add_late_messages(session, row, conclusion)
        return Concluded(result=row.result)
    lift(
        flag,
        reason=withdrawal.reason,
        code=withdrawal.lift_code,
        by=conclusion.case.case_id,
        at=withdrawal.withdrawn_at,
    )
    result = conclusion.result.model_copy(update={"outcome": "withdrawn"})
    _record(session, row, conclusion, result, closed=withdrawal.ends)
    return Concluded(result=result)


def flags(session: Session) -> tuple[Flag, ...]:
    """Every flag, by the time of its decision."""
    found = (
        select(FlagRow, CaseRow.agency, CaseRow.tracking_number)
        .join(CaseRow, CaseRow.case_id == FlagRow.case_id)
        .order_by(FlagRow.flagged_at, FlagRow.id)
    )
    return tuple(as_flag(*row) for row in session.execute(found))


def as_flag(row: FlagRow, agency: str, tracking_number: str) -> Flag:
    """A flag as the contract has it."""
    fields = {name: getattr(row, name) for name in _FLAG_FIELDS}
    return Flag.model_validate({"agency": agency, "tracking_number": tracking_number, **fields})


def flagged_cases(session: Session, subjects: Sequence[Subject]) -> tuple[str, ...]:
    """Cases with an active flag whose bookings name any of these ids."""
    ids = ids_of(subjects)
    found = select(CaseRow).join(FlagRow, FlagRow.case_id == CaseRow.case_id).where(FlagRow.status == ACTIVE)
    return tuple(
        row.case_id
        for row in session.scalars(found.order_by(CaseRow.case_id).execution_options(yield_per=500))
        if ids & ids_of(booking.subject for booking in row.facts.bookings)
    )


_FLAG_FIELDS = Flag.model_fields.keys() - {"agency", "tracking_number"}


def locked(session: Session, case_id: str) -> CaseRow | None:
    """The case's row, locked until the transaction ends.

    It is locked before anything is written, so that two writers cannot deadlock.
    """
    return session.get(CaseRow, case_id, with_for_update=True)


def active_flag(session: Session, case_id: str) -> FlagRow | None:
    """The active flag; a unique index allows one at most."""
    found = select(FlagRow).where(FlagRow.case_id == case_id, FlagRow.status == ACTIVE)
    return session.scalars(found).one_or_none()


def lift(flag: FlagRow, *, reason: str, code: LiftCode, by: str, at: datetime) -> None:
    """Withdraw a flag; its row stays, with when, why and by whom."""
    flag.status = WITHDRAWN
    flag.withdrawn_at, flag.withdrawn_by = at, by
    flag.withdrawn_reason, flag.lift_code = reason, code


def record_of(session: Session, row: CaseRow) -> RecordedCase:
    """What the row says, with the status of the latest flag."""
    statuses = set(session.scalars(select(FlagRow.status).where(FlagRow.case_id == row.case_id)))
    status: FlagStatus | None = None
    if statuses:
        status = "active" if ACTIVE in statuses else "withdrawn"
    view = row.view.model_copy(update={"flag_status": status})
    return RecordedCase(case=view, facts=row.facts, result=row.result, closed=row.closed)


def _numbered(session: Session, conclusion: Conclusion) -> FlagRow | None:
    found = select(FlagRow).where(
        FlagRow.case_id == conclusion.case.case_id, FlagRow.number == conclusion.number
    )
    return session.scalars(found).one_or_none()


def _record(
    session: Session,
    row: CaseRow | None,
    conclusion: Conclusion,
    result: CaseResult,
    *,
    closed: bool,
) -> None:
    case = conclusion.case
    is_new = row is None
    if row is None:
        row = CaseRow(case_id=case.case_id, agency=case.agency, tracking_number=case.tracking_number)
    row.view, row.facts = case, conclusion.facts
    write_result(row, result)
    row.closed = closed
    session.add(row)
    session.flush()
    _store_finding(session, conclusion, is_new=is_new)


def _add_late_messages(session: Session, row: CaseRow, conclusion: Conclusion) -> None:
    """Keep what arrived while this very outcome was being written; a late retry brings nothing new."""
    same = row.result == conclusion.result
    if same and conclusion.case.messages_total > row.view.messages_total:
        row.view, row.facts = conclusion.case, conclusion.facts
        _store_finding(session, conclusion)


def write_result(row: CaseRow, result: CaseResult) -> None:
    """Set the result, and the columns that repeat its fields."""
    row.result = result
    row.outcome, row.rule, row.decided_at = result.outcome, result.rule, result.decided_at


def _store_finding(session: Session, conclusion: Conclusion, *, is_new: bool = False) -> None:
    """Keep what this case found of its subject, for other cases; or take back what it had found before."""
    ids, case_id = ids_of(conclusion.citizen), conclusion.case.case_id
    if ids or not is_new:
        store_us_citizen(session, ids, case_id, conclusion.result.decided_at)
