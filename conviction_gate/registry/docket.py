"""Docket entries: the court's messages, for cases that wait for them."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session
from sqlalchemy.sql.expression import bindparam

from conviction_gate.contracts.reading import read_typed
from conviction_gate.registry.entries import DocketEntry
from conviction_gate.registry.tables import DocketRow

_ANY = select(select(DocketRow.agency).exists())
_KEY = (DocketRow.agency, DocketRow.tracking_number, DocketRow.sender, DocketRow.message_id)


def import_docket(session: Session, entries: Sequence[DocketEntry]) -> int:
    """Store entries; the last one of a case, sender and message id replaces what was there."""
    keyed = {tuple(row[column.key] for column in _KEY): row for row in map(_row, entries)}
    # In one order, so that two imports cannot deadlock.
    rows = [keyed[key] for key in sorted(keyed)]
    if not rows:
        return 0
    connection = session.connection()
    replaced = delete(DocketRow).where(*(column == bindparam(f"the_{column.key}") for column in _KEY))
    connection.execute(
        replaced,
        [{f"the_{column.key}": row[column.key] for column in _KEY} for row in rows],
    )
    connection.execute(insert(DocketRow), rows)
    return len(rows)


def docket(session: Session, agency: str, tracking_number: str) -> tuple[str, ...]:
    """The messages of one case, as JSON texts, by sender and message id."""
    entries = select(DocketRow.sender, DocketRow.message_id, DocketRow.message).where(
        DocketRow.agency == agency, DocketRow.tracking_number == tracking_number
    )
    # Sorted here: a database server sorts text by the rules of its locale.
    return tuple(message for _, _, message in sorted(session.execute(entries)))


def has_docket(session: Session) -> bool:
    """Whether there is any entry."""
    return bool(session.scalar(_ANY))


def _row(entry: DocketEntry) -> dict[str, Any]:
    sender, message_id = read_typed(entry.message).key
    return {**entry.model_dump(), "sender": sender, "message_id": message_id}
