"""Criminal history by id, and findings of US citizenship."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import lru_cache

from sqlalchemy import ColumnElement, Select, and_, bindparam, delete, false, func, insert, or_, select
from sqlalchemy.orm import Session

from conviction_gate.contracts.booking import Subject
from conviction_gate.contracts.history import History, HistoryAnswer
from conviction_gate.registry.tables import CitizenRow, HistoryId, HistoryRow

Ids = set[tuple[str, str]]


def ids_of(subjects: Iterable[Subject]) -> Ids:
    """Every id of every subject, as (kind, value)."""
    return {pair for subject in subjects for pair in subject.ids.items()}


def import_history(session: Session, answers: Sequence[HistoryAnswer]) -> int:
    """Store answers; the last one for a set of ids replaces what was there for that same set."""
    named = {_name(answer.subject): answer for answer in answers}
    # In one order, so that two imports cannot deadlock.
    rows = {name: named[name] for name in sorted(named)}
    if not rows:
        return 0
    connection = session.connection()
    replaced = delete(HistoryRow).where(HistoryRow.ids == bindparam("name"))
    connection.execute(replaced, [{"name": name} for name in rows])
    connection.execute(
        insert(HistoryRow),
        [{"ids": name, "us_citizen": answer.us_citizen, "answer": answer} for name, answer in rows.items()],
    )
    connection.execute(
        insert(HistoryId),
        [
            {"kind": kind, "value": value, "ids": name}
            for name, answer in rows.items()
            for kind, value in answer.subject.ids.items()
        ],
    )
    return len(rows)


def history(session: Session, subjects: Sequence[Subject]) -> History:
    """The rows that any of the ids leads to, merged. More than one row: it is unclear whose they are."""
    kinds, values = by_kind(ids_of(subjects))
    # Sorted here: a database server sorts text by the rules of its locale.
    rows = sorted(session.scalars(_rows(kinds), values), key=lambda row: row.ids)
    answers = [row.answer for row in rows]
    return History(
        records=tuple(record for answer in answers for record in answer.records),
        priorities=tuple(priority for answer in answers for priority in answer.priorities),
        us_citizen=any(answer.us_citizen for answer in answers),
        conflicting=len(answers) > 1,
    )


def size(session: Session) -> int:
    """How many rows there are."""
    return session.scalar(select(func.count()).select_from(HistoryRow)) or 0


def is_us_citizen(session: Session, ids: Ids, case_id: str) -> bool:
    """Whether a finding of any other case, or a history row, says so of any of these ids.

    What a case found itself stands in its own facts, or was corrected there.
    """
    kinds, values = by_kind(ids)
    return bool(session.scalar(_is_citizen(kinds), values | {"case_id": case_id}))


def store_us_citizen(session: Session, ids: Ids, case_id: str, found_at: datetime) -> None:
    """Keep the case's finding under these ids, and under no other: none, where it has none any more."""
    found = select(CitizenRow).where(CitizenRow.case_id == case_id)
    before = {(row.kind, row.value): row for row in session.scalars(found)}
    for id in sorted(before.keys() - ids):
        session.delete(before[id])
    session.add_all(
        CitizenRow(kind=kind, value=value, case_id=case_id, found_at=found_at)
        for kind, value in sorted(ids - before.keys())
    )
    session.flush()


Kinds = tuple[str, ...]


def by_kind(ids: Ids) -> tuple[Kinds, dict[str, list[str]]]:
    """The kinds of these ids, and the values of each kind by its number, as `_among` binds them."""
    values: dict[str, list[str]] = {}
    for kind, value in sorted(ids):
        values.setdefault(kind, []).append(value)
    return tuple(values), {str(number): of_kind for number, of_kind in enumerate(values.values())}


# Cached: building a statement costs more than running it, and there are a handful of kinds.
@lru_cache
def _rows(kinds: Kinds) -> Select[HistoryRow]:
    return select(HistoryRow).where(HistoryRow.ids.in_(led_to(kinds)))


@lru_cache
def _is_citizen(kinds: Kinds) -> Select[bool]:
    finding = select(CitizenRow.kind).where(
        _among(CitizenRow, kinds), CitizenRow.case_id != bindparam("case_id")
    )
    row = select(HistoryRow.ids).where(HistoryRow.us_citizen, HistoryRow.ids.in_(led_to(kinds)))
    return select(or_(finding.exists(), row.exists()))


def led_to(kinds: Kinds) -> Select[str]:
    """The names of the rows that ids lead to."""
    return select(HistoryId.ids).where(_among(HistoryId, kinds))


def _among(table: type[CitizenRow | HistoryId], kinds: Kinds) -> ColumnElement[bool]:
    # Kind by kind: SQLite uses no index for pairs in a list of pairs.
    each = (
        and_(table.kind == kind, table.value.in_(bindparam(str(number), expanding=True)))
        for number, kind in enumerate(kinds)
    )
    return or_(false(), *each)


def _name(subject: Subject) -> str:
    return json.dumps(subject.ids, sort_keys=True, ensure_ascii=False)
