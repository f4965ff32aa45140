"""What workflows pass to activities and get back. No sender sees it."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any, Literal, Self, cast

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
from conviction_gate.contracts.internal.facts import ClassifiedOffense, Facts, OffenseOfRecord
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
    """What an activity returns. One that only a newer release can read has `is_read` false and no fields."""

    _is_read: bool = PrivateAttr(default=True)

    @property
    def is_read(self) -> bool:
        """Whether this release could read it."""
        return self._is_read

    @model_validator(mode="wrap")
    @classmethod
    def _or_unread(cls, data: Any, read: ModelWrapValidatorHandler[Self], info: ValidationInfo) -> Self:
        try:
            return read(data)
        except ValidationError:
            if info.mode != "json":
                raise
            unread = cast("Self", cls.model_construct())
            unread._is_read = False
            return unread


class Intervals(InternalModel):
    """How long a case waits for each thing. It is recorded when the wait begins, which a setting that is
    changed later does not affect."""

    docket_check: timedelta = timedelta(days=90)
    docket_overdue: timedelta = timedelta(days=730)
    review_reminder: timedelta = timedelta(days=30)
    booking_overdue: timedelta = timedelta(days=60)
    unknown_charge: timedelta = timedelta(days=3)


class HistoryRequest(Model):
    """The subjects whose history is asked for, one for each set of ids that a booking gave, and the offenses
    to classify.

    `booked_on`: the day of the booking, at the jail; a code is classified by what it meant then.
    """

    case_id: str
    agency: str
    subjects: tuple[Subject, ...]
    offenses: tuple[OffenseOfRecord | Offense, ...]
    booked_on: date | None = None


class EarlierRecord(InternalModel):
    """What the registry holds of a case of this id. `outcome`: how it ended. `is_open`: it has no end, since
    its flag was withdrawn or a person reopened it. `flags`: how many it has had."""

    outcome: CaseResult | None = None
    is_open: bool = False
    flags: int = 0


class HistoryFound(ActivityResult, InternalModel):
    """`us_citizen`: the registry holds such a finding under one of the ids. `editions`: the names of those
    that were released by then; a later one does not apply to a case that is open already."""

    history: History = History()
    us_citizen: bool = False
    placements: tuple[ClassifiedOffense, ...] = ()
    has_docket: bool = False
    intervals: Intervals = Intervals()
    earlier: EarlierRecord = EarlierRecord()
    editions: tuple[str, ...] = ()


class RecalledCase(Model):
    """A reopened case as it was when it ended."""

    case: CaseView
    facts: Facts


class OffensesToClassify(Model):
    """Offenses that were named after the history was asked for. `agency`: whose catalog classifies them.
    `booked_on`: as in `HistoryRequest`."""

    agency: str
    offenses: tuple[OffenseOfRecord | Offense, ...]
    booked_on: date | None = None


class OffensesClassified(ActivityResult):
    """Their classes in the catalog of that day."""

    placements: tuple[ClassifiedOffense, ...]


class DocketRequest(Model):
    """The arrest whose docket is asked for."""

    agency: str
    tracking_number: str


class DocketFound(Model):
    """The court's messages, each a JSON text with its `type`. `asked`: there is a source to ask again.
    `intervals`: as they are set now, for the waits that begin after this."""

    messages: tuple[str, ...] = ()
    asked: bool = True
    intervals: Intervals | None = None


class RulingsToPermit(Model):
    """The reviewers of rulings that wait until it is known whether they may rule."""

    reviewers: tuple[str, ...]


class RulingsPermitted(Model):
    """Those of the reviewers who may not rule."""

    refused: tuple[str, ...] = ()


class Conclusion(Model):
    """A case as it was decided, for the registry, which keeps it longer than the server keeps the run.

    `number` counts the flags of one case from 1, so that a retried write is known as the same. `subjects`: the
    ids of the bookings that count. `citizen`: the ids under which a finding of this case says that the subject
    is a US citizen; none where no such finding counts, or counts any more.
    """

    case: CaseView
    facts: Facts
    result: CaseResult
    number: int = 1
    subjects: tuple[Subject, ...] = ()
    citizen: tuple[Subject, ...] = ()

    @field_validator("facts")
    @classmethod
    def _is_whole(cls, facts: Facts) -> Facts:
        if not facts.is_whole:
            raise ValueError(
                "a newer release wrote facts that this worker cannot read; start a worker of that release"
            )
        return facts

    @field_serializer("case")
    def _without_defaults(self, case: CaseView) -> dict[str, Any]:
        return case.model_dump(mode="json", exclude_defaults=True)


class Concluded(ActivityResult, InternalModel):
    """`result`: the outcome on record now, null where it is the one of the `Conclusion`. `us_citizen`: the
    check before a flag found a US citizen, so nothing was written."""

    result: CaseResult | None = None
    us_citizen: bool = False


class Withdrawal(Model):
    """A flag whose ground no longer held when its case closed. `ends`: nothing is left to wait for."""

    conclusion: Conclusion
    ends: bool
    reason: str
    lift_code: LiftCode
    withdrawn_at: datetime


@dataclass(frozen=True)
class Judgement:
    """What one more message does to an ended case.

    `withdraw`: the ground of its flag no longer holds; `reopens`: and something is left to wait for.
    `citizen`: the ids under which a finding of this case says that the subject is a US citizen.
    """

    withdraw: bool
    reopens: bool
    reason: str
    lift_code: LiftCode
    facts: Facts
    citizen: tuple[Subject, ...] = ()


class CorrectionRequest(Model):
    """A message after the end of a case. `correction_id`: the workflow id of its correction. `case_id`: null
    where it names no case. `payload`: the message with its case and its `type`; where it was rejected, the
    beginning of what arrived. `rejection`: why it is not taken. `by_door`: the door has proved who sent it."""

    correction_id: str
    case_id: str | None = None
    payload: str
    received_at: datetime
    rejection: str | None = None
    by_door: bool = False

    @cached_property
    def message(self) -> Message:
        """The message of a request that was not rejected.

        Raises:
            DoesNotFit: only a newer release knows it, and its worker has to apply it.
        """
        return read_typed(self.payload)


class Corrected(Model):
    """What a correction did. `result` null: the case is open again, so its run has to take it.

    `reopened`: the flag was withdrawn and something is left to wait for; the case has to be started again, with
    this booking (JSON), and recalls the rest by itself.
    """

    result: CorrectionResult | None
    reopened: str | None = None
