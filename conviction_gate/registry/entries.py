"""Types of the registry alone: what goes into it and comes out of it beside `contracts`."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from pydantic import Field, field_validator

from conviction_gate.contracts.case import CaseResult, CaseView, FlagStatus, Outcome
from conviction_gate.contracts.fields import Model, Ori, TrackingNumber
from conviction_gate.contracts.history import History
from conviction_gate.contracts.internal.activities import EarlierRecord, Judgement
from conviction_gate.contracts.internal.facts import Facts, Reopening
from conviction_gate.contracts.internal.refusal import RefusalReason
from conviction_gate.contracts.message import Message
from conviction_gate.contracts.reading import read_typed


class DocketEntry(Model):
    """A court's message, as JSON text with its `type`, and the case that it is for."""

    agency: Ori
    tracking_number: TrackingNumber
    message: str

    @field_validator("message")
    @classmethod
    def _fits(cls, text: str) -> str:
        read_typed(text)
        return text


@dataclass(frozen=True)
class Background:
    """What the registry holds when a case's run starts: of its subjects, of courts, and of the case itself."""

    history: History
    us_citizen: bool
    has_docket: bool
    earlier: EarlierRecord


class RecordedCase(Model):
    """A case as the registry stores it, longer than the server does, and for corrections.

    `case.flag_status`: of its latest flag. `closed` false: it had ended so, and was reopened or goes on since
    its flag was withdrawn.
    """

    case: CaseView
    facts: Facts
    result: CaseResult
    closed: bool = True


class RecordedCodes(Model):
    """The offense codes of a case as they were sent, and the day of its booking. `closed`: as in
    `RecordedCase`."""

    case_id: str
    closed: bool
    booked_on: date | None
    codes: frozenset[tuple[str, str]]


class CaseSummary(Model):
    """What a comparison needs of a case. `flags`: the status of each by its number. `reopened`: the time of
    each reopening, and when the end before it was decided. `closed`: as in `RecordedCase`."""

    case_id: str
    closed: bool
    outcome: Outcome
    decided_at: datetime
    flags: dict[int, FlagStatus] = Field(default_factory=dict)
    reopened: dict[datetime, datetime] = Field(default_factory=dict)


class RecordedCorrection(Model):
    """A message after the end, and what it did. `case_id` null: it named no case."""

    correction_id: str
    case_id: str | None
    payload: str
    received_at: datetime
    outcome: Literal["withdrawn", "unchanged"]
    explanation: str


Judge = Callable[[Facts, CaseResult, Message], Judgement]
"""`policy.judge`: whether the ground of a flag falls with one more message. Pure, since it is asked again
where another process has written the same case at the same time."""

Reopen = Callable[[Facts, CaseResult, Reopening, bool], Facts | RefusalReason]
"""`policy.reopen`: the facts of a case that is reopened, or why it stays closed. The last argument: whether
it has ended. Pure too."""
