"""The list of flags, page by page, in the order in which they were written."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import and_, false, or_, select
from sqlalchemy.orm import Session

from conviction_gate.contracts.case import Flag, FlagStatus
from conviction_gate.registry.cases import as_flag
from conviction_gate.registry.tables import CaseRow, FlagRow


class FlagFilter(NamedTuple):
    """Which flags. `agencies`: beginnings of ORIs, one of which must fit; None: any. `since`: flagged then or
    later."""

    agencies: Sequence[str] | None = None
    agency: str | None = None
    status: FlagStatus | None = None
    since: datetime | None = None


class FlagPage(NamedTuple):
    """Flags by `flagged_at`. `next`: where the next page begins; None on the last one."""

    flags: tuple[Flag, ...]
    next: tuple[datetime, int] | None


def flags_page(session: Session, wanted: FlagFilter, size: int, after: tuple[datetime, int] | None) -> FlagPage:
    """At most so many flags after that place."""
    query = select(FlagRow, CaseRow.agency, CaseRow.tracking_number).join(
        CaseRow, CaseRow.case_id == FlagRow.case_id
    )
    if wanted.agencies is not None:
        query = query.where(or_(false(), *(CaseRow.agency.startswith(one) for one in wanted.agencies)))
    if wanted.agency is not None:
        query = query.where(CaseRow.agency == wanted.agency)
    if wanted.status is not None:
        query = query.where(FlagRow.status == wanted.status)
    if wanted.since is not None:
        query = query.where(FlagRow.flagged_at >= wanted.since)
    if after is not None:
        time, number = after
        same_time = and_(FlagRow.flagged_at == time, FlagRow.id > number)
        query = query.where(or_(FlagRow.flagged_at > time, same_time))
    rows = session.execute(query.order_by(FlagRow.flagged_at, FlagRow.id).limit(size + 1)).all()
    shown = rows[:size]
    last = shown[-1][0] if len(rows) > size else None
    return FlagPage(tuple(as_flag(*row) for row in shown), (last.flagged_at, last.id) if last else None)
