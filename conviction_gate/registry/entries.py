"""What goes into the registry and comes out of it, where `contracts` has no word for it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
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
    """A message of the contract as a court holds it: JSON text with its `type`, and its case."""

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
    """What the registry holds on the day a case begins: of its subjects, of courts, and of the case itself."""

    history: History
    us_citizen: bool
    has_docket: bool
    earlier: EarlierRecord


class RecordedCase(Model):
    """A case as the registry keeps it: when the server has forgotten it, and for corrections.

    `case.flag_status` tells whether its flag still stands. `closed` false: it ended so, and is open again.
    """

    case: CaseView
    facts: Facts
    result: CaseResult
    closed: bool = True


class CaseSummary(Model):
    """Where a case stands. `flags`: each by its number; `reopened`: each time a person opened it again,
    with when the end was decided that had stood until then. `closed` false: as in `RecordedCase`."""

    case_id: str
    closed: bool
    outcome: Outcome
    decided_at: datetime
    flags: dict[int, FlagStatus] = Field(default_factory=dict)
    reopened: dict[datetime, datetime] = Field(default_factory=dict)


class RecordedCorrection(Model):
    """What came after the end. `case_id` null: it named no case that can be read."""

    correction_id: str
    case_id: str | None
    payload: str
    received_at: datetime
    outcome: Literal["withdrawn", "unchanged"]
    explanation: str


JudgeRule = Callable[[Facts, CaseResult, Message], Judgement]
"""`policy.judge`: whether a message after the end takes the ground from a flag. Pure, for it may be asked
twice where another process wrote the same case at the same time."""

ReopenRule = Callable[[Facts, CaseResult, Reopening, bool], Facts | RefusalReason]
"""`policy.reopen`: the facts of a case that is reopened, or why it stays closed; the last argument tells
whether it has ended. Pure too."""
