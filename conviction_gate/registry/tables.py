"""The tables. `migrations/` creates them; a test compares the two.

A person appears as ids only. Cases are stored as the models of `contracts`; the other columns repeat what is
searched, or what an index constrains.
"""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, MetaData, UniqueConstraint, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from conviction_gate.contracts.case import CaseResult, CaseView
from conviction_gate.contracts.history import HistoryAnswer
from conviction_gate.contracts.internal.facts import Facts
from conviction_gate.registry.columns import AnyText, AsJson, Instant

ACTIVE = "active"
WITHDRAWN = "withdrawn"


class Base(DeclarativeBase):
    """Constraints have names, so that a later migration can refer to them on any database."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {str: AnyText, datetime: Instant}  # noqa: RUF012


class HistoryRow(Base):
    """A source's answer for one set of ids. `ids`: that set as JSON, which is the primary key."""

    __tablename__ = "history_rows"

    ids: Mapped[str] = mapped_column(primary_key=True)
    us_citizen: Mapped[bool]
    answer: Mapped[HistoryAnswer] = mapped_column(AsJson(HistoryAnswer))


class HistoryId(Base):
    """One id and a row that it leads to. An id of two rows is a conflict."""

    __tablename__ = "history_ids"

    kind: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str] = mapped_column(primary_key=True)
    ids: Mapped[str] = mapped_column(
        ForeignKey(HistoryRow.ids, ondelete="CASCADE"), primary_key=True, index=True
    )


class DocketRow(Base):
    """A court's message: JSON text with its `type`."""

    __tablename__ = "docket_entries"

    agency: Mapped[str] = mapped_column(primary_key=True)
    tracking_number: Mapped[str] = mapped_column(primary_key=True)
    sender: Mapped[str] = mapped_column(primary_key=True)
    message_id: Mapped[str] = mapped_column(primary_key=True)
    message: Mapped[str]


class CitizenRow(Base):
    """A finding of a case that whoever has this id is a US citizen; gone where the case takes it back."""

    __tablename__ = "citizen_findings"

    kind: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str] = mapped_column(primary_key=True)
    case_id: Mapped[str] = mapped_column(primary_key=True, index=True)
    found_at: Mapped[datetime]


class CaseRow(Base):
    """A case as it ended. `closed` false: it goes on, since its flag was withdrawn or a person reopened it."""

    __tablename__ = "cases"

    case_id: Mapped[str] = mapped_column(primary_key=True)
    agency: Mapped[str]
    tracking_number: Mapped[str]
    outcome: Mapped[str]
    rule: Mapped[str]
    decided_at: Mapped[datetime]
    closed: Mapped[bool]
    result: Mapped[CaseResult] = mapped_column(AsJson(CaseResult))
    view: Mapped[CaseView] = mapped_column(AsJson(CaseView))
    facts: Mapped[Facts] = mapped_column(AsJson(Facts))


class FlagRow(Base):
    """A flag. The index allows a case one active flag at most, whatever the code does."""

    __tablename__ = "flags"
    __table_args__ = (
        UniqueConstraint("case_id", "number"),
        Index(
            "one_active_flag",
            "case_id",
            unique=True,
            sqlite_where=text(f"status = '{ACTIVE}'"),
            postgresql_where=text(f"status = '{ACTIVE}'"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey(CaseRow.case_id))
    number: Mapped[int]
    status: Mapped[str]
    rule: Mapped[str]
    explanation: Mapped[str]
    policy_edition: Mapped[str]
    grounds: Mapped[tuple[str, ...]] = mapped_column(AsJson(tuple[str, ...]))
    flagged_at: Mapped[datetime] = mapped_column(index=True)
    withdrawn_at: Mapped[datetime | None]
    withdrawn_reason: Mapped[str | None]
    withdrawn_by: Mapped[str | None]
    lift_code: Mapped[str | None]


class ReopeningRow(Base):
    """A person reopened a case: who, when, why, and the result until then."""

    __tablename__ = "reopenings"

    case_id: Mapped[str] = mapped_column(ForeignKey(CaseRow.case_id), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    reopened_by: Mapped[str]
    reopened_at: Mapped[datetime]
    reason: Mapped[str]
    result: Mapped[CaseResult] = mapped_column(AsJson(CaseResult))


class CorrectionRow(Base):
    """A message after the end of a case, as it arrived, and what it did."""

    __tablename__ = "corrections"

    correction_id: Mapped[str] = mapped_column(primary_key=True)
    case_id: Mapped[str | None] = mapped_column(index=True)
    payload: Mapped[str]
    received_at: Mapped[datetime]
    outcome: Mapped[str]
    explanation: Mapped[str]
