"""Criminal history by id, and who is a US citizen."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, bindparam, delete, false, func, insert, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from contracts.booking import Subject
from contracts.facts import Facts
from contracts.history import History, HistoryAnswer
from registry.tables import CitizenRow, HistoryId, HistoryRow

Ids = set[tuple[str, str]]


def ids_of(subjects: Iterable[Subject]) -> Ids:
    """Every id of every subject, as (kind, value)."""
    return {pair for subject in subjects for pair in subject.ids.items()}


async def import_history(session: AsyncSession, answers: Sequence[HistoryAnswer]) -> int:
    """Store answers; the last one for a set of ids replaces what was there for that same set."""
    named = {_name(answer.subject): answer for answer in answers}
    # In one order, so that no two imports wait for each other.
    rows = {name: named[name] for name in sorted(named)}
    if not rows:
        return 0
    connection = await session.connection()
    replaced = delete(HistoryRow).where(HistoryRow.ids == bindparam("name"))
    await connection.execute(replaced, [{"name": name} for name in rows])
    await connection.execute(
        insert(HistoryRow),
        [{"ids": name, "us_citizen": answer.us_citizen, "answer": answer} for name, answer in rows.items()],
    )
    await connection.execute(
        insert(HistoryId),
        [
            {"kind": kind, "value": value, "ids": name}
            for name, answer in rows.items()
            for kind, value in answer.subject.ids.items()
        ],
    )
    return len(rows)


async def history(session: AsyncSession, subjects: Sequence[Subject]) -> History:
    """All rows that any id leads to, merged. More than one row: nobody can say whose it is."""
    found = select(HistoryRow).where(HistoryRow.ids.in_(led_to(ids_of(subjects))))
    # Sorted here: a server sorts texts by the rules of some language.
    rows = sorted(await session.scalars(found), key=lambda row: row.ids)
    answers = [row.answer for row in rows]
    return History(
        records=tuple(record for answer in answers for record in answer.records),
        priorities=tuple(priority for answer in answers for priority in answer.priorities),
        us_citizen=any(answer.us_citizen for answer in answers),
        conflicting=len(answers) > 1,
    )


async def size(session: AsyncSession) -> int:
    """How many rows there are."""
    return await session.scalar(select(func.count()).select_from(HistoryRow)) or 0


async def is_us_citizen(session: AsyncSession, ids: Ids) -> bool:
    """Whether a finding of any case, or a history row, says so of any of these ids."""
    finding = select(CitizenRow.kind).where(_among(CitizenRow, ids))
    row = select(HistoryRow.ids).where(HistoryRow.us_citizen, HistoryRow.ids.in_(led_to(ids)))
    return bool(await session.scalar(select(or_(finding.exists(), row.exists()))))


async def keep_us_citizen(session: AsyncSession, facts: Facts, case_id: str, found_at: datetime) -> None:
    """Keep a finding under every id of the case's bookings; the first one stays."""
    ids = ids_of(booking.subject for booking in facts.bookings)
    known = select(CitizenRow.kind, CitizenRow.value).where(_among(CitizenRow, ids))
    new = ids - {(kind, value) for kind, value in await session.execute(known)}
    session.add_all(
        CitizenRow(kind=kind, value=value, case_id=case_id, found_at=found_at) for kind, value in sorted(new)
    )
    await session.flush()


def led_to(ids: Ids) -> Select[str]:
    """The names of the rows that these ids lead to."""
    return select(HistoryId.ids).where(_among(HistoryId, ids))


def _among(table: type[CitizenRow | HistoryId], ids: Ids) -> ColumnElement[bool]:
    # Kind by kind: SQLite uses no index for pairs in a list of pairs.
    by_kind: dict[str, list[str]] = {}
    for kind, value in sorted(ids):
        by_kind.setdefault(kind, []).append(value)
    each = (and_(table.kind == kind, table.value.in_(values)) for kind, values in by_kind.items())
    return or_(false(), *each)


def _name(subject: Subject) -> str:
    return json.dumps(subject.ids, sort_keys=True, ensure_ascii=False)
