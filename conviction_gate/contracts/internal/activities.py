"""What workflows hand to activities and get back: the inside of the house, not for senders."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any, Literal, Self

from pydantic import (
    ModelWrapValidatorHandler,
    PrivateAttr,
    ValidationError,
    ValidationInfo,
    field_serializer,
    field_validator,
    model_validator,
)

from conviction_gate.contracts.booking import Offense, Subject
from conviction_gate.contracts.case import CaseResult, CaseView, CorrectionResult
from conviction_gate.contracts.fields import InternalModel, Model
from conviction_gate.contracts.history import History
from conviction_gate.contracts.internal.facts import ClassifiedOffense, Facts
from conviction_gate.contracts.message import Message
from conviction_gate.contracts.reading import read_typed

CHECK_HISTORY = "check_history"
CASE_INTERVALS = "case_intervals"
CLASSIFY_CHARGE = "classify_charge"
RECALL_CASE = "recall_case"
CHECK_DOCKET = "check_docket"
PERMIT_RULINGS = "permit_rulings"
FLAG_CASE = "flag_case"
CLEAR_CASE = "clear_case"
WITHDRAW_FLAG = "withdraw_flag"
CORRECT_FLAG = "correct_flag"

LiftCode = Literal["C", "D", "L", "N", "U"]
"""Why a flag was lifted, in NIEM's words (immigration domain, DetentionDetainerLiftCode)."""


class ActivityResult(Model):
    """What an activity answers. One that only a newer release can read says so, and nothing else."""

    _is_read: bool = PrivateAttr(default=True)

    @property
    def is_read(self) -> bool:
        """Whether the answer could be read; where it could not, it has no fields."""
        return self._is_read

    @model_validator(mode="wrap")
    @classmethod
    def _or_unread(
        cls, data: Any, read: ModelWrapValidatorHandler[Self], info: ValidationInfo
    ) -> "ActivityResult":
        try:
            return read(data)
        except ValidationError:
            if info.mode != "json":
                raise
            unread = cls.model_construct()
            unread._is_read = False
            return unread


class Intervals(InternalModel):
    """How long a case waits before it looks up again; recorded when it is asked for, so that a
    changed setting never disturbs a wait that has begun."""

    docket_check: timedelta = timedelta(days=90)
    docket_overdue: timedelta = timedelta(days=730)
    review_reminder: timedelta = timedelta(days=30)
    booking_overdue: timedelta = timedelta(days=60)


class HistoryRequest(Model):
    """Whose history, under every set of ids that bookings gave, and which offenses to place.

    `booked_on`: the day of the booking, at the jail; a code means what it meant then.
    """

    case_id: str
    agency: str
    subjects: tuple[Subject, ...]
    offenses: tuple[Offense, ...]
    booked_on: date | None = None


class EarlierRecord(InternalModel):
    """What the registry remembers of a case of this id. `outcome`: how it ended. `is_open`: a record
    without an end, since its flag was withdrawn or a person reopened it. `flags`: how many it had."""

    outcome: CaseResult | None = None
    is_open: bool = False
    flags: int = 0


class HistoryFound(ActivityResult, InternalModel):
    """`us_citizen`: a finding in the registry under any of the ids. `editions`: those that were released
    by then, by name; one that is released later takes no case that is open already."""

    history: History = History()
    us_citizen: bool = False
    placements: tuple[ClassifiedOffense, ...] = ()
    has_docket: bool = False
    intervals: Intervals = Intervals()
    earlier: EarlierRecord = EarlierRecord()
    editions: tuple[str, ...] = ()


class RecalledCase(Model):
    """What a case was made of before it was opened again."""

    case: CaseView
    facts: Facts


class OffensesToClassify(Model):
    """Offenses that came after the history was asked for, whose catalog places them, and the day of the
    booking."""

    agency: str
    offenses: tuple[Offense, ...]
    booked_on: date | None = None


class OffensesClassified(ActivityResult):
    """Their places in the catalog of that day."""

    placements: tuple[ClassifiedOffense, ...]


class DocketRequest(Model):
    """Whose docket to ask for."""

    agency: str
    tracking_number: str


class DocketFound(Model):
    """Messages as the court holds them, each a JSON text with its `type`; `asked`: there is a
    source to ask again. `intervals`: as they are set by now, for the waits that begin after this."""

    messages: tuple[str, ...] = ()
    asked: bool = True
    intervals: Intervals | None = None


class RulingsToPermit(Model):
    """Who ruled, where a ruling answered a question and waits for whether that person may."""

    reviewers: tuple[str, ...]


class RulingsPermitted(Model):
    """Those of them who may not rule."""

    refused: tuple[str, ...] = ()


class Conclusion(Model):
    """A case as it was decided: what the registry keeps when the server has forgotten the case.

    `number` counts the flags of one case from 1, so that a retried write is known as the same.
    """

    case: CaseView
    facts: Facts
    result: CaseResult
    number: int = 1

    @field_validator("facts")
    @classmethod
    def _is_whole(cls, facts: Facts) -> Facts:
        if not facts.is_whole:
            raise ValueError("a newer release wrote what this worker cannot read: its own worker has to write")
        return facts

    @field_serializer("case")
    def _without_defaults(self, case: CaseView) -> dict[str, Any]:
        return case.model_dump(mode="json", exclude_defaults=True)


class Concluded(ActivityResult, InternalModel):
    """What stands in the registry now; `result` null: what was to be written. `us_citizen`: the last
    look before a flag found a citizen, so that nothing was written."""

    result: CaseResult | None = None
    us_citizen: bool = False


class Withdrawal(Model):
    """A flag whose ground fell before its case closed. `ends`: nothing is left to wait for."""

    conclusion: Conclusion
    ends: bool
    reason: str
    lift_code: LiftCode
    withdrawn_at: datetime


@dataclass(frozen=True)
class Judgement:
    """What the rules answer to a message after the end: whether a flag is to be withdrawn, why, under
    which NIEM lift code, and the facts with the message."""

    withdraw: bool
    reason: str
    lift_code: LiftCode
    facts: Facts


class CorrectionRequest(Model):
    """A message after the end of a case. `correction_id`: the workflow id of its correction. `case_id`: null
    where it names no case. `payload`: the message with its case and its `type`; where it was rejected, the
    beginning of what arrived. `rejection`: why it is not taken."""

    correction_id: str
    case_id: str | None = None
    payload: str
    received_at: datetime
    rejection: str | None = None

    @cached_property
    def message(self) -> Message:
        """The message, of a request without a rejection.

        Raises:
            DoesNotFit: only a newer release knows it, whose worker has to take it.
        """
        return read_typed(self.payload)


class Corrected(Model):
    """What a correction did. `result` null: the case is open again, so its run has to take it."""

    result: CorrectionResult | None
