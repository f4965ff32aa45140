"""What a case reports: the query `case`, the result, the answer to `submit`, the flag record."""

from datetime import date, datetime
from typing import Final, Literal, Self

from conviction_gate.contracts.fields import ChargeClass, DisplayOnly, Model, RuleName, Severity, Status

Outcome = Literal["flagged", "cleared", "withdrawn"]
FlagStatus = Literal["active", "withdrawn"]

MAX_QUESTIONS_SHOWN: Final = 10
"""Questions in a view; the others follow when these are answered."""


class ChargeView(Model):
    """A charge as it stands now. `disposition` null: nothing has ended it."""

    charge_id: str
    scheme: str
    code: str
    charge_class: DisplayOnly[ChargeClass] | None
    severity: DisplayOnly[Severity] | None
    disposition: str | None
    decided_on: date | None


class MessageView(Model):
    """An accepted message and what it did. `by_door`: who its sender is was proved at the door; else it is
    what the message claims."""

    message_id: str
    sender: str
    type: str
    received_at: datetime
    effect: str
    by_door: bool = False


class RejectedView(Model):
    """What arrived and did not fit: under which name, when, why, and its first 500 characters."""

    name: str
    received_at: datetime
    reason: str
    payload: str


class ReopenedView(Model):
    """Which person opened the case again, when and why."""

    by: str
    reason: str
    reopened_at: datetime


class QuestionView(Model):
    """What a person is asked while the case is in review: the rule that asks, about which charge
    (null: about the record), in one plain sentence, and the rulings that answer it."""

    rule: DisplayOnly[RuleName]
    charge_id: str | None
    asks: str
    answers: tuple[str, ...]


class CaseView(Model):
    """The answer of the query `case`, and what `show` prints of a closed case too.

    `history` says in one sentence how the rules read the record, and nothing that stands in it; null
    until it was checked. `questions` are the first ten of those that stand. `reminders` counts those of
    the review that stands, or stood last. `stopped`: what keeps a case that has not ended from going on,
    and the next step; whoever asks through the client learns it; the case itself cannot know.
    """

    case_id: str
    agency: str
    tracking_number: str
    status: DisplayOnly[Status]
    rule: DisplayOnly[RuleName] | None
    explanation: str
    policy_edition: str | None
    charges: tuple[ChargeView, ...]
    messages: tuple[MessageView, ...]
    messages_total: int
    rejected: tuple[RejectedView, ...]
    rejected_total: int
    waiting_since: datetime | None
    next_docket_check_at: datetime | None
    needs_attention: bool
    flag_status: DisplayOnly[FlagStatus] | None = None
    reopened: ReopenedView | None = None
    booked_at: datetime | None = None
    history: str | None = None
    questions: tuple[QuestionView, ...] = ()
    reminders: int = 0
    stopped: str | None = None

    def within(self, max_bytes: int) -> Self:
        """This view in at most so many bytes of JSON: the oldest messages and rejections are left out."""
        view = self
        while len(view.model_dump_json().encode()) > max_bytes and (view.messages or view.rejected):
            view = view.model_copy(
                update={
                    "messages": view.messages[(len(view.messages) + 1) // 2 :],
                    "rejected": view.rejected[(len(view.rejected) + 1) // 2 :],
                }
            )
        return view


class CaseResult(Model):
    """How a case ended. `grounds`: ids of the messages that decided it."""

    outcome: Outcome
    rule: DisplayOnly[RuleName]
    explanation: str
    policy_edition: str
    decided_at: datetime
    grounds: tuple[str, ...] = ()

    @property
    def status(self) -> Status:
        """The status of the case from then on; one whose flag was withdrawn is cleared."""
        return "flagged" if self.outcome == "flagged" else "cleared"


class SubmitAnswer(Model):
    """The answer to the update `submit`."""

    accepted: bool
    duplicate: bool
    status: DisplayOnly[Status]
    effect: str


class CorrectionResult(Model):
    """How a `FlagCorrection` ended."""

    outcome: DisplayOnly[Literal["withdrawn", "unchanged"]]
    explanation: str


class Flag(Model):
    """A flag as the registry holds it; a withdrawn one keeps its record."""

    case_id: str
    agency: str
    tracking_number: str
    status: DisplayOnly[FlagStatus]
    rule: DisplayOnly[RuleName]
    explanation: str
    policy_edition: str
    grounds: tuple[str, ...]
    flagged_at: datetime
    withdrawn_at: datetime | None = None
    withdrawn_reason: str | None = None
