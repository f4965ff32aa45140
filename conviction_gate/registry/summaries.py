"""Many cases at once, as a comparison with the server's histories needs them."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from conviction_gate.registry.entries import CaseSummary, RecordedCodes
from conviction_gate.registry.tables import CaseRow, CorrectionRow, FlagRow, ReopeningRow


def case_summaries(session: Session, case_ids: Collection[str]) -> dict[str, CaseSummary]:
    """The summary of each of these cases that is on record, by id."""
    cases = session.execute(
        select(CaseRow.case_id, CaseRow.closed, CaseRow.outcome, CaseRow.decided_at).where(
            CaseRow.case_id.in_(case_ids)
        )
    )
    found = {
        row.case_id: CaseSummary(
            case_id=row.case_id, closed=row.closed, outcome=row.outcome, decided_at=row.decided_at
        )
        for row in cases
    }
    flags = select(FlagRow.case_id, FlagRow.number, FlagRow.status).where(FlagRow.case_id.in_(found))
    for flag in session.execute(flags):
        found[flag.case_id].flags[flag.number] = flag.status
    reopenings = select(ReopeningRow).where(ReopeningRow.case_id.in_(found))
    for reopening in session.scalars(reopenings):
        found[reopening.case_id].reopened[reopening.reopened_at] = reopening.result.decided_at
    return found


def ids_decided_since(session: Session, since: datetime, after: str, most: int) -> list[str]:
    """Ids, at most so many and in order after `after`, of cases without an end or decided since then."""
    wanted = or_(CaseRow.decided_at >= since, CaseRow.closed.is_(False))
    found = select(CaseRow.case_id).where(wanted, CaseRow.case_id > after).order_by(CaseRow.case_id).limit(most)
    return [*session.scalars(found)]


def recorded_codes(session: Session, after: str, most: int) -> list[RecordedCodes]:
    """The offense codes of cases, at most so many and by id in order after `after`."""
    found = select(CaseRow.case_id, CaseRow.closed, CaseRow.facts).where(CaseRow.case_id > after)
    rows = session.execute(found.order_by(CaseRow.case_id).limit(most))
    return [
        RecordedCodes(
            case_id=row.case_id,
            closed=row.closed,
            booked_on=min((booking.booked_at.date() for booking in row.facts.bookings), default=None),
            codes=frozenset((offense.scheme, offense.code) for offense in row.facts.placements),
        )
        for row in rows
    ]


def recorded_corrections(session: Session, ids: Collection[str]) -> set[str]:
    """Those of these corrections that are on record."""
    found = select(CorrectionRow.correction_id).where(CorrectionRow.correction_id.in_(ids))
    return {*session.scalars(found)}
