"""What courts, prosecutors, identity desks and reviewers send (contract, "Signals")."""

from typing import Annotated, Any, Literal

from pydantic import WithJsonSchema, model_validator

from conviction_gate.contracts.booking import Charge, Offense
from conviction_gate.contracts.fields import ChargeClass, Date, FindingKind, Id, SenderName, Severity, Text
from conviction_gate.contracts.message import Message

Disposition = Literal[
    "dismissed",
    "dismissed_without_prejudice",
    "acquitted",
    "nolle_prosequi",
    "declined",
    "not_charged",
    "diversion_completed",
    "vacated",
]
Entry = Literal[
    "continuance",
    "failure_to_appear",
    "warrant_issued",
    "transferred",
    "dismissed_with_leave",
    "reinstated",
    "diversion_started",
    "deferred_with_plea",
    "appeal_filed",
    "appeal_ended",
    "other",
]
ENTRIES: frozenset[str] = frozenset(Entry.__args__)  # type: ignore[attr-defined]
_ANY_WORD: dict[str, Any] = {
    "type": "string",
    "maxLength": 2000,
    "examples": sorted(ENTRIES),
    "description": "One of the examples; any other word is kept as `other`, with its text.",
}
Ground = Literal["clerical_error", "vacated", "us_citizen", "misidentified", "deceased"]
Ruling = Literal[ChargeClass, "conviction", "not_conviction", "history_clean", "history_not_clean"]


class CourtMessage(Message):
    """Optional everywhere: which court, under which docket."""

    court: Text | None = None
    docket_number: Id | None = None


class Conviction(CourtMessage):
    """A finding or plea of guilt. What counts is the offense and the severity of conviction."""

    charge_id: Id
    decided_on: Date
    severity: Severity | None = None
    convicted_of: Offense | None = None


class Dismissal(CourtMessage):
    """An end without a conviction; `charge_id` null: of every charge of the arrest."""

    charge_id: Id | None = None
    decided_on: Date
    disposition: Disposition


class CourtUpdate(CourtMessage):
    """A docket entry that ends nothing. A word nobody knows is kept as `other`, with its text."""

    charge_id: Id | None = None
    occurred_on: Date
    entry: Annotated[Entry, WithJsonSchema(_ANY_WORD, mode="validation")]
    detail: Text | None = None

    @model_validator(mode="before")
    @classmethod
    def _unknown_word_is_other(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        word, detail = data.get("entry"), data.get("detail")
        if not isinstance(word, str) or word in ENTRIES:
            return data
        if len(word) > 2000:
            raise ValueError("entry: longer than 2,000 characters; shorten it")
        if isinstance(detail, str) and len(detail) <= 2000:
            return data | {"entry": "other", "detail": f"{word}: {detail}"[:2000]}
        return data | {"entry": "other", "detail": word if detail is None else detail}


class Amendment(CourtMessage):
    """A charge filed, added or changed; it opens that charge again after an older disposition."""

    filed_on: Date
    charge: Charge


class SubjectFinding(CourtMessage):
    """Something about the subject that ends the case without a flag."""

    finding: FindingKind
    found_on: Date
    source: Text


class Correction(CourtMessage):
    """The message named by `corrects` was wrong, and so is every message that says the same."""

    corrects: Id
    corrects_sender: SenderName | None = None
    ground: Ground
    corrected_on: Date
    detail: Text | None = None


class ReviewDecision(CourtMessage):
    """A person's answer to the question that stands when it arrives."""

    charge_id: Id | None = None
    ruling: Ruling
    reviewer: Id
    reason: Text
    decided_on: Date
